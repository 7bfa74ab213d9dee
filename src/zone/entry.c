/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Entries in a zone's shared memory; see the header.
 *
 * The index is as many small trees as there is room for: one look finds the
 * tree, and whoever chooses task ids to fall into the same one gains nothing,
 * since it stays balanced.
 *
 * Sizes, on a 64-bit system: an entry is 128 bytes and its key, a result 128
 * bytes and its body.  With a key of up to 124 bytes, which is one for a URL of
 * Clear's, an integration id that is a UUID and a task id of theirs, and a body
 * of 607 that is 1 + 3 chunks of 252 bytes each, so 1,024 bytes in all, and 8
 * for the index: 64,000 of them in 64 megabytes.
 */


#include "zone/entry.h"

#include "zone/lease.h"
#include "zone/queue.h"
#include "zone/result.h"
#include "zone/unsaved.h"


static void ngx_cs_entry_tree(ngx_cs_shm_t *shm, ngx_rbtree_node_t **bucket,
    ngx_rbtree_t *tree);
static void ngx_cs_entry_insert_value(ngx_rbtree_node_t *temp,
    ngx_rbtree_node_t *node, ngx_rbtree_node_t *sentinel);
static ngx_int_t ngx_cs_entry_order(ngx_cs_shm_t *shm,
    ngx_rbtree_node_t *node, ngx_cs_key_t *key);
static ngx_int_t ngx_cs_entry_cmp(ngx_cs_shm_t *shm, ngx_cs_entry_t *e,
    ngx_cs_key_t *key);


/* what is being inserted, and where: the tree's callback is not told */
static ngx_cs_shm_t            *ngx_cs_inserting_in;
static ngx_cs_key_t            *ngx_cs_inserting;


void
ngx_cs_entry_init(ngx_cs_shm_t *shm)
{
    uint32_t  i;

    ngx_rbtree_sentinel_init(&shm->sentinel);

    for (i = 0; i <= shm->mask; i++) {
        shm->buckets[i] = &shm->sentinel;
    }
}


ngx_cs_entry_t *
ngx_cs_entry_find(ngx_cs_shm_t *shm, ngx_cs_key_t *key)
{
    ngx_int_t           rc;
    ngx_rbtree_node_t  *node, *sentinel;

    node = shm->buckets[key->hash & shm->mask];
    sentinel = &shm->sentinel;

    while (node != sentinel) {
        rc = ngx_cs_entry_order(shm, node, key);

        if (rc == 0) {
            return (ngx_cs_entry_t *) node;
        }

        node = (rc > 0) ? node->left : node->right;
    }

    return NULL;
}


ngx_cs_entry_t *
ngx_cs_entry_after(ngx_cs_shm_t *shm, uint32_t bucket, ngx_cs_key_t *key)
{
    ngx_cs_entry_t     *after;
    ngx_rbtree_node_t  *node, *sentinel;

    node = shm->buckets[bucket];
    sentinel = &shm->sentinel;
    after = NULL;

    while (node != sentinel) {
        if (ngx_cs_entry_order(shm, node, key) > 0) {
            after = (ngx_cs_entry_t *) node;
            node = node->left;

        } else {
            node = node->right;
        }
    }

    return after;
}


ngx_cs_entry_t *
ngx_cs_entry_next(ngx_cs_shm_t *shm, ngx_cs_entry_t *e)
{
    ngx_rbtree_t  tree;

    ngx_cs_entry_tree(shm, &shm->buckets[e->node.key & shm->mask],
                      &tree);

    return (ngx_cs_entry_t *) ngx_rbtree_next(&tree, &e->node);
}


/* a bucket as a tree, whose root it takes back when it was changed */

static void
ngx_cs_entry_tree(ngx_cs_shm_t *shm, ngx_rbtree_node_t **bucket,
    ngx_rbtree_t *tree)
{
    tree->root = *bucket;
    tree->sentinel = &shm->sentinel;
    tree->insert = ngx_cs_entry_insert_value;
}


/* where the entry stands in its tree, before (-) or after (+) the key */

static ngx_int_t
ngx_cs_entry_order(ngx_cs_shm_t *shm, ngx_rbtree_node_t *node,
    ngx_cs_key_t *key)
{
    if (node->key != key->hash) {
        return (node->key < key->hash) ? -1 : 1;
    }

    return ngx_cs_entry_cmp(shm, (ngx_cs_entry_t *) node,
                            key);
}


/* as the entry's key compares with that one; all of both is compared */

