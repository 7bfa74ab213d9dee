/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The disk as a tier; see the header.
 *
 * Who asks waits in a queue until the worker's task is free, which then looks
 * for up to 32 at once.  Whoever's time is over first is told to go on, and
 * the task, which a thread may still be at, forgets it.
 */


#include "tier/disk.h"

#include <ngx_event.h>
#include <ngx_thread_pool.h>

#include "core/wall.h"
#include "tier/disk_reader.h"
#include "tier/record.h"


#define NGX_CS_DISK_BATCH    32

/* time-outs in a row, and how long the disk is then left alone, ms */
#define NGX_CS_DISK_STRIKES  3
#define NGX_CS_DISK_OFF_MIN  1000
#define NGX_CS_DISK_OFF_MAX  30000

/* how often an error is logged, ms */
#define NGX_CS_DISK_QUIET    10000


typedef struct ngx_cs_disk_worker_s  ngx_cs_disk_worker_t;


/* one asking */

typedef struct {
    ngx_queue_t                  queue;     /* of those that wait */
    ngx_cs_disk_worker_t        *worker;
    ngx_cs_asking_t             *asking;
    ngx_event_t                  timer;
    struct timespec              begun;
    u_char                       key[NGX_CS_SEAL_KEY];
    ngx_uint_t                   place;     /* in the task, from 1; 0: waits */
} ngx_cs_disk_job_t;


/* what a thread sees, and nothing else */

typedef struct {
    ngx_cs_disk_reader_t        *reader;
    ngx_uint_t                   n;
    ngx_cs_disk_look_t           looks[NGX_CS_DISK_BATCH];
    ngx_cs_disk_worker_t        *worker;    /* the event loop's */
} ngx_cs_disk_task_t;


struct ngx_cs_disk_worker_s {
    ngx_cs_disk_t               *disk;
    ngx_cs_disk_reader_t         reader;
    ngx_thread_task_t           *task;
    ngx_cs_disk_job_t           *jobs[NGX_CS_DISK_BATCH];  /* of the task */
    ngx_queue_t                  waiting;
    ngx_uint_t                   strikes;
    ngx_msec_t                   off;       /* how long; 0: it is not */
    ngx_msec_t                   off_until;
    ngx_msec_t                   quiet_until;
    unsigned                     busy:1;    /* a thread has the task */
    unsigned                     probing:1;
    unsigned                     logged:1;
};


static ngx_int_t ngx_cs_disk_ask(ngx_cs_asking_t *asking,
    ngx_cs_answer_t *answer);
static ngx_cs_disk_worker_t *ngx_cs_disk_worker(ngx_cs_disk_t *disk);
static ngx_uint_t ngx_cs_disk_is_off(ngx_cs_disk_worker_t *w);
static void ngx_cs_disk_start(ngx_cs_disk_worker_t *w);
static void ngx_cs_disk_thread(void *data, ngx_log_t *log);
static void ngx_cs_disk_looked(ngx_event_t *ev);
static void ngx_cs_disk_tell(ngx_cs_disk_job_t *job, ngx_cs_disk_look_t *look);
static ngx_int_t ngx_cs_disk_answer(ngx_cs_disk_job_t *job,
    ngx_cs_disk_look_t *look, ngx_cs_answer_t *answer);
static void ngx_cs_disk_failed(ngx_cs_disk_job_t *job,
    ngx_cs_disk_look_t *look);
static void ngx_cs_disk_timeout(ngx_event_t *ev);
static void ngx_cs_disk_leave(ngx_cs_disk_job_t *job);
static ngx_int_t ngx_cs_disk_cancel(ngx_cs_asking_t *asking);
static void ngx_cs_disk_switch_off(ngx_cs_disk_worker_t *w);
static void ngx_cs_disk_end(ngx_cs_disk_job_t *job,
    ngx_cs_tally_e outcome);


ngx_cs_tier_t  ngx_cs_tier_disk = {
    "disk",
    ngx_cs_disk_ask,
    NULL,
    NULL,
    NULL,
    ngx_cs_disk_cancel
};


/* of this worker */
static ngx_array_t  *ngx_cs_disks;


void
ngx_cs_disk_init_process(ngx_array_t *disks)
{
    ngx_cs_disks = disks;

    if (disks->nelts && ngx_process == NGX_PROCESS_SINGLE) {
        ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                      "\"clear_status_disk\" is read and not written, as "
                      "without \"master_process\" nginx has no cache manager");
    }
}


