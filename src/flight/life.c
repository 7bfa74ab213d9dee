/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * A flight's life, from its question to its result; see the header, and
 * ngx_cs_flight_e for its states.
 *
 * It holds no exiting worker for what nobody waits for: nothing below it has a
 * timer that does, and its own is for waiters.
 */


#include "flight/state.h"

#include "core/counters.h"


static void ngx_cs_flight_unasked(ngx_cs_flight_t *flight,
    ngx_cs_outcome_t *found);
static ngx_cs_flight_t *ngx_cs_flight_create(ngx_cs_question_t *question,
    ngx_cs_lookup_t *lookup);
static ngx_int_t ngx_cs_flight_depart(ngx_cs_flight_t *flight,
    ngx_cs_lookup_t *lookup, ngx_int_t rc);
static void ngx_cs_flight_sent(void *data);
static void ngx_cs_flight_answered(void *data, ngx_cs_answer_t *answer);
static void ngx_cs_flight_landed(ngx_cs_flight_t *flight,
    ngx_cs_answer_t *answer);
static ngx_uint_t ngx_cs_flight_drop(ngx_cs_flight_t *flight);
static void ngx_cs_flight_give_back(ngx_cs_flight_t *flight);
static void ngx_cs_flight_timer_handler(ngx_event_t *ev);
static void ngx_cs_flight_queued(ngx_cs_flight_t *flight);
static void ngx_cs_flight_linger(ngx_cs_flight_t *flight);
static u_char *ngx_cs_flight_log(ngx_log_t *log, u_char *buf, size_t len);


/* of this worker */
static ngx_cs_table_t           ngx_cs_flights;
static ngx_cs_flight_listen_pt  ngx_cs_flight_listener;
static ngx_msec_t               ngx_cs_flight_asked;  /* to leave, then */


ngx_int_t
ngx_cs_flight_init_process(ngx_cycle_t *cycle,
    ngx_cs_flight_listen_pt listener)
{
    ngx_cs_flight_listener = listener;

    ngx_cs_table_init(&ngx_cs_flights);
    ngx_cs_watch_init();

    return NGX_OK;
}


