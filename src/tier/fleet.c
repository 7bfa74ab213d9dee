/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The fleet as a tier; see the header.
 *
 * One asking is a job: it takes (see fleet_scripts.h), and either is told, or
 * waits for another gateway's fetch or for its tenant's turn and takes again,
 * or has a lease and lets the next tier be asked.
 */


#include "tier/fleet.h"

#include <ngx_event.h>

#include "tier/fleet_ears.h"
#include "tier/fleet_eval.h"
#include "tier/fleet_lease.h"
#include "tier/fleet_log.h"
#include "tier/fleet_names.h"
#include "tier/fleet_parcel.h"
#include "tier/fleet_scripts.h"
#include "tier/fleet_take.h"
#include "tier/fleets.h"
#include "upstream/pause.h"
#include "upstream/permit.h"


/* after a lease of another gateway's has ended, ms */
#define NGX_CS_FLEET_LATE  10

/* who gave a lease back takes again after so long: others come first, ms */
#define NGX_CS_FLEET_BACK  50


typedef struct {
    ngx_cs_fleet_t              *fleet;
    ngx_cs_asking_t             *asking;
    ngx_cs_fleet_names_t         names;
    ngx_cs_redis_call_t          call;
    ngx_cs_fleet_ear_t           ear;
    ngx_cs_fleet_lease_t        *lease;
    ngx_event_t                  timer;     /* until it takes again */
    struct timespec              begun;
    u_char                       fence[NGX_CS_FLEET_FENCE];  /* waited for */
    size_t                       fence_len;
    unsigned                     counted:1;
    unsigned                     waits:1;   /* one of the worker's */
    unsigned                     heard:1;   /* while it took */
    unsigned                     over:1;    /* what is there is of no use */
    unsigned                     turned:1;  /* its tenant's turn has come */
    unsigned                     queued:1;  /* upstream is asked, no lease */
    unsigned                     sent:1;    /* and it was sent */
} ngx_cs_fleet_job_t;


static ngx_int_t ngx_cs_fleet_ask(ngx_cs_asking_t *asking,
    ngx_cs_answer_t *answer);
static ngx_int_t ngx_cs_fleet_job_init(ngx_cs_fleet_job_t *job);
static ngx_int_t ngx_cs_fleet_job_take(ngx_cs_fleet_job_t *job);
static void ngx_cs_fleet_told(ngx_cs_redis_call_t *call, ngx_int_t rc,
    redisReply *reply);
static void ngx_cs_fleet_hit(ngx_cs_fleet_job_t *job,
    ngx_cs_fleet_said_t *said);
static void ngx_cs_fleet_wait(ngx_cs_fleet_job_t *job,
    ngx_cs_fleet_said_t *said);
static void ngx_cs_fleet_yours(ngx_cs_fleet_job_t *job,
    ngx_cs_fleet_said_t *said);
static void ngx_cs_fleet_stale(ngx_cs_fleet_job_t *job,
    ngx_cs_fleet_said_t *said);
static void ngx_cs_fleet_paused(ngx_cs_fleet_job_t *job,
    ngx_cs_fleet_said_t *said);
static void ngx_cs_fleet_heard(ngx_cs_fleet_ear_t *ear);
static void ngx_cs_fleet_timer(ngx_event_t *ev);
static void ngx_cs_fleet_again(ngx_cs_fleet_job_t *job);
static void ngx_cs_fleet_count(ngx_cs_fleet_job_t *job,
    ngx_cs_tally_e outcome);
static void ngx_cs_fleet_alone(ngx_cs_fleet_job_t *job);
static void ngx_cs_fleet_leave(ngx_cs_fleet_job_t *job);
static void ngx_cs_fleet_lease(ngx_cs_fleet_job_t *job,
    ngx_cs_fleet_said_t *said);
static void ngx_cs_fleet_unsent(void *data);
static ngx_uint_t ngx_cs_fleet_queued(ngx_cs_fleet_job_t *job,
    ngx_cs_fleet_said_t *said);
static void ngx_cs_fleet_failed(ngx_cs_fleet_job_t *job,
    ngx_cs_tally_e outcome);
static void ngx_cs_fleet_sent(ngx_cs_asking_t *asking, void *state);
static void ngx_cs_fleet_ended(ngx_cs_asking_t *asking, void *state,
    ngx_cs_answer_t *answer);
