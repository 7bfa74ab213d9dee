/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * A worker's own table of things by zone and key; see the header.
 */


#include "flight/table.h"


static void ngx_cs_table_insert_value(ngx_rbtree_node_t *temp,
    ngx_rbtree_node_t *node, ngx_rbtree_node_t *sentinel);
static ngx_int_t ngx_cs_table_cmp(ngx_shm_zone_t *shm_zone, ngx_cs_key_t *key,
    ngx_cs_node_t *node);


void
ngx_cs_table_init(ngx_cs_table_t *table)
{
    ngx_rbtree_init(&table->rbtree, &table->sentinel,
                    ngx_cs_table_insert_value);
}


void
ngx_cs_table_insert(ngx_cs_table_t *table, ngx_cs_node_t *node)
{
    node->node.key = node->key.hash;

    ngx_rbtree_insert(&table->rbtree, &node->node);
}


void
ngx_cs_table_delete(ngx_cs_table_t *table, ngx_cs_node_t *node)
{
    ngx_rbtree_delete(&table->rbtree, &node->node);
}


ngx_cs_node_t *
ngx_cs_table_find(ngx_cs_table_t *table, ngx_shm_zone_t *shm_zone,
    ngx_cs_key_t *key)
{
    ngx_int_t           rc;
    ngx_rbtree_node_t  *node, *sentinel;

    node = table->rbtree.root;
    sentinel = table->rbtree.sentinel;

    while (node != sentinel) {

        if (key->hash != node->key) {
            node = (key->hash < node->key) ? node->left : node->right;
            continue;
        }

        rc = ngx_cs_table_cmp(shm_zone, key, (ngx_cs_node_t *) node);

        if (rc == 0) {
            return (ngx_cs_node_t *) node;
        }

        node = (rc < 0) ? node->left : node->right;
    }

    return NULL;
}


static void
ngx_cs_table_insert_value(ngx_rbtree_node_t *temp, ngx_rbtree_node_t *node,
    ngx_rbtree_node_t *sentinel)
{
    ngx_int_t            rc;
    ngx_cs_node_t       *n;
    ngx_rbtree_node_t  **p;

    n = (ngx_cs_node_t *) node;

    for ( ;; ) {

        if (node->key != temp->key) {
            rc = (node->key < temp->key) ? -1 : 1;

        } else {
            rc = ngx_cs_table_cmp(n->shm_zone, &n->key,
                                  (ngx_cs_node_t *) temp);
        }

        p = (rc < 0) ? &temp->left : &temp->right;

        if (*p == sentinel) {
            break;
        }

        temp = *p;
    }

    *p = node;
    node->parent = temp;
    node->left = sentinel;
    node->right = sentinel;
    ngx_rbt_red(node);
}


static ngx_int_t
ngx_cs_table_cmp(ngx_shm_zone_t *shm_zone, ngx_cs_key_t *key,
    ngx_cs_node_t *node)
{
    ngx_int_t  rc;

    if (shm_zone != node->shm_zone) {
        return (shm_zone < node->shm_zone) ? -1 : 1;
    }

    rc = ngx_memn2cmp(key->task_id.data, node->key.task_id.data,
                      key->task_id.len, node->key.task_id.len);
    if (rc) {
        return rc;
    }

    return ngx_memn2cmp(key->tenant.data, node->key.tenant.data,
                        key->tenant.len, node->key.tenant.len);
}