void
ngx_cs_disk_exit_process(void)
{
    ngx_uint_t             i;
    ngx_cs_disk_t        **disks;
    ngx_cs_disk_worker_t  *w;

    if (ngx_cs_disks == NULL) {
        return;
    }

    disks = ngx_cs_disks->elts;

    for (i = 0; i < ngx_cs_disks->nelts; i++) {
        w = disks[i]->worker;

        /* nginx has ended its threads */

        if (w) {
            ngx_cs_disk_reader_close(&w->reader);
        }
    }
}


ngx_cs_disk_t *
ngx_cs_disk_of(ngx_shm_zone_t *shm_zone)
{
    ngx_uint_t       i;
    ngx_cs_disk_t  **disks;

    if (shm_zone == NULL || ngx_cs_disks == NULL) {
        return NULL;
    }

    disks = ngx_cs_disks->elts;

    for (i = 0; i < ngx_cs_disks->nelts; i++) {
        if (disks[i]->shm_zone == shm_zone) {
            return disks[i];
        }
    }

    return NULL;
}


static ngx_int_t
ngx_cs_disk_ask(ngx_cs_asking_t *asking, ngx_cs_answer_t *answer)
{
    ngx_cs_disk_t         *disk;
    ngx_cs_disk_job_t     *job;
    ngx_cs_disk_block_t   *block;
    ngx_cs_disk_worker_t  *w;

    disk = ngx_cs_disk_of(asking->lookup->shm_zone);

    if (disk == NULL) {
        return NGX_DECLINED;
    }

    w = ngx_cs_disk_worker(disk);
    job = ngx_pcalloc(asking->pool, sizeof(ngx_cs_disk_job_t));

    if (w == NULL || job == NULL
        || ngx_cs_seal_key(&asking->question->tenant,
                           &asking->question->task_id, job->key)
           != NGX_OK)
    {
        return NGX_DECLINED;
    }

    if (ngx_cs_disk_is_off(w)) {
        block = disk->block->data;
        ngx_cs_tally_count(&block->tally, NGX_CS_TALLY_OFF, NULL);
        return NGX_DECLINED;
    }

    asking->state[asking->tier] = job;

    job->worker = w;
    job->asking = asking;
    job->timer.handler = ngx_cs_disk_timeout;
    job->timer.data = job;
    job->timer.log = asking->log;

    ngx_cs_tally_begin(&job->begun);
    ngx_queue_insert_tail(&w->waiting, &job->queue);

    /* it also keeps a worker that shuts down */

    ngx_add_timer(&job->timer, disk->timeout);

    ngx_cs_disk_start(w);

    return NGX_OK;
}


static ngx_cs_disk_worker_t *
ngx_cs_disk_worker(ngx_cs_disk_t *disk)
{
    ngx_cs_disk_task_t    *ctx;
    ngx_cs_disk_worker_t  *w;

    if (disk->worker) {
        return disk->worker;
    }

    w = ngx_pcalloc(ngx_cycle->pool, sizeof(ngx_cs_disk_worker_t));
    if (w == NULL) {
        return NULL;
    }

    w->task = ngx_thread_task_alloc(ngx_cycle->pool,
                                    sizeof(ngx_cs_disk_task_t));
    if (w->task == NULL) {
        return NULL;
    }

    w->disk = disk;
    w->reader.file = disk->file;
    w->reader.timeout = disk->timeout;
    ngx_queue_init(&w->waiting);

    w->task->handler = ngx_cs_disk_thread;
    w->task->event.handler = ngx_cs_disk_looked;
    w->task->event.data = w;
    w->task->event.log = ngx_cycle->log;

    ctx = w->task->ctx;
    ctx->reader = &w->reader;
    ctx->worker = w;

    disk->worker = w;

    return w;
}


/* one probe after each pause; none while a thread still hangs */

static ngx_uint_t
ngx_cs_disk_is_off(ngx_cs_disk_worker_t *w)
{
    if (w->off == 0) {
        return 0;
    }

    if (w->busy || w->probing
        || (ngx_msec_int_t) (ngx_current_msec - w->off_until) < 0)
    {
        return 1;
    }

    w->probing = 1;

    return 0;
}


