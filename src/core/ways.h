/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * A table of fixed size without pointers, for a block of shared memory: sets
 * of a few places, each place known by the digest that it begins with.  Whoever
 * comes to a full set takes the place of what is worth least there.  A worker
 * that dies while it writes leaves at worst one place with something wrong in
 * it, so nothing has to be repaired.
 */


#ifndef _NGX_CS_CORE_WAYS_H_INCLUDED_
#define _NGX_CS_CORE_WAYS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


typedef struct {
    ngx_uint_t                   sets;
    ngx_uint_t                   ways;     /* places in a set */
    size_t                       size;     /* of a place, bytes */
    size_t                       digest;   /* of its digest, 4 bytes or more */

    /* a free place is worth INT64_MIN */
    int64_t                    (*worth)(void *place);
} ngx_cs_ways_t;


/*
 * With the lock of the table's block: the place with this digest, or NULL.
 * All zeroes are the digest of nothing.
 */
void *ngx_cs_ways_find(ngx_cs_ways_t *ways, void *table, u_char *digest);

/* likewise: the place of the digest's set that is worth least */
void *ngx_cs_ways_least(ngx_cs_ways_t *ways, void *table, u_char *digest);


#endif /* _NGX_CS_CORE_WAYS_H_INCLUDED_ */