static ngx_int_t ngx_cs_fleet_cancel(ngx_cs_asking_t *asking);


ngx_cs_tier_t  ngx_cs_tier_fleet = {
    "fleet",
    ngx_cs_fleet_ask,
    ngx_cs_fleet_sent,
    ngx_cs_fleet_ended,
    NULL,
    ngx_cs_fleet_cancel
};


/* of this worker */
static ngx_uint_t  ngx_cs_fleet_waiting;


static ngx_int_t
ngx_cs_fleet_ask(ngx_cs_asking_t *asking, ngx_cs_answer_t *answer)
{
    ngx_int_t              rc;
    ngx_cs_fleet_t        *fleet;
    ngx_cs_fleet_job_t    *job;
    ngx_cs_fleet_block_t  *block;

    fleet = ngx_cs_fleet_of(asking->lookup->shm_zone);

    if (fleet == NULL) {
        return NGX_DECLINED;
    }

    block = fleet->block->data;

    if (!ngx_cs_redis_up(fleet->redis)) {
        ngx_cs_tally_count(&block->tally, NGX_CS_TALLY_OFF, NULL);
        (void) ngx_atomic_fetch_add(&block->lone, 1);
        return NGX_DECLINED;
    }

    job = ngx_pcalloc(asking->pool, sizeof(ngx_cs_fleet_job_t));
    if (job == NULL) {
        return NGX_ERROR;
    }

    job->fleet = fleet;
    job->asking = asking;

    rc = ngx_cs_fleet_job_init(job);

    if (rc == NGX_OK) {
        rc = ngx_cs_fleet_job_take(job);
    }

    if (rc == NGX_OK) {
        asking->state[asking->tier] = job;
        return NGX_OK;
    }

    ngx_cs_fleet_leave(job);
    ngx_cs_fleet_count(job, (rc == NGX_DECLINED) ? NGX_CS_TALLY_OFF
                                                 : NGX_CS_TALLY_ERROR);
    ngx_cs_fleet_alone(job);

    return NGX_DECLINED;
}