ngx_int_t
ngx_cs_flight_join(ngx_cs_question_t *question, ngx_cs_lookup_t *lookup,
    ngx_cs_waiter_t *waiter)
{
    ngx_int_t         rc;
    ngx_cs_flight_t  *flight;

    flight = (ngx_cs_flight_t *)
                 ngx_cs_table_find(&ngx_cs_flights, lookup->shm_zone,
                                   lookup->key);

    if (flight) {
        ngx_cs_waiters_enter(flight, waiter, question->timeout);
        return NGX_AGAIN;
    }

    flight = ngx_cs_flight_create(question, lookup);
    if (flight == NULL) {
        return NGX_ERROR;
    }

    rc = NGX_DECLINED;

    if (lookup->shm_zone) {
        flight->stripe = ngx_cs_zone_stripe(lookup);

        rc = ngx_cs_zone_acquire(lookup, ngx_cs_flight_deadline(flight), 1);
    }

    if (rc == NGX_OK || rc == NGX_ERROR) {
        ngx_cs_flight_release(flight);
        return rc;
    }

    if (ngx_cs_flight_depart(flight, lookup, rc) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_cs_waiters_enter(flight, waiter, question->timeout);

    waiter->leader = (rc != NGX_AGAIN);

    return NGX_AGAIN;
}


void
ngx_cs_flight_refresh(ngx_cs_question_t *question, ngx_cs_lookup_t *lookup,
    ngx_cs_outcome_t *found)
{
    ngx_cs_lookup_t   refresh;
    ngx_cs_flight_t  *flight;

    if (ngx_cs_table_find(&ngx_cs_flights, lookup->shm_zone, lookup->key)) {
        return;
    }

    flight = ngx_cs_flight_create(question, lookup);
    if (flight == NULL) {
        return;
    }

    flight->question.background = 1;

    /* what the caller found is not to be lost */

    refresh = *lookup;

    if (ngx_cs_zone_acquire(&refresh, ngx_cs_flight_deadline(flight), 0)
        == NGX_DONE)
    {
        ngx_cs_flight_hold(flight);

        (void) ngx_cs_flight_depart(flight, &refresh, NGX_DONE);

        ngx_cs_flight_unasked(flight, found);
    }

    ngx_cs_flight_release(flight);
}


/* upstream cannot be asked, which is known at once */

static void
ngx_cs_flight_unasked(ngx_cs_flight_t *flight, ngx_cs_outcome_t *found)
{
    int64_t           left, again;
    ngx_cs_answer_t  *answer;
    ngx_cs_source_e   source;

    if (flight->state == NGX_CS_FLIGHT_QUEUED) {
        left = ngx_cs_chain_left(&flight->asking);

        if (left == 0) {
            return;
        }

        source = NGX_CS_SOURCE_PAUSED;
        again = (int64_t) ngx_current_msec + left;

    } else {
        answer = &flight->lookup.outcome.answer;
        source = answer->source;
        again = ngx_cs_answer_again(answer);
    }

    if (source == NGX_CS_SOURCE_PAUSED || source == NGX_CS_SOURCE_QUEUE) {
        found->choice = CLEAR_SERVE_STALE;
        found->again = again;
        found->unasked = source;
    }
}


ngx_int_t
ngx_cs_flight_notice(ngx_cs_question_t *question, ngx_cs_lookup_t *lookup,
    ngx_cs_notice_t *notice)
{
    ngx_int_t         rc;
    ngx_cs_lookup_t   refresh;
    ngx_cs_flight_t  *flight;

    if (ngx_cs_table_find(&ngx_cs_flights, lookup->shm_zone, lookup->key)) {
        return NGX_AGAIN;
    }

    flight = ngx_cs_flight_create(question, lookup);
    if (flight == NULL) {
        return NGX_ERROR;
    }

    flight->question.noticed = 1;

    refresh = *lookup;

    rc = ngx_cs_zone_notice(&refresh, ngx_cs_flight_deadline(flight), notice);

    if (rc == NGX_DONE) {
        return ngx_cs_flight_depart(flight, &refresh, NGX_DONE);
    }

    ngx_cs_flight_release(flight);

    return rc;
}


static ngx_cs_flight_t *
ngx_cs_flight_create(ngx_cs_question_t *question, ngx_cs_lookup_t *lookup)
{
    ngx_pool_t       *pool;
    ngx_cs_flight_t  *flight;

    pool = ngx_create_pool(NGX_DEFAULT_POOL_SIZE / 4, ngx_cycle->log);
    if (pool == NULL) {
        return NULL;
    }

    flight = ngx_pcalloc(pool, sizeof(ngx_cs_flight_t));
    if (flight == NULL
        || ngx_cs_question_copy(pool, &flight->question, question) != NGX_OK)
    {
        ngx_destroy_pool(pool);
        return NULL;
    }

    flight->question.noticed = 0;

    flight->pool = pool;
    flight->refs = 1;
    flight->node.shm_zone = lookup->shm_zone;
    flight->node.key.tenant = flight->question.tenant;
    flight->node.key.task_id = flight->question.task_id;
    flight->node.key.hash = lookup->key->hash;

    flight->lookup.shm_zone = lookup->shm_zone;
    flight->lookup.key = &flight->node.key;
    flight->lookup.freshness = question->freshness;
    flight->lookup.limits = &flight->question.limits;
    flight->lookup.pool = pool;

    flight->log = *question->log;
    flight->log.handler = ngx_cs_flight_log;
    flight->log.data = flight;
    flight->log.action = NULL;

    flight->asking.question = &flight->question;
    flight->asking.lookup = &flight->lookup;
    flight->asking.pool = pool;
    flight->asking.log = &flight->log;
    flight->asking.data = flight;
    flight->asking.sent = ngx_cs_flight_sent;
    flight->asking.done = ngx_cs_flight_answered;

    flight->timer.handler = ngx_cs_flight_timer_handler;
    flight->timer.data = flight;
    flight->timer.log = &flight->log;
    flight->timer.cancelable = 1;

    ngx_cs_waiters_init(flight);

    return flight;
}


/*
 * Enters a new flight in the table and lets it fly or watch, as the zone's
 * word rc on its lease says, which is in the caller's look-up.
 */

static ngx_int_t
ngx_cs_flight_depart(ngx_cs_flight_t *flight, ngx_cs_lookup_t *lookup,
    ngx_int_t rc)
{
    flight->lookup.ticket = lookup->ticket;
    flight->lookup.purges = lookup->purges;
    flight->lookup.outcome.seen = lookup->outcome.seen;
    flight->lookup.outcome.down = lookup->outcome.down;

    ngx_cs_table_insert(&ngx_cs_flights, &flight->node);

    if (rc == NGX_AGAIN) {
        ngx_cs_watch_begin(flight);
        return NGX_OK;
    }

    if (ngx_cs_flight_fly(flight) != NGX_OK) {
        ngx_cs_flight_become(flight, NGX_CS_FLIGHT_GONE);
        ngx_cs_flight_release(flight);
        return NGX_ERROR;
    }

    return NGX_OK;
}


ngx_int_t
ngx_cs_flight_fly(ngx_cs_flight_t *flight)
{
    ngx_cs_answer_t  answer;

    ngx_memzero(&answer, sizeof(ngx_cs_answer_t));

    flight->question.leased = (flight->lookup.ticket != 0);
    flight->question.seen = 0;
    flight->question.down = 0;
    flight->question.paced = 0;
    flight->question.turns = 0;

    if (flight->question.leased) {
        flight->question.seen = flight->lookup.outcome.seen;
        flight->question.down = flight->lookup.outcome.down;
    }

    ngx_cs_flight_become(flight, NGX_CS_FLIGHT_QUEUED);

    switch (ngx_cs_chain_ask(&flight->asking, &answer)) {

    case NGX_OK:
        ngx_cs_counters_flight(1);

        /* what nobody waits for may be queued for so long */

        ngx_add_timer(&flight->timer, flight->question.timeout);

        return NGX_OK;

    case NGX_DONE:
        ngx_cs_flight_landed(flight, &answer);
        return NGX_OK;

    default:
        ngx_cs_flight_give_back(flight);
        return NGX_ERROR;
    }
}


static void
ngx_cs_flight_sent(void *data)
{
    ngx_cs_flight_t *flight = data;

    ngx_cs_flight_become(flight, NGX_CS_FLIGHT_FLYING);

    if (flight->lookup.ticket) {
        ngx_cs_zone_sent(&flight->lookup, ngx_cs_flight_deadline(flight));
    }
}


static void
ngx_cs_flight_answered(void *data, ngx_cs_answer_t *answer)
{
    ngx_cs_flight_t *flight = data;

    ngx_cs_counters_flight(-1);

    ngx_cs_flight_landed(flight, answer);
}


/* what the chain told, then or at once */

static void
ngx_cs_flight_landed(ngx_cs_flight_t *flight, ngx_cs_answer_t *answer)
{
    flight->lookup.outcome.answer = *answer;
    flight->lookup.outcome.unwanted = ngx_queue_empty(&flight->waiters);

    if (flight->lookup.shm_zone) {
        ngx_cs_zone_complete(&flight->lookup);
    }

    ngx_cs_flight_land(flight);
}


void
ngx_cs_flight_land(ngx_cs_flight_t *flight)
{
    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, &flight->log, 0,
                   "clear status flight %p: lands, status:%ui",
                   flight, flight->lookup.outcome.answer.status);

    ngx_cs_flight_become(flight, NGX_CS_FLIGHT_LANDING);

    ngx_cs_flight_listener(flight, flight->node.shm_zone, &flight->node.key,
                           &flight->lookup.outcome);

    ngx_cs_waiters_land(flight);
}


