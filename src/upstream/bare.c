/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Tenants whose fetches go without callers' fields; see the header.
 *
 * A tenant is known by 64 bits of two hashes, and has one place: another one
 * with the same place takes it.  What a race or a death leaves there is at
 * worst a fetch with, or without, fields that only serve to trace it.
 */


#include "upstream/bare.h"


#define NGX_CS_BARE_PLACES  1024

/* how long, ms */
#define NGX_CS_BARE_TIME    60000


typedef struct {
    ngx_atomic_t                 tenant;   /* its hashes; 0: free */
    ngx_atomic_t                 until;    /* mono, ms */
} ngx_cs_bare_t;


static ngx_cs_bare_t *ngx_cs_bare_place(ngx_str_t *tenant,
    ngx_atomic_uint_t *hash);


ngx_cs_block_t  ngx_cs_bare_block = {
    ngx_string("clear_status bare"),
    NGX_CS_BARE_PLACES * sizeof(ngx_cs_bare_t),
    NULL
};


void
ngx_cs_bare_note(ngx_str_t *tenant)
{
    ngx_cs_bare_t      *place;
    ngx_atomic_uint_t   hash;

    if (ngx_cs_bare_block.zone) {
        place = ngx_cs_bare_place(tenant, &hash);

        place->until = ngx_current_msec + NGX_CS_BARE_TIME;
        ngx_memory_barrier();
        place->tenant = hash;
    }
}


ngx_uint_t
ngx_cs_bare_is(ngx_str_t *tenant)
{
    ngx_cs_bare_t      *place;
    ngx_atomic_uint_t   hash;

    if (ngx_cs_bare_block.zone == NULL) {
        return 0;
    }

    place = ngx_cs_bare_place(tenant, &hash);

    return place->tenant == hash
           && (ngx_msec_int_t) (place->until - ngx_current_msec) > 0;
}


static ngx_cs_bare_t *
ngx_cs_bare_place(ngx_str_t *tenant, ngx_atomic_uint_t *hash)
{
    ngx_cs_bare_t  *places;

    places = ngx_cs_bare_block.zone->data;

    *hash = (ngx_atomic_uint_t)
            ((uint64_t) ngx_murmur_hash2(tenant->data, tenant->len) << 32
             | ngx_crc32_long(tenant->data, tenant->len));

    return &places[*hash % NGX_CS_BARE_PLACES];
}