static void
ngx_cs_disk_start(ngx_cs_disk_worker_t *w)
{
    ngx_queue_t         *q;
    ngx_cs_disk_job_t   *job;
    ngx_cs_disk_task_t  *ctx;

    if (w->busy || ngx_queue_empty(&w->waiting)) {
        return;
    }

    ctx = w->task->ctx;

    for (ctx->n = 0; ctx->n < NGX_CS_DISK_BATCH; ctx->n++) {

        if (ngx_queue_empty(&w->waiting)) {
            break;
        }

        q = ngx_queue_head(&w->waiting);
        ngx_queue_remove(q);   /* NOLINT(clang-analyzer-core.*) */

        job = ngx_queue_data(q, ngx_cs_disk_job_t, queue);
        job->place = ctx->n + 1;

        w->jobs[ctx->n] = job;
        ngx_memcpy(ctx->looks[ctx->n].key, job->key, NGX_CS_SEAL_KEY);
    }

    w->busy = (ngx_thread_task_post(w->disk->threads, w->task) == NGX_OK);

    /* back they go, and their time-outs tell, unless somebody comes first */

    while (!w->busy && ctx->n) {
        job = w->jobs[--ctx->n];
        job->place = 0;

        w->jobs[ctx->n] = NULL;
        ngx_queue_insert_head(&w->waiting, &job->queue);
    }
}


static void
ngx_cs_disk_thread(void *data, ngx_log_t *log)
{
    ngx_cs_disk_task_t *ctx = data;

    ngx_uint_t  i;

    for (i = 0; i < ctx->n; i++) {
        ngx_cs_disk_look(ctx->reader, &ctx->looks[i]);
    }
}


static void
ngx_cs_disk_looked(ngx_event_t *ev)
{
    ngx_uint_t             i;
    ngx_cs_disk_job_t     *job;
    ngx_cs_disk_task_t    *ctx;
    ngx_cs_disk_block_t   *block;
    ngx_cs_disk_worker_t  *w;

    w = ev->data;
    ctx = w->task->ctx;
    block = w->disk->block->data;

    for (i = 0; i < ctx->n; i++) {
        job = w->jobs[i];
        w->jobs[i] = NULL;

        if (job) {
            w->strikes = 0;
            w->off = 0;
            w->probing = 0;
            block->off_until = 0;

            ngx_cs_disk_tell(job, &ctx->looks[i]);
        }

        if (ctx->looks[i].data) {
            ngx_free(ctx->looks[i].data);
        }
    }

    w->busy = 0;

    ngx_cs_disk_start(w);
}


static void
ngx_cs_disk_tell(ngx_cs_disk_job_t *job, ngx_cs_disk_look_t *look)
{
    ngx_int_t         rc;
    ngx_cs_answer_t   answer;
    ngx_cs_asking_t  *asking;

    asking = job->asking;

    ngx_memzero(&answer, sizeof(ngx_cs_answer_t));

    rc = (look->rc == NGX_OK) ? ngx_cs_disk_answer(job, look, &answer)
                              : look->rc;
    switch (rc) {

    case NGX_OK:
        ngx_cs_disk_end(job, NGX_CS_TALLY_HIT);
        asking->told(asking, NGX_OK, &answer);
        return;

    case NGX_AGAIN:
        ngx_cs_disk_end(job, NGX_CS_TALLY_STALE);

        if (asking->lookup->ticket) {
            ngx_cs_zone_offer(asking->lookup, &answer);
        }

        break;

    case NGX_DECLINED:
        ngx_cs_disk_end(job, NGX_CS_TALLY_MISS);
        break;

    default:
        ngx_cs_disk_failed(job, look);
        ngx_cs_disk_end(job, NGX_CS_TALLY_ERROR);
    }

    asking->told(asking, NGX_DECLINED, NULL);
}


/* NGX_OK: it is fresh; NGX_AGAIN: no longer; NGX_DECLINED: not to be used */

static ngx_int_t
ngx_cs_disk_answer(ngx_cs_disk_job_t *job, ngx_cs_disk_look_t *look,
    ngx_cs_answer_t *answer)
{
    u_char           seal[NGX_CS_SEAL];
    int64_t          wall;
    ngx_cs_disk_t   *disk;
    clear_record_t   record;

    disk = job->worker->disk;
    wall = ngx_cs_wall();

    /* a bit that flipped is a miss, whatever it changed */

    if (look->len <= NGX_CS_SEAL
        || ngx_cs_seal(job->key, look->data + NGX_CS_SEAL,
                       look->len - NGX_CS_SEAL, seal)
           != NGX_OK
        || ngx_memcmp(seal, look->data, NGX_CS_SEAL) != 0
        || clear_record_read(look->data + NGX_CS_SEAL,
                             look->len - NGX_CS_SEAL, &record)
           != CLEAR_RECORD_OK
        || wall - record.fetched > disk->keep
        || ngx_cs_disk_purged(disk->block, job->key, look->owner,
                              record.fetched, wall)
        || ngx_cs_record_answer(job->asking->pool, &record, answer) != NGX_OK)
    {
        return NGX_DECLINED;
    }

    answer->status = NGX_CS_OK;
    answer->source = NGX_CS_SOURCE_DISK;

    clear_record_stamp(&record, wall, ngx_current_msec, &answer->stamp);

    return (answer->stamp.fresh_until > (int64_t) ngx_current_msec)
           ? NGX_OK : NGX_AGAIN;
}