void
ngx_cs_flight_idle(ngx_cs_flight_t *flight)
{
    if (!ngx_queue_empty(&flight->waiters)) {
        return;
    }

    switch (flight->state) {

    case NGX_CS_FLIGHT_WATCHING:
        ngx_cs_zone_unwatch(&flight->lookup);
        break;

    case NGX_CS_FLIGHT_QUEUED:

        if (!ngx_cs_flight_drop(flight)) {
            return;
        }

        break;

    case NGX_CS_FLIGHT_FLYING:
        ngx_cs_flight_linger(flight);
        return;

    default:
        return;
    }

    ngx_cs_flight_become(flight, NGX_CS_FLIGHT_GONE);
    ngx_cs_flight_release(flight);
}


/*
 * A refresh, or what a notice asked for, has a time of its own; what others
 * watch stays as long as they do.
 */

static ngx_uint_t
ngx_cs_flight_drop(ngx_cs_flight_t *flight)
{
    if ((flight->question.background || flight->question.noticed)
        && flight->timer.timer_set)
    {
        return 0;
    }

    if (flight->lookup.ticket && ngx_cs_zone_wanted(&flight->lookup)) {

        if (flight->timer.timer_set) {
            ngx_del_timer(&flight->timer);
        }

        ngx_add_timer(&flight->timer, NGX_CS_WATCH);

        return 0;
    }

    if (ngx_cs_chain_cancel(&flight->asking) != NGX_OK) {
        return 0;
    }

    ngx_cs_counters_flight(-1);
    ngx_cs_flight_give_back(flight);

    return 1;
}


/* without a result: who watches takes over */

static void
ngx_cs_flight_give_back(ngx_cs_flight_t *flight)
{
    if (flight->lookup.ticket) {
        ngx_cs_zone_release(&flight->lookup);
        flight->lookup.ticket = 0;
    }
}


