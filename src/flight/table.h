/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * A worker's own table of things that are known by zone and key: a red-black
 * tree over the hash, and the whole key where hashes are equal.
 */


#ifndef _NGX_CS_FLIGHT_TABLE_H_INCLUDED_
#define _NGX_CS_FLIGHT_TABLE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "core/answer.h"


typedef struct {
    ngx_rbtree_t                 rbtree;
    ngx_rbtree_node_t            sentinel;
} ngx_cs_table_t;


/* embedded in the thing; zone (or NULL) and key are set before insertion */

typedef struct {
    ngx_rbtree_node_t            node;
    ngx_shm_zone_t              *shm_zone;
    ngx_cs_key_t                 key;
} ngx_cs_node_t;


void ngx_cs_table_init(ngx_cs_table_t *table);

void ngx_cs_table_insert(ngx_cs_table_t *table, ngx_cs_node_t *node);

void ngx_cs_table_delete(ngx_cs_table_t *table, ngx_cs_node_t *node);

/* NULL where there is none */
ngx_cs_node_t *ngx_cs_table_find(ngx_cs_table_t *table,
    ngx_shm_zone_t *shm_zone, ngx_cs_key_t *key);


#endif /* _NGX_CS_FLIGHT_TABLE_H_INCLUDED_ */
