/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What lies where in a zone's shared memory.  For this room alone.  All of it
 * is guarded by the mutex of the zone's slab pool, but the stripes.
 */


#ifndef _NGX_CS_ZONE_LAYOUT_H_INCLUDED_
#define _NGX_CS_ZONE_LAYOUT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "zone/chunks.h"
#include "zone/lock_stats.h"
#include "zone/types.h"


#define NGX_CS_ZONE_STRIPES  256
#define NGX_CS_ZONE_SLOTS    256

/* where an entry lies: the first two may be evicted, in this order */
#define NGX_CS_UNFINISHED    0
#define NGX_CS_FINISHED      1
#define NGX_CS_IN_USE        2         /* somebody flies or has to collect */
#define NGX_CS_QUEUES        3


/* a process that uses the zone */

typedef struct {
    ngx_pid_t                    pid;       /* 0: free */
    uint32_t                     reading;   /* a result that it copies out
                                               without the lock; or 0 */
    uint32_t                     dropped;   /* that result was replaced: who
                                               reads it last frees it */
    ngx_cs_chain_t               reserved;  /* for what it will store */
    uint64_t                     spill;     /* a body that it spills, until
                                               some lease has it; if its len */
    uint64_t                     spill_len; /* is not 0 */
    ngx_queue_t                  leases;
} ngx_cs_slot_t;


/* one flight for an entry, in a chunk of its own */

typedef struct {
    ngx_queue_t                  queue;     /* in its slot, while it flies */
    uint64_t                     ticket;
    uint64_t                     watch;     /* workers to wake */
    int64_t                      until;     /* mono: the lease's deadline, or
                                               how long the result is kept */
    uint64_t                     spill;     /* where the body is, if its len
                                               is not 0 */
    uint64_t                     spill_len;
    uint32_t                     watchers;  /* that have yet to collect */
    uint32_t                     slot;
    uint32_t                     next;      /* of the same entry */
    uint32_t                     result;    /* where it is not the entry's */
    uint32_t                     entry;
    unsigned                     sent:1;
    unsigned                     purged:1;  /* the result is not stored */
    unsigned                     landed:1;
    unsigned                     good:1;    /* the result is the entry's */
    unsigned                     error:1;
} ngx_cs_lease_t;


/* a result, at the head of its chain; the body follows */

typedef struct {
    ngx_cs_chain_t               chain;
    ngx_cs_answer_t              answer;    /* body.data means nothing */
} ngx_cs_result_t;

_Static_assert(sizeof(ngx_cs_result_t) <= 128,
               "docs/operations.md says what an answer takes");


/* at the head of its chain; the task id and the tenant follow */

typedef struct {
    ngx_rbtree_node_t            node;
    ngx_queue_t                  lru;       /* of shm->queues */
    int64_t                      seen;      /* mono: first asked for */
    uint64_t                     holds;     /* workers to wake, once */
    int64_t                      noticed;   /* mono: last fetched as somebody
                                               said that it changed */
    ngx_queue_t                  unsaved;   /* of shm->unsaved or saving; next
                                               NULL: of neither */
    ngx_cs_chain_t               chain;
    uint32_t                     good;      /* results; 0: none */
    uint32_t                     error;
    uint32_t                     lease;     /* the first flight; 0: none */
    uint32_t                     tenant_len;
    uint16_t                     task_id_len;
    uint8_t                      down;      /* fetches in a row, up to all of
                                               its bits */
    uint8_t                      unwanted;  /* nobody had any answer of it */
} ngx_cs_entry_t;


typedef struct {
    uint64_t                     magic;     /* with the layout's version */
    uint64_t                     size;      /* of this structure */
    u_char                       id[NGX_CS_ZONE_ID];
    ngx_atomic_t                 dirty;     /* who is inside, or died there */
    ngx_atomic_t                 faulted;   /* a fault point was used up */
    uint64_t                     epoch;     /* changes when all is dropped */
    uint64_t                     ticket;    /* the last */
    uint64_t                     purges;    /* steps of them */
    ngx_rbtree_node_t          **buckets;   /* roots of small trees, one for
                                               each value of a hash's bits */
    uint32_t                     mask;      /* those bits */
    uint32_t                     unsent;    /* chunks, of unsent leases */
    ngx_rbtree_node_t            sentinel;  /* of all the trees */
    ngx_queue_t                  queues[NGX_CS_QUEUES];  /* the least recently
                                               used is the last */
    ngx_queue_t                  unsaved;   /* entries, the oldest first */
    ngx_queue_t                  saving;    /* taken by the saver, who has yet
                                               to say that they are saved */
    ngx_pid_t                    saver;     /* the last that began */
    uint64_t                     saved_in;  /* where all of it is saved but
                                               what is marked; 0: nowhere */
    ngx_cs_chunks_t              chunks;
    u_char                      *memory;    /* what the chunks are carved of */
    size_t                       memory_size;
    ngx_cs_zone_stat_t           stat;
    ngx_cs_slot_t                slots[NGX_CS_ZONE_SLOTS];
    uint64_t                     strays[NGX_CS_ZONE_STRIPES];  /* as holds,
                                               where there is no entry */
    ngx_atomic_t                 stripes[NGX_CS_ZONE_STRIPES];
} ngx_cs_shm_t;


/* in each process: shm_zone->data */

typedef struct {
    ngx_cs_shm_t                *shm;
    ngx_slab_pool_t             *shpool;
    ngx_str_t                    name;
    ngx_cs_slot_t               *slot;      /* ours; NULL: none was free */
#if (NGX_CS_LOCK_STATS)
    ngx_cs_lock_stats_t          clock;
#endif
    unsigned                     alarm:1;   /* the content was dropped */
    unsigned                     saves:1;   /* finished answers are marked */
} ngx_cs_zone_t;


/*
 * What is left for after the lock: workers to wake, and spilled bodies that
 * nobody needs now.
 */

#define NGX_CS_GARBAGE  16

typedef struct {
    uint64_t                     wake;      /* a bit for ngx_worker % 64 */
    ngx_uint_t                   n;
    uint64_t                     offset[NGX_CS_GARBAGE];
    uint64_t                     len[NGX_CS_GARBAGE];
} ngx_cs_deferred_t;


static ngx_inline void
ngx_cs_deferred_spill(ngx_cs_deferred_t *after, uint64_t offset, uint64_t len)
{
    if (after->n < NGX_CS_GARBAGE) {
        after->offset[after->n] = offset;
        after->len[after->n++] = len;
    }
}


#define ngx_cs_at(shm, i)                                                    \
    ngx_cs_chunk(&(shm)->chunks, i)

#define ngx_cs_worker_bit()                                                  \
    (1ULL << (ngx_worker % 64))


#endif /* _NGX_CS_ZONE_LAYOUT_H_INCLUDED_ */
