/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Entries, results and leases in a zone's shared memory; see the header.
 *
 * The index is as many small trees as there is room for: one look finds the
 * tree, and whoever chooses task ids to fall into the same one gains nothing,
 * since it stays balanced.
 *
 * Sizes, on a 64-bit system: an entry is 104 bytes and its key, a result 128
 * bytes and its body.  With a key of up to 144 bytes and a body of 607 that
 * is 1 + 3 chunks of 248 bytes each, so 1,024 bytes in all, and 8 for the
 * index: 65,000 of them in 64 megabytes.
 */


#include "zone/entry.h"


/* entries that one critical section evicts, and looks at, at the most */
#define NGX_CS_ZONE_EVICT  32
#define NGX_CS_ZONE_SKIP   64


static void ngx_cs_entry_tree(ngx_cs_shm_t *shm, ngx_rbtree_node_t **bucket,
    ngx_rbtree_t *tree);
static void ngx_cs_entry_insert(ngx_rbtree_node_t *temp,
    ngx_rbtree_node_t *node, ngx_rbtree_node_t *sentinel);
static ngx_int_t ngx_cs_entry_order(ngx_cs_shm_t *shm,
    ngx_rbtree_node_t *node, ngx_cs_key_t *key);
static ngx_int_t ngx_cs_entry_cmp(ngx_cs_shm_t *shm, ngx_cs_entry_t *e,
    ngx_cs_key_t *key);