static ngx_int_t
ngx_cs_entry_cmp(ngx_cs_shm_t *shm, ngx_cs_entry_t *e, ngx_cs_key_t *key)
{
    u_char    *p;
    ngx_int_t  rc;

    if (e->task_id_len != key->task_id.len) {
        return (e->task_id_len < key->task_id.len) ? -1 : 1;
    }

    if (e->tenant_len != key->tenant.len) {
        return (e->tenant_len < key->tenant.len) ? -1 : 1;
    }

    if (e->chain.n == 1) {
        p = (u_char *) e + sizeof(ngx_cs_entry_t);

        rc = ngx_memcmp(p, key->task_id.data, key->task_id.len);
        if (rc) {
            return rc;
        }

        return ngx_memcmp(p + key->task_id.len, key->tenant.data,
                          key->tenant.len);
    }

    rc = ngx_cs_chunks_cmp(&shm->chunks, e->chain.head,
                           sizeof(ngx_cs_entry_t),
                           key->task_id.data, key->task_id.len);
    if (rc) {
        return rc;
    }

    return ngx_cs_chunks_cmp(&shm->chunks, e->chain.head,
                             sizeof(ngx_cs_entry_t)
                             + key->task_id.len,
                             key->tenant.data, key->tenant.len);
}


static void
ngx_cs_entry_insert_value(ngx_rbtree_node_t *temp, ngx_rbtree_node_t *node,
    ngx_rbtree_node_t *sentinel)
{
    ngx_int_t            rc;
    ngx_rbtree_node_t  **p;

    for ( ;; ) {
        rc = ngx_cs_entry_order(ngx_cs_inserting_in, temp, ngx_cs_inserting);

        p = (rc > 0) ? &temp->left : &temp->right;

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


uint32_t
ngx_cs_entry_size(ngx_cs_key_t *key)
{
    return ngx_cs_chunks_needed(sizeof(ngx_cs_entry_t) + key->tenant.len
                                + key->task_id.len);
}


ngx_cs_entry_t *
ngx_cs_entry_insert(ngx_cs_shm_t *shm, ngx_cs_chain_t *chain,
    ngx_cs_key_t *key)
{
    ngx_rbtree_t         tree;
    ngx_cs_entry_t      *e;
    ngx_rbtree_node_t  **bucket;

    e = ngx_cs_at(shm, chain->head);

    ngx_memzero(e, sizeof(ngx_cs_entry_t));

    e->node.key = key->hash;
    e->chain = *chain;
    e->seen = ngx_current_msec;
    e->tenant_len = (uint32_t) key->tenant.len;
    e->task_id_len = (uint16_t) key->task_id.len;

    ngx_cs_chunks_write(&shm->chunks, chain->head, sizeof(ngx_cs_entry_t),
                        key->task_id.data, key->task_id.len);
    ngx_cs_chunks_write(&shm->chunks, chain->head,
                        sizeof(ngx_cs_entry_t) + key->task_id.len,
                        key->tenant.data, key->tenant.len);

    ngx_cs_inserting_in = shm;
    ngx_cs_inserting = key;

    bucket = &shm->buckets[key->hash & shm->mask];

    ngx_cs_entry_tree(shm, bucket, &tree);
    ngx_rbtree_insert(&tree, &e->node);
    *bucket = tree.root;

    ngx_queue_insert_head(&shm->queues[NGX_CS_UNFINISHED], &e->lru);

    shm->stat.entries[ngx_cs_entry_state(shm, e)]++;

    return e;
}


void
ngx_cs_entry_trim(ngx_cs_shm_t *shm, ngx_cs_entry_t *e,
    ngx_cs_deferred_t *after)
{
    if (e->good == 0 && e->error == 0 && e->lease == 0 && e->down == 0
        && e->holds == 0)
    {
        ngx_cs_entry_delete(shm, e, after);
    }
}


void
ngx_cs_entry_delete(ngx_cs_shm_t *shm, ngx_cs_entry_t *e,
    ngx_cs_deferred_t *after)
{
    ngx_rbtree_t         tree;
    ngx_cs_chain_t       chain;
    ngx_rbtree_node_t  **bucket;

    while (e->lease) {
        ngx_cs_lease_free(shm, ngx_cs_at(shm, e->lease), after);
    }

    if (e->holds) {
        ngx_cs_entry_ended(shm, e, after);
    }

    shm->stat.entries[ngx_cs_entry_state(shm, e)]--;

    bucket = &shm->buckets[e->node.key & shm->mask];

    ngx_cs_entry_tree(shm, bucket, &tree);
    ngx_rbtree_delete(&tree, &e->node);
    *bucket = tree.root;

    ngx_queue_remove(&e->lru);

    if (e->unsaved.next) {
        ngx_cs_unsaved_remove(shm, e);

        /* what nobody had may go at once, however well the disk does */

        shm->stat.lost += !e->unwanted;
    }

    ngx_cs_result_free(shm, &e->good);
    ngx_cs_result_free(shm, &e->error);

    chain = e->chain;
    ngx_cs_chunks_give(&shm->chunks, &chain);
}


void
ngx_cs_entry_ended(ngx_cs_shm_t *shm, ngx_cs_entry_t *e,
    ngx_cs_deferred_t *after)
{
    ngx_uint_t  i;

    i = e->node.key % NGX_CS_ZONE_STRIPES;

    (void) ngx_atomic_fetch_add(&shm->stripes[i], 1);

    after->wake |= e->holds | shm->strays[i];
    e->holds = 0;
    shm->strays[i] = 0;
}