static void
ngx_cs_disk_failed(ngx_cs_disk_job_t *job, ngx_cs_disk_look_t *look)
{
    ngx_cs_disk_block_t   *block;
    ngx_cs_disk_worker_t  *w;

    w = job->worker;

    if (look->rc == NGX_ABORT) {
        block = w->disk->block->data;
        block->damaged = (ngx_atomic_uint_t) look->inode;
    }

    if (w->logged && (ngx_msec_int_t) (ngx_current_msec - w->quiet_until) < 0) {
        return;
    }

    w->logged = 1;
    w->quiet_until = ngx_current_msec + NGX_CS_DISK_QUIET;

    ngx_log_error(NGX_LOG_ERR, job->asking->log, 0,
                  "\"%s\" cannot be read: %s, it is gone around",
                  w->disk->file, look->error);
}


static void
ngx_cs_disk_timeout(ngx_event_t *ev)
{
    ngx_cs_asking_t       *asking;
    ngx_cs_disk_job_t     *job;
    ngx_cs_disk_worker_t  *w;

    job = ev->data;
    w = job->worker;
    asking = job->asking;

    ngx_cs_disk_leave(job);
    ngx_cs_disk_end(job, NGX_CS_TALLY_TIMEOUT);

    w->strikes++;

    if (w->probing || (w->strikes >= NGX_CS_DISK_STRIKES && w->off == 0)) {
        ngx_cs_disk_switch_off(w);
    }

    asking->told(asking, NGX_DECLINED, NULL);
}


static void
ngx_cs_disk_leave(ngx_cs_disk_job_t *job)
{
    if (job->place) {
        job->worker->jobs[job->place - 1] = NULL;

    } else {
        ngx_queue_remove(&job->queue);
    }
}


static ngx_int_t
ngx_cs_disk_cancel(ngx_cs_asking_t *asking)
{
    ngx_cs_disk_job_t  *job;

    job = asking->state[asking->tier];

    ngx_cs_disk_leave(job);

    if (job->timer.timer_set) {
        ngx_del_timer(&job->timer);
    }

    /* if it was the probe, another one may be */

    job->worker->probing = 0;

    return NGX_OK;
}


/* those that wait need not wait for their own time-outs */

static void
ngx_cs_disk_switch_off(ngx_cs_disk_worker_t *w)
{
    ngx_queue_t          *q;
    ngx_cs_asking_t      *asking;
    ngx_cs_disk_job_t    *job;
    ngx_cs_disk_block_t  *block;

    w->probing = 0;
    w->off = w->off ? ngx_min(2 * w->off, NGX_CS_DISK_OFF_MAX)
                    : NGX_CS_DISK_OFF_MIN;
    w->off_until = ngx_current_msec + w->off;

    block = w->disk->block->data;
    block->off_until = w->off_until;

    ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                  "\"%s\" does not answer in %Mms, it is gone around for %Mms",
                  w->disk->file, w->disk->timeout, w->off);

    for (q = ngx_queue_head(&w->waiting);
         q != ngx_queue_sentinel(&w->waiting);
         q = ngx_queue_head(&w->waiting))
    {
        ngx_queue_remove(q);   /* NOLINT(clang-analyzer-core.*) */

        job = ngx_queue_data(q, ngx_cs_disk_job_t, queue);
        asking = job->asking;

        ngx_cs_disk_end(job, NGX_CS_TALLY_OFF);
        asking->told(asking, NGX_DECLINED, NULL);
    }
}


/* the asking may be gone once it is told */

static void
ngx_cs_disk_end(ngx_cs_disk_job_t *job, ngx_cs_tally_e outcome)
{
    ngx_cs_disk_block_t  *block;

    if (job->timer.timer_set) {
        ngx_del_timer(&job->timer);
    }

    block = job->worker->disk->block->data;

    ngx_cs_tally_count(&block->tally, outcome, &job->begun);
}