static ngx_uint_t ngx_cs_entry_busy(ngx_cs_shm_t *shm, ngx_cs_entry_t *e);
static ngx_uint_t ngx_cs_evict(ngx_cs_zone_t *zone, ngx_cs_deferred_t *after);
static ngx_uint_t ngx_cs_result_read(ngx_cs_shm_t *shm, uint32_t result);


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
    tree->insert = ngx_cs_entry_insert;
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
ngx_cs_entry_insert(ngx_rbtree_node_t *temp, ngx_rbtree_node_t *node,
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


ngx_cs_entry_t *
ngx_cs_entry_create(ngx_cs_zone_t *zone, ngx_cs_key_t *key,
    ngx_cs_deferred_t *after)
{
    uint32_t             n;
    ngx_rbtree_t         tree;
    ngx_cs_shm_t        *shm;
    ngx_cs_chain_t       chain;
    ngx_cs_entry_t      *e;
    ngx_rbtree_node_t  **bucket;

    shm = zone->shm;

    ngx_memzero(&chain, sizeof(ngx_cs_chain_t));

    n = ngx_cs_chunks_needed(sizeof(ngx_cs_entry_t)
                             + key->tenant.len + key->task_id.len);

    if (ngx_cs_shm_take(zone, &chain, n, after) != NGX_OK) {
        return NULL;
    }

    e = ngx_cs_at(shm, chain.head);

    ngx_memzero(e, sizeof(ngx_cs_entry_t));

    e->node.key = key->hash;
    e->chain = chain;
    e->tenant_len = (uint32_t) key->tenant.len;
    e->task_id_len = (uint32_t) key->task_id.len;

    ngx_cs_chunks_write(&shm->chunks, chain.head,
                        sizeof(ngx_cs_entry_t),
                        key->task_id.data, key->task_id.len);
    ngx_cs_chunks_write(&shm->chunks, chain.head,
                        sizeof(ngx_cs_entry_t)
                        + key->task_id.len,
                        key->tenant.data, key->tenant.len);

    ngx_cs_inserting_in = shm;
    ngx_cs_inserting = key;

    bucket = &shm->buckets[key->hash & shm->mask];

    ngx_cs_entry_tree(shm, bucket, &tree);
    ngx_rbtree_insert(&tree, &e->node);
    *bucket = tree.root;

    ngx_queue_insert_head(&shm->lru[0], &e->lru);

    shm->stat.entries[ngx_cs_entry_state(shm, e)]++;

    return e;
}


void
ngx_cs_entry_touch(ngx_cs_shm_t *shm, ngx_cs_entry_t *e)
{
    ngx_uint_t        finished;
    ngx_cs_result_t  *good;

    finished = 0;

    if (e->good) {
        good = ngx_cs_at(shm, e->good);
        finished = clear_freshness_terminal(good->answer.workflow);
    }

    ngx_queue_remove(&e->lru);
    ngx_queue_insert_head(&shm->lru[finished], &e->lru);
}


void
ngx_cs_entry_trim(ngx_cs_shm_t *shm, ngx_cs_entry_t *e)
{
    if (e->good == 0 && e->error == 0 && e->lease == 0) {
        ngx_cs_entry_delete(shm, e, NULL);
    }
}


void
ngx_cs_entry_delete(ngx_cs_shm_t *shm, ngx_cs_entry_t *e,
    ngx_cs_deferred_t *after)
{
    ngx_rbtree_t         tree;
    ngx_cs_chain_t       chain;
    ngx_rbtree_node_t  **bucket;

    shm->stat.entries[ngx_cs_entry_state(shm, e)]--;

    bucket = &shm->buckets[e->node.key & shm->mask];

    ngx_cs_entry_tree(shm, bucket, &tree);
    ngx_rbtree_delete(&tree, &e->node);
    *bucket = tree.root;

    ngx_queue_remove(&e->lru);

    ngx_cs_result_free(shm, &e->good);
    ngx_cs_result_free(shm, &e->error);

    while (e->lease) {
        ngx_cs_lease_free(shm, ngx_cs_at(shm, e->lease), after);
    }

    chain = e->chain;
    ngx_cs_chunks_give(&shm->chunks, &chain);
}


ngx_uint_t
ngx_cs_entry_state(ngx_cs_shm_t *shm, ngx_cs_entry_t *e)
{
    ngx_cs_result_t  *good;

    if (e->good == 0) {
        return e->error ? NGX_CS_STATE_ERROR
                        : NGX_CS_STATE_NONE;
    }

    good = ngx_cs_at(shm, e->good);

    return (good->answer.workflow == CLEAR_WORKFLOW_NONE)
           ? CLEAR_WORKFLOW_OTHER : good->answer.workflow;
}


ngx_int_t
ngx_cs_shm_take(ngx_cs_zone_t *zone, ngx_cs_chain_t *chain, uint32_t n,
    ngx_cs_deferred_t *after)
{
    ngx_uint_t     i;
    ngx_cs_shm_t  *shm;

    shm = zone->shm;

    for (i = 0; i < NGX_CS_ZONE_EVICT; i++) {

        if (ngx_cs_chunks_take(&shm->chunks, chain, n) == NGX_OK) {
            return NGX_OK;
        }

        if (!ngx_cs_evict(zone, after)) {
            break;
        }
    }

    return ngx_cs_chunks_take(&shm->chunks, chain, n);
}


/*
 * The least recently used entry goes, unfinished ones and errors before
 * finished ones; those that cannot go now are set aside as recently used.
 */

static ngx_uint_t
ngx_cs_evict(ngx_cs_zone_t *zone, ngx_cs_deferred_t *after)
{
    ngx_uint_t       i, n;
    ngx_queue_t     *q;
    ngx_cs_shm_t    *shm;
    ngx_cs_entry_t  *e;

    shm = zone->shm;

    /* each deletion may leave as much as a few flights' outboxes behind */

    if (after->n > NGX_CS_GARBAGE / 2) {
        return 0;
    }

    for (i = 0; i < 2; i++) {
        for (n = 0; n < NGX_CS_ZONE_SKIP; n++) {

            if (ngx_queue_empty(&shm->lru[i])) {
                break;
            }

            q = ngx_queue_last(&shm->lru[i]);
            e = ngx_queue_data(q, ngx_cs_entry_t, lru);

            if (e == zone->keep || ngx_cs_entry_busy(shm, e)) {
                ngx_queue_remove(q);
                ngx_queue_insert_head(&shm->lru[i], q);
                continue;
            }

            shm->stat.evictions[ngx_cs_entry_state(shm, e)]++;

            ngx_cs_entry_delete(shm, e, after);

            return 1;
        }
    }

    return 0;
}


/* somebody flies for it, has yet to collect, or reads it */

static ngx_uint_t
ngx_cs_entry_busy(ngx_cs_shm_t *shm, ngx_cs_entry_t *e)
{
    uint32_t         i;
    ngx_cs_lease_t  *lease;

    for (i = e->lease; i; i = lease->next) {
        lease = ngx_cs_at(shm, i);

        if (lease->until > (int64_t) ngx_current_msec) {
            return 1;
        }
    }

    return (e->good && ngx_cs_result_read(shm, e->good))
           || (e->error && ngx_cs_result_read(shm, e->error));
}


static ngx_uint_t
ngx_cs_result_read(ngx_cs_shm_t *shm, uint32_t result)
{
    ngx_uint_t  i;

    if (shm->stat.readers == 0) {
        return 0;
    }

    for (i = 0; i < NGX_CS_ZONE_SLOTS; i++) {
        if (shm->slots[i].reading == result) {
            return 1;
        }
    }

    return 0;
}


/* what somebody reads is left to the readers, and the last one frees it */

void
ngx_cs_result_free(ngx_cs_shm_t *shm, uint32_t *result)
{
    ngx_uint_t      i, read;
    ngx_cs_chain_t  chain;
    ngx_cs_result_t *r;

    if (*result == 0) {
        return;
    }

    read = 0;

    for (i = 0; shm->stat.readers && i < NGX_CS_ZONE_SLOTS; i++) {
        if (shm->slots[i].reading == *result) {
            shm->slots[i].dropped = *result;
            read = 1;
        }
    }

    if (!read) {
        r = ngx_cs_at(shm, *result);
        chain = r->chain;
        ngx_cs_chunks_give(&shm->chunks, &chain);
    }

    *result = 0;
}


ngx_cs_lease_t *
ngx_cs_lease_create(ngx_cs_zone_t *zone, ngx_cs_entry_t *e,
    ngx_cs_deferred_t *after)
{
    uint32_t         entry;
    ngx_cs_shm_t    *shm;
    ngx_cs_chain_t   chain;
    ngx_cs_lease_t  *lease;

    shm = zone->shm;
    entry = e->chain.head;

    ngx_memzero(&chain, sizeof(ngx_cs_chain_t));

    if (zone->slot == NULL
        || ngx_cs_shm_take(zone, &chain, 1, after) != NGX_OK)
    {
        return NULL;
    }

    lease = ngx_cs_at(shm, chain.head);

    ngx_memzero(lease, sizeof(ngx_cs_lease_t));

    lease->ticket = ++shm->ticket;
    lease->slot = (uint32_t) (zone->slot - shm->slots);
    lease->entry = entry;
    lease->next = e->lease;

    ngx_queue_insert_head(&zone->slot->leases, &lease->queue);

    e->lease = chain.head;

    return lease;
}


ngx_cs_lease_t *
ngx_cs_lease_find(ngx_cs_shm_t *shm, ngx_cs_entry_t *e,
    ngx_cs_ticket_t ticket)
{
    uint32_t         i;
    ngx_cs_lease_t  *lease;

    for (i = e->lease; i; i = lease->next) {
        lease = ngx_cs_at(shm, i);

        if (lease->ticket == ticket) {
            return lease;
        }
    }

    return NULL;
}


void
ngx_cs_lease_free(ngx_cs_shm_t *shm, ngx_cs_lease_t *lease,
    ngx_cs_deferred_t *after)
{
    uint32_t        *i;
    ngx_cs_chain_t   chain;
    ngx_cs_entry_t  *e;
    ngx_cs_lease_t  *next;

    e = ngx_cs_at(shm, lease->entry);

    for (i = &e->lease; *i; i = &next->next) {
        next = ngx_cs_at(shm, *i);

        if (next == lease) {
            break;
        }
    }

    chain.head = *i;
    chain.tail = *i;
    chain.n = 1;

    *i = lease->next;

    if (!lease->landed) {
        ngx_queue_remove(&lease->queue);
    }

    ngx_cs_result_free(shm, &lease->result);

    if (lease->outbox_len && after && after->n < NGX_CS_GARBAGE) {
        after->offset[after->n] = lease->outbox;
        after->len[after->n++] = lease->outbox_len;
    }

    ngx_cs_chunks_give(&shm->chunks, &chain);
}