void
ngx_cs_flight_become(ngx_cs_flight_t *flight, ngx_cs_flight_e state)
{
#if (NGX_DEBUG)
    static const char  *names[] = {
        "new", "watches", "is queued", "flies", "lands", "is gone"
    };
#endif

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, &flight->log, 0,
                   "clear status flight %p: %s", flight, names[state]);

    if (flight->state == NGX_CS_FLIGHT_WATCHING) {
        ngx_cs_watch_end(flight);
    }

    if (flight->timer.timer_set) {
        ngx_del_timer(&flight->timer);
    }

    flight->state = state;
    flight->since = ngx_current_msec;

    /* new requests do not find it from here on */

    if (state >= NGX_CS_FLIGHT_LANDING) {
        ngx_cs_table_delete(&ngx_cs_flights, &flight->node);
    }
}


static void
ngx_cs_flight_timer_handler(ngx_event_t *ev)
{
    ngx_cs_flight_t  *flight;

    flight = ev->data;

    switch (flight->state) {

    case NGX_CS_FLIGHT_WATCHING:
        ngx_cs_watch_collect(flight);
        return;

    case NGX_CS_FLIGHT_QUEUED:
        ngx_cs_flight_queued(flight);
        return;

    default:
        ngx_cs_flight_idle(flight);
    }
}


void
ngx_cs_flight_quit(void)
{
    ngx_cs_flight_t    *flight;
    ngx_rbtree_node_t  *node;

    ngx_cs_flight_asked = ngx_current_msec;

    if (ngx_cs_flights.rbtree.root == ngx_cs_flights.rbtree.sentinel) {
        return;
    }

    for (node = ngx_rbtree_min(ngx_cs_flights.rbtree.root,
                               ngx_cs_flights.rbtree.sentinel);
         node;
         node = ngx_rbtree_next(&ngx_cs_flights.rbtree, node))
    {
        flight = (ngx_cs_flight_t *) node;

        if (flight->state == NGX_CS_FLIGHT_FLYING
            && ngx_queue_empty(&flight->waiters))
        {
            ngx_cs_flight_linger(flight);
        }
    }
}


/*
 * A fetch that was sent, and that callers in other workers wait for, keeps an
 * exiting worker as its own callers do: else it would be sent again.  nginx
 * tells no module that worker_shutdown_timeout is over.
 */

static void
ngx_cs_flight_linger(ngx_cs_flight_t *flight)
{
    ngx_core_conf_t  *ccf;

    ccf = (ngx_core_conf_t *) ngx_get_conf(ngx_cycle->conf_ctx,
                                           ngx_core_module);

    flight->timer.cancelable = 1;

    if (ngx_exiting
        && (ccf->shutdown_timeout == 0
            || ngx_current_msec - ngx_cs_flight_asked < ccf->shutdown_timeout)
        && flight->lookup.ticket
        && ngx_cs_zone_wanted(&flight->lookup))
    {
        flight->timer.cancelable = 0;

        if (!flight->timer.timer_set) {
            ngx_add_timer(&flight->timer, NGX_CS_WATCH);
        }
    }
}


/* callers that come one after the other may keep it queued for ever */

static void
ngx_cs_flight_queued(ngx_cs_flight_t *flight)
{
    ngx_cs_flight_hold(flight);
    ngx_cs_flight_idle(flight);

    if (flight->state == NGX_CS_FLIGHT_QUEUED) {

        if (flight->lookup.ticket) {
            ngx_cs_zone_renew(&flight->lookup, ngx_cs_flight_deadline(flight));
        }

        if (!flight->timer.timer_set) {
            ngx_add_timer(&flight->timer, flight->question.timeout);
        }
    }

    ngx_cs_flight_release(flight);
}


/* a fetch may wait for its turn as long as callers do */

int64_t
ngx_cs_flight_deadline(ngx_cs_flight_t *flight)
{
    return (int64_t) ngx_current_msec + 2 * (int64_t) flight->question.timeout
           + NGX_CS_LEASE;
}


void
ngx_cs_flight_hold(ngx_cs_flight_t *flight)
{
    flight->refs++;
}


void
ngx_cs_flight_release(ngx_cs_flight_t *flight)
{
    if (--flight->refs) {
        return;
    }

    ngx_explicit_memzero(flight->question.token.data,
                         flight->question.token.len);

    ngx_destroy_pool(flight->pool);
}


static u_char *
ngx_cs_flight_log(ngx_log_t *log, u_char *buf, size_t len)
{
    ngx_cs_flight_t  *flight;

    flight = log->data;

    return ngx_snprintf(buf, len, " while fetching task \"%V\" from \"%V\"",
                        &flight->node.key.task_id, flight->question.url);
}