static ngx_int_t
ngx_cs_fleet_job_init(ngx_cs_fleet_job_t *job)
{
    ngx_cs_asking_t  *asking;

    asking = job->asking;

    ngx_cs_tally_begin(&job->begun);

    job->call.told = ngx_cs_fleet_told;
    job->call.data = job;
    job->call.log = asking->log;

    job->timer.handler = ngx_cs_fleet_timer;
    job->timer.data = job;
    job->timer.log = asking->log;
    job->timer.cancelable = 1;

    if (ngx_cs_fleet_names(asking->pool, job->fleet,
                           &asking->question->tenant,
                           &asking->question->task_id, &job->names)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    job->ear.hex = job->names.hex.data;
    job->ear.heard = ngx_cs_fleet_heard;
    job->ear.data = job;

    return ngx_cs_fleet_ear_open(job->fleet, &job->ear);
}


/* as ngx_cs_redis_call() */

static ngx_int_t
ngx_cs_fleet_job_take(ngx_cs_fleet_job_t *job)
{
    ngx_str_t             fence;
    ngx_cs_question_t    *question;
    ngx_cs_fleet_asks_t   asks;

    question = job->asking->question;

    fence.data = job->fence;
    fence.len = job->fence_len;

    asks.mode = (question->noticed && !job->turned) ? NGX_CS_FLEET_NOTE
                : (job->over || question->noticed
                   || ngx_cs_fleet_block_purged(job->fleet->block,
                                                        job->names.task.data,
                                                        job->names.id.data))
                  ? NGX_CS_FLEET_OVER : NGX_CS_FLEET_FLY;
    asks.waited = &fence;
    asks.rate = question->fetch->max_rate;
    asks.turned = job->turned;
    asks.stale = !job->counted;

    job->heard = 0;

    return ngx_cs_fleet_take_send(job->fleet, &job->call, &job->names, &asks);
}


static void
ngx_cs_fleet_told(ngx_cs_redis_call_t *call, ngx_int_t rc, redisReply *reply)
{
    ngx_cs_fleet_job_t   *job;
    ngx_cs_fleet_said_t   said;

    job = call->data;

    if (rc != NGX_OK
        || ngx_cs_fleet_take_read(reply, &said) != NGX_OK
        || said.kind == NGX_CS_FLEET_NONE)
    {
        ngx_cs_fleet_failed(job, (rc == NGX_ABORT) ? NGX_CS_TALLY_TIMEOUT
                                                   : NGX_CS_TALLY_ERROR);
        return;
    }

    ngx_cs_fleet_log_look(job->fleet, said.newest);

    if (job->queued && ngx_cs_fleet_queued(job, &said)) {
        return;
    }

    switch (said.kind) {

    case NGX_CS_FLEET_HIT:
        ngx_cs_fleet_hit(job, &said);
        return;

    case NGX_CS_FLEET_PAUSED:
        ngx_cs_fleet_paused(job, &said);
        return;

    default:
        break;
    }

    ngx_cs_fleet_stale(job, &said);

    if (said.kind == NGX_CS_FLEET_YOURS) {
        ngx_cs_fleet_yours(job, &said);

    } else {
        ngx_cs_fleet_wait(job, &said);
    }
}


static void
ngx_cs_fleet_hit(ngx_cs_fleet_job_t *job, ngx_cs_fleet_said_t *said)
{
    ngx_int_t         rc;
    ngx_cs_answer_t   answer;
    ngx_cs_asking_t  *asking;

    asking = job->asking;

    rc = ngx_cs_fleet_parcel_read(asking->pool, job->names.key,
                                  asking->question, &said->result, said->age,
                                  job->fleet->redis->keep, &answer);

    if (job->fence_len
        && ngx_memn2cmp(job->fence, said->word.data, job->fence_len,
                        said->word.len)
           == 0)
    {
        answer.source = NGX_CS_SOURCE_ELSEWHERE;
    }

    /* Redis was away, or behind, as ours was fetched */

    if (rc == NGX_OK && answer.source != NGX_CS_SOURCE_ELSEWHERE
        && ngx_cs_zone_has_newer(asking->lookup, answer.stamp.fetched))
    {
        rc = NGX_DONE;
    }

    /* of the flight that was waited for, whatever its time is */

    if (rc == NGX_OK
        || (rc == NGX_AGAIN && answer.source == NGX_CS_SOURCE_ELSEWHERE))
    {
        ngx_cs_fleet_count(job, NGX_CS_TALLY_HIT);

        if (answer.status != NGX_CS_OK) {
            ngx_cs_fleet_stale(job, said);
        }

        ngx_cs_fleet_leave(job);
        asking->told(asking, NGX_OK, &answer);
        return;
    }

    /* what nobody can use is to be replaced */

    if (!job->over && rc != NGX_ERROR) {
        job->over = 1;
        job->fence_len = 0;

        if (rc != NGX_DONE) {
            ngx_log_error(NGX_LOG_ERR, asking->log, 0,
                          "Redis \"%V\" sent an answer that is none, or not of "
                          "this task, it is fetched anew",
                          &job->fleet->redis->url);
        }

        ngx_cs_fleet_again(job);
        return;
    }

    ngx_cs_fleet_failed(job, NGX_CS_TALLY_ERROR);
}


/* another gateway flies, or the tenant's turn is later */

static void
ngx_cs_fleet_wait(ngx_cs_fleet_job_t *job, ngx_cs_fleet_said_t *said)
{
    ngx_int_t           rc;
    ngx_cs_answer_t     answer;
    ngx_cs_asking_t    *asking;
    ngx_cs_question_t  *question;

    asking = job->asking;
    question = asking->question;

    if (!job->waits
        && ngx_cs_fleet_waiting >= question->fetch->max_flights)
    {
        ngx_memzero(&answer, sizeof(ngx_cs_answer_t));

        rc = ngx_cs_permit_busy(asking->pool, asking->log, &answer);

        ngx_cs_fleet_leave(job);
        asking->told(asking, rc, &answer);
        return;
    }

    if (!job->waits) {
        job->waits = 1;
        ngx_cs_fleet_waiting++;
    }

    if (said->kind == NGX_CS_FLEET_LATER) {
        job->turned = 1;
        asking->elsewhere = 0;

        ngx_add_timer(&job->timer, (ngx_msec_t) said->ms);
        return;
    }

    asking->elsewhere = 1;

    job->fence_len = ngx_min(said->word.len, NGX_CS_FLEET_FENCE);
    ngx_memcpy(job->fence, said->word.data, job->fence_len);

    if (ngx_cs_fleet_ear_listen(&job->ear) == NGX_OK && job->heard) {
        ngx_cs_fleet_again(job);
        return;
    }

    ngx_add_timer(&job->timer, (ngx_msec_t) said->ms + NGX_CS_FLEET_LATE);
}


static void
ngx_cs_fleet_yours(ngx_cs_fleet_job_t *job, ngx_cs_fleet_said_t *said)
{
    int64_t             seen;
    ngx_cs_asking_t    *asking;
    ngx_cs_question_t  *question;

    asking = job->asking;
    question = asking->question;

    ngx_cs_fleet_lease(job, said);

    /* others saw the task before */

    seen = (int64_t) ngx_current_msec - said->ms;

    if (question->seen == 0 || seen < question->seen) {
        question->seen = seen ? seen : -1;
        asking->lookup->outcome.seen = question->seen;
    }

    question->paced = (question->fetch->max_rate != 0);

    ngx_cs_fleet_leave(job);
    asking->told(asking, NGX_DECLINED, NULL);
}


/* what is there and no longer fresh, with the first reply */

static void
ngx_cs_fleet_stale(ngx_cs_fleet_job_t *job, ngx_cs_fleet_said_t *said)
{
    ngx_int_t         rc;
    ngx_cs_answer_t   stale;
    ngx_cs_asking_t  *asking;

    asking = job->asking;
    rc = NGX_DECLINED;

    ngx_memzero(&stale, sizeof(ngx_cs_answer_t));

    if (said->stale.len && asking->lookup->ticket) {
        rc = ngx_cs_fleet_parcel_read(asking->pool, job->names.key,
                                      asking->question, &said->stale,
                                      said->stale_age,
                                      job->fleet->redis->keep, &stale);
    }

    if (rc == NGX_AGAIN && stale.status == NGX_CS_OK) {
        ngx_cs_zone_offer(asking->lookup, &stale);
    }

    ngx_cs_fleet_count(job, (rc == NGX_AGAIN) ? NGX_CS_TALLY_STALE
                                              : NGX_CS_TALLY_MISS);
}


/* upstream asked this tenant to wait, and another gateway heard it */

static void
ngx_cs_fleet_paused(ngx_cs_fleet_job_t *job, ngx_cs_fleet_said_t *said)
{
    ngx_int_t           rc;
    ngx_cs_answer_t     answer;
    ngx_cs_asking_t    *asking;

    asking = job->asking;

    ngx_cs_fleet_stale(job, said);

    ngx_memzero(&answer, sizeof(ngx_cs_answer_t));

    rc = ngx_cs_pause_asked_for(asking->pool, asking->question, said->status,
                                said->ms, &answer);

    ngx_cs_fleet_leave(job);
    asking->told(asking, rc, &answer);
}


static void
ngx_cs_fleet_heard(ngx_cs_fleet_ear_t *ear)
{
    ngx_cs_fleet_job_t  *job;

    job = ear->data;

    if (job->call.redis) {
        job->heard = 1;

    } else if (job->asking->elsewhere) {
        ngx_cs_fleet_again(job);
    }
}


static void
ngx_cs_fleet_timer(ngx_event_t *ev)
{
    ngx_cs_fleet_again(ev->data);
}


static void
ngx_cs_fleet_again(ngx_cs_fleet_job_t *job)
{
    if (job->timer.timer_set) {
        ngx_del_timer(&job->timer);
    }

    if (ngx_cs_fleet_job_take(job) == NGX_OK) {
        return;
    }

    ngx_cs_fleet_failed(job, NGX_CS_TALLY_OFF);
}


/* without memory for it others will fly too */

static void
ngx_cs_fleet_lease(ngx_cs_fleet_job_t *job, ngx_cs_fleet_said_t *said)
{
    job->lease = ngx_cs_fleet_lease_create(job->fleet, &job->names,
                                           &said->word, ngx_cs_fleet_unsent,
                                           job);

    if (job->lease && job->sent) {
        ngx_cs_fleet_lease_sent(job->lease);
    }
}


/* while it is queued here, others may have a place for it */

static void
ngx_cs_fleet_unsent(void *data)
{
    ngx_cs_fleet_job_t *job = data;

    ngx_cs_fleet_lease_t  *lease;

    lease = job->lease;
    job->lease = NULL;

    ngx_cs_fleet_lease_end(lease, job->asking->question, NULL, 0);

    job->queued = 1;
    job->turned = 1;

    if (ngx_cs_fleet_ear_open(job->fleet, &job->ear) == NGX_OK) {
        ngx_add_timer(&job->timer, NGX_CS_FLEET_BACK);
    }
}


/*
 * Redis speaks to who is queued.  1: it goes on as it is, with a lease or
 * without; 0: it is called back, as another gateway was faster.
 */

static ngx_uint_t
ngx_cs_fleet_queued(ngx_cs_fleet_job_t *job, ngx_cs_fleet_said_t *said)
{
    if (said->kind == NGX_CS_FLEET_YOURS) {
        ngx_cs_fleet_lease(job, said);

    } else if (!job->sent
               && job->asking->recall(job->asking, job) == NGX_OK)
    {
        job->queued = 0;
        return 0;

    } else {
        ngx_cs_fleet_alone(job);
    }

    job->queued = 0;
    ngx_cs_fleet_leave(job);

    return 1;
}


/* this gateway is alone with it */

static void
ngx_cs_fleet_failed(ngx_cs_fleet_job_t *job, ngx_cs_tally_e outcome)
{
    ngx_uint_t  queued;

    queued = job->queued;
    job->queued = 0;

    ngx_cs_fleet_count(job, outcome);
    ngx_cs_fleet_leave(job);
    ngx_cs_fleet_alone(job);

    if (!queued) {
        job->asking->told(job->asking, NGX_DECLINED, NULL);
    }
}


/* by the first reply */

static void
ngx_cs_fleet_count(ngx_cs_fleet_job_t *job, ngx_cs_tally_e outcome)
{
    ngx_cs_fleet_block_t  *block;

    if (job->counted) {
        return;
    }

    job->counted = 1;
    block = job->fleet->block->data;

    ngx_cs_tally_count(&block->tally, outcome,
                       (outcome == NGX_CS_TALLY_OFF) ? NULL : &job->begun);
}


/* what follows has no lease in Redis */

static void
ngx_cs_fleet_alone(ngx_cs_fleet_job_t *job)
{
    ngx_cs_fleet_block_t  *block;

    block = job->fleet->block->data;

    (void) ngx_atomic_fetch_add(&block->lone, 1);
}


/* nothing of it is under way any more, but a lease */

static void
ngx_cs_fleet_leave(ngx_cs_fleet_job_t *job)
{
    if (job->timer.timer_set) {
        ngx_del_timer(&job->timer);
    }

    if (job->waits) {
        job->waits = 0;
        ngx_cs_fleet_waiting--;
    }

    job->asking->elsewhere = 0;

    ngx_cs_fleet_ear_close(&job->ear);
}


static void
ngx_cs_fleet_sent(ngx_cs_asking_t *asking, void *state)
{
    ngx_cs_fleet_job_t *job = state;

    if (job == NULL) {
        return;
    }

    if (job->lease) {
        ngx_cs_fleet_lease_sent(job->lease);

    } else if (job->queued) {
        job->sent = 1;

        if (job->call.redis == NULL) {
            ngx_cs_fleet_again(job);
        }
    }
}


static void
ngx_cs_fleet_ended(ngx_cs_asking_t *asking, void *state,
    ngx_cs_answer_t *answer)
{
    ngx_cs_fleet_job_t *job = state;

    if (job && job->queued) {
        job->queued = 0;
        ngx_cs_redis_cancel(&job->call);
        ngx_cs_fleet_leave(job);
    }

    if (job && job->lease) {
        ngx_cs_fleet_lease_end(job->lease, asking->question, answer,
                               ngx_cs_fleet_take_later(
                                   asking->question->fetch->max_rate,
                                   asking->question->turns));
        job->lease = NULL;
    }
}


static ngx_int_t
ngx_cs_fleet_cancel(ngx_cs_asking_t *asking)
{
    ngx_cs_fleet_job_t  *job;

    job = asking->state[asking->tier];

    ngx_cs_redis_cancel(&job->call);
    ngx_cs_fleet_leave(job);

    return NGX_OK;
}
