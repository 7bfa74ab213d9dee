/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * A zone's shared memory as a whole; see the header.
 */


#include "zone/shm.h"

#include <openssl/rand.h>

#include "core/str.h"
#include "core/wake.h"
#include "zone/entry.h"
#include "zone/spill.h"


/* "clearst" and the version of the layout */
#define NGX_CS_ZONE_MAGIC  0x636c656172737408ULL


static void ngx_cs_shm_reset(ngx_cs_shm_t *shm);
static ngx_int_t ngx_cs_shm_create(ngx_cs_zone_t *zone);
static void ngx_cs_shm_name(u_char *id);
static void ngx_cs_shm_carve(ngx_cs_shm_t *shm, u_char *p, size_t size);
static void ngx_cs_shm_changed(ngx_shm_zone_t *shm_zone);


ngx_int_t
ngx_cs_shm_init(ngx_shm_zone_t *shm_zone, void *data)
{
    ngx_cs_zone_t *old = data;

    ngx_cs_zone_t  *zone;

    zone = shm_zone->data;
    zone->shpool = (ngx_slab_pool_t *) shm_zone->shm.addr;
    zone->name = shm_zone->shm.name;

    if (old) {
        zone->shm = old->shm;

    } else if (shm_zone->shm.exists) {
        zone->shm = zone->shpool->data;

    } else {
        ngx_cs_shm_changed(shm_zone);
        return ngx_cs_shm_create(zone);
    }

    if (zone->shm->magic != NGX_CS_ZONE_MAGIC
        || zone->shm->size != sizeof(ngx_cs_shm_t))
    {
        ngx_log_error(NGX_LOG_EMERG, shm_zone->shm.log, 0,
                      "zone \"%V\" was made by another version of the module, "
                      "restart nginx", &zone->name);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* nginx keeps the memory only where name, size and module are the same */

static void
ngx_cs_shm_changed(ngx_shm_zone_t *shm_zone)
{
    ngx_uint_t        i;
    ngx_cycle_t      *old;
    ngx_shm_zone_t   *zones;
    ngx_list_part_t  *part;

    /* the configuration that is in force while this one is being made */

    old = (ngx_cycle_t *) ngx_cycle;

    for (part = &old->shared_memory.part; part; part = part->next) {

        zones = part->elts;

        for (i = 0; zones && i < part->nelts; i++) {

            if (&zones[i] == shm_zone
                || !ngx_cs_str_eq(&zones[i].shm.name, &shm_zone->shm.name))
            {
                continue;
            }

            ngx_log_error(NGX_LOG_NOTICE, shm_zone->shm.log, 0,
                          "zone \"%V\" has changed from %uz to %uz bytes or "
                          "with the module, it starts empty",
                          &shm_zone->shm.name, zones[i].shm.size,
                          shm_zone->shm.size);
        }
    }
}


static ngx_int_t
ngx_cs_shm_create(ngx_cs_zone_t *zone)
{
    size_t            size;
    u_char           *p;
    ngx_uint_t        i;
    ngx_cs_shm_t     *shm;
    ngx_slab_pool_t  *shpool;

    shpool = zone->shpool;

    shm = ngx_slab_calloc(shpool, sizeof(ngx_cs_shm_t));
    if (shm == NULL) {
        return NGX_ERROR;
    }

    /* all that is left, in one piece */

    shpool->log_nomem = 0;

    size = shpool->end - shpool->start;
    size -= size % ngx_pagesize;

    for (p = NULL; size && p == NULL; size -= ngx_pagesize) {
        p = ngx_slab_alloc(shpool, size);

        if (p) {
            break;
        }
    }

    if (p == NULL) {
        return NGX_ERROR;
    }

    shm->magic = NGX_CS_ZONE_MAGIC;
    shm->size = sizeof(ngx_cs_shm_t);
    ngx_cs_shm_name(shm->id);
    ngx_cs_shm_carve(shm, p, size);

    for (i = 0; i < NGX_CS_ZONE_SLOTS; i++) {
        ngx_queue_init(&shm->slots[i].leases);
    }

    ngx_cs_shm_reset(shm);

    shpool->data = shm;
    zone->shm = shm;

    return NGX_OK;
}


static void
ngx_cs_shm_name(u_char *id)
{
    u_char      bytes[NGX_CS_ZONE_ID / 2];
    ngx_uint_t  i;

    if (RAND_bytes(bytes, sizeof(bytes)) != 1) {

        for (i = 0; i < sizeof(bytes); i++) {
            bytes[i] = (u_char) ngx_random();
        }
    }

    (void) ngx_hex_dump(id, bytes, sizeof(bytes));
}


/* a bucket for each four chunks, which is what an entry takes, then chunks */

static void
ngx_cs_shm_carve(ngx_cs_shm_t *shm, u_char *p, size_t size)
{
    size_t  n, max;

    max = ngx_min(size / NGX_CS_CHUNK_SIZE / 4, NGX_MAX_UINT32_VALUE / 2);

    for (n = 1; n <= max / 2; n *= 2) { /* void */ }

    shm->buckets = (ngx_rbtree_node_t **) p;
    shm->mask = (uint32_t) (n - 1);

    shm->memory = p + n * sizeof(ngx_rbtree_node_t *);
    shm->memory_size = size - n * sizeof(ngx_rbtree_node_t *);
}


/* an empty zone, for processes that stay */

static void
ngx_cs_shm_reset(ngx_cs_shm_t *shm)
{
    ngx_uint_t      i;
    ngx_cs_slot_t  *slot;

    ngx_cs_entry_init(shm);

    for (i = 0; i < NGX_CS_QUEUES; i++) {
        ngx_queue_init(&shm->queues[i]);
    }

    ngx_queue_init(&shm->unsaved);
    ngx_queue_init(&shm->saving);

    shm->unsent = 0;

    ngx_cs_chunks_init(&shm->chunks, shm->memory, shm->memory_size);

    ngx_memzero(shm->stat.entries, sizeof(shm->stat.entries));
    shm->stat.readers = 0;
    shm->stat.lost += shm->stat.unsaved;
    shm->stat.unsaved = 0;

    for (i = 0; i < NGX_CS_ZONE_SLOTS; i++) {
        slot = &shm->slots[i];

        slot->reading = 0;
        slot->dropped = 0;
        ngx_memzero(&slot->reserved, sizeof(ngx_cs_chain_t));
        ngx_queue_init(&slot->leases);
    }

    shm->epoch++;

    ngx_memzero(shm->strays, sizeof(shm->strays));

    for (i = 0; i < NGX_CS_ZONE_STRIPES; i++) {
        (void) ngx_atomic_fetch_add(&shm->stripes[i], 1);
    }
}


/*
 * nginx's master unlocks what a dead worker held.  If it was inside, what it
 * left may be anything: nobody reads it, and the zone begins anew.
 */

void
ngx_cs_shm_lock(ngx_cs_zone_t *zone)
{
    ngx_cs_lock_stats_waits(&zone->clock);
    ngx_shmtx_lock(&zone->shpool->mutex);
    ngx_cs_lock_stats_holds(&zone->clock);

    if (zone->shm->dirty) {
        ngx_cs_shm_reset(zone->shm);
        zone->alarm = 1;
    }

    zone->shm->dirty = ngx_pid;
    ngx_memory_barrier();
}


void
ngx_cs_shm_unlock(ngx_cs_zone_t *zone, ngx_cs_deferred_t *after)
{
    ngx_uint_t  i;

    ngx_memory_barrier();
    zone->shm->dirty = 0;

    ngx_cs_lock_stats_leaves(&zone->clock);
    ngx_shmtx_unlock(&zone->shpool->mutex);

    if (after) {
        ngx_cs_wake(after->wake);

        for (i = 0; i < after->n; i++) {
            ngx_cs_spill_free(after->offset[i], after->len[i]);
        }

        after->wake = 0;
        after->n = 0;
    }

    if (zone->alarm) {
        zone->alarm = 0;

        /* whoever waited for something in it looks again */

        ngx_cs_wake(NGX_CS_WAKE_ALL);

        ngx_log_error(NGX_LOG_ALERT, ngx_cycle->log, 0,
                      "a process died while it changed zone \"%V\", "
                      "its content is dropped", &zone->name);
    }
}


#if (NGX_CS_FAULTS)

void
ngx_cs_shm_fault(ngx_cs_shm_t *shm, ngx_cs_entry_t *e)
{
    char  *task_id;

    task_id = getenv("CLEAR_STATUS_FAULT_LOCK");

    if (task_id == NULL
        || ngx_strlen(task_id) != e->task_id_len
        || ngx_cs_chunks_cmp(&shm->chunks, e->chain.head,
                             sizeof(ngx_cs_entry_t),
                             (u_char *) task_id, e->task_id_len)
           != 0
        || shm->faulted)
    {
        return;
    }

    shm->faulted = 1;

    (void) raise(SIGKILL);
}


/* each process stops once for each of the tasks that are named there */

void
ngx_cs_shm_stop(ngx_cs_key_t *key)
{
    char             *task_ids;
    static uint32_t   last;

    task_ids = getenv("CLEAR_STATUS_FAULT_STOP");

    if (task_ids == NULL || key->hash == last
        || memmem(task_ids, ngx_strlen(task_ids), key->task_id.data,
                  key->task_id.len)
           == NULL)
    {
        return;
    }

    last = key->hash;

    (void) raise(SIGSTOP);
}

#endif
