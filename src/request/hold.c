/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Requests that stay until there is news of a task; see the header.
 */


#include "request/hold.h"

#include "core/counters.h"
#include "flight/table.h"
#include "tier/listen.h"


/* holders told in one turn of the event loop */
#define NGX_CS_HOLD_BATCH  64

/* where there was no memory to ask, until it is tried again, ms */
#define NGX_CS_HOLD_RETRY  1000


struct ngx_cs_hold_s {
    ngx_cs_node_t                node;      /* first; with zone and key */
    ngx_queue_t                  queue;     /* of this worker's holds */
    ngx_queue_t                  holders;   /* that know the news */
    ngx_queue_t                  untold;
    ngx_pool_t                  *pool;
    ngx_cs_question_t            question;
    ngx_cs_waiter_t              waiter;    /* on the flight in the air */
    ngx_atomic_uint_t            stripe;    /* seen last */
    ngx_cs_listen_t             *listener;  /* what other gateways learn */
    ngx_cs_news_t               *news;
    ngx_event_t                  timer;     /* until the next flight */
    ngx_event_t                  look;
    ngx_event_t                  tell;
    unsigned                     telling:1; /* it must not go now */
};


static ngx_cs_hold_t *ngx_cs_hold_create(ngx_cs_hold_conf_t *conf,
    ngx_cs_question_t *question, ngx_cs_lookup_t *lookup);
static ngx_uint_t ngx_cs_hold_knows_more(ngx_cs_hold_t *hold,
    ngx_cs_news_t *news);
static void ngx_cs_hold_adopt(ngx_cs_hold_t *hold, ngx_cs_news_t *news);
static ngx_uint_t ngx_cs_hold_differs(ngx_cs_news_t *old,
    ngx_cs_news_t *news);
static void ngx_cs_hold_lookup(ngx_cs_hold_t *hold, ngx_cs_lookup_t *lookup,
    ngx_pool_t *pool);
static void ngx_cs_hold_watch(ngx_cs_hold_t *hold);
static void ngx_cs_hold_schedule(ngx_cs_hold_t *hold);
static void ngx_cs_hold_timer_handler(ngx_event_t *ev);
static void ngx_cs_hold_poll(ngx_cs_hold_t *hold);
static void ngx_cs_hold_polled(ngx_cs_waiter_t *waiter,
    ngx_cs_flight_t *flight, ngx_cs_outcome_t *outcome);
static void ngx_cs_hold_look_handler(ngx_event_t *ev);
static void ngx_cs_hold_look(ngx_cs_hold_t *hold);
static void ngx_cs_hold_tell_handler(ngx_event_t *ev);
static void ngx_cs_hold_quit_handler(ngx_event_t *ev);
static void ngx_cs_hold_time_handler(ngx_event_t *ev);
static void ngx_cs_hold_oldest(void);
static void ngx_cs_hold_trim(ngx_cs_hold_t *hold);


/* of this worker */
static ngx_cs_table_t            ngx_cs_holds;
static ngx_queue_t               ngx_cs_hold_queue;
static ngx_queue_t               ngx_cs_holders;     /* the oldest first */
static ngx_uint_t                ngx_cs_nholders;
static ngx_event_t               ngx_cs_hold_quits;


void
ngx_cs_hold_init_process(void)
{
    ngx_cs_table_init(&ngx_cs_holds);
    ngx_queue_init(&ngx_cs_hold_queue);
    ngx_queue_init(&ngx_cs_holders);

    ngx_cs_hold_quits.handler = ngx_cs_hold_quit_handler;
    ngx_cs_hold_quits.log = ngx_cycle->log;
}


ngx_uint_t
ngx_cs_hold_room(ngx_uint_t max)
{
    return ngx_cs_nholders < max && !ngx_exiting && !ngx_quit
           && !ngx_terminate;
}


ngx_uint_t
ngx_cs_hold_waits(ngx_shm_zone_t *shm_zone, ngx_cs_key_t *key)
{
    return ngx_cs_table_find(&ngx_cs_holds, shm_zone, key) != NULL;
}


ngx_int_t
ngx_cs_hold_join(ngx_cs_holder_t *holder, ngx_cs_hold_conf_t *conf,
    ngx_cs_question_t *question, ngx_cs_lookup_t *lookup, ngx_cs_news_t *news)
{
    ngx_cs_hold_t  *hold;

    hold = (ngx_cs_hold_t *) ngx_cs_table_find(&ngx_cs_holds, lookup->shm_zone,
                                               lookup->key);

    if (hold == NULL) {
        hold = ngx_cs_hold_create(conf, question, lookup);
        if (hold == NULL) {
            return NGX_ERROR;
        }
    }

    /* who else looked may know more than we were told so far */

    if (hold->news == NULL
        || news->answer->stamp.fetched > hold->news->answer->stamp.fetched)
    {
        news->refs++;
        ngx_cs_hold_adopt(hold, news);
    }

    holder->hold = hold;
    holder->since = ngx_current_msec;

    holder->timer.handler = ngx_cs_hold_time_handler;
    holder->timer.data = holder;
    holder->timer.log = ngx_cycle->log;

    if (ngx_cs_hold_knows_more(hold, news)) {
        ngx_queue_insert_tail(&hold->untold, &holder->queue);
        ngx_post_event(&hold->tell, &ngx_posted_events);

    } else {
        ngx_queue_insert_tail(&hold->holders, &holder->queue);
    }

    ngx_queue_insert_tail(&ngx_cs_holders, &holder->all);
    ngx_cs_nholders++;

    ngx_cs_counters_held(holder->kind, 1);
    ngx_cs_hold_oldest();

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, ngx_cycle->log, 0,
                   "clear status hold %p: a holder, kind:%ui", hold,
                   holder->kind);

    return NGX_OK;
}


/* an answer that came while somebody looked for what he brought */

static ngx_uint_t
ngx_cs_hold_knows_more(ngx_cs_hold_t *hold, ngx_cs_news_t *news)
{
    return hold->news != news
           && hold->news->answer->status == NGX_CS_OK
           && ngx_cs_hold_differs(news, hold->news);
}


static ngx_cs_hold_t *
ngx_cs_hold_create(ngx_cs_hold_conf_t *conf, ngx_cs_question_t *question,
    ngx_cs_lookup_t *lookup)
{
    ngx_pool_t     *pool;
    ngx_cs_hold_t  *hold;

    pool = ngx_create_pool(NGX_DEFAULT_POOL_SIZE / 8, ngx_cycle->log);
    if (pool == NULL) {
        return NULL;
    }

    hold = ngx_pcalloc(pool, sizeof(ngx_cs_hold_t));
    if (hold == NULL) {
        goto failed;
    }

    if (ngx_cs_question_copy(pool, &hold->question, question) != NGX_OK) {
        goto failed;
    }

    hold->question.freshness = &conf->freshness;
    hold->question.ntrace = 0;

    hold->pool = pool;
    hold->node.shm_zone = lookup->shm_zone;
    hold->node.key.tenant = hold->question.tenant;
    hold->node.key.task_id = hold->question.task_id;
    hold->node.key.hash = lookup->key->hash;

    ngx_queue_init(&hold->holders);
    ngx_queue_init(&hold->untold);

    hold->waiter.handler = ngx_cs_hold_polled;
    hold->waiter.data = hold;

    hold->timer.handler = ngx_cs_hold_timer_handler;
    hold->timer.data = hold;
    hold->timer.log = ngx_cycle->log;

    hold->look.handler = ngx_cs_hold_look_handler;
    hold->look.data = hold;
    hold->look.log = ngx_cycle->log;

    hold->tell.handler = ngx_cs_hold_tell_handler;
    hold->tell.data = hold;
    hold->tell.log = ngx_cycle->log;

    hold->listener = ngx_cs_listen(pool, hold->node.shm_zone,
                                   &hold->question, &hold->node.key);

    ngx_cs_table_insert(&ngx_cs_holds, &hold->node);
    ngx_queue_insert_tail(&ngx_cs_hold_queue, &hold->queue);

    return hold;

failed:

    ngx_destroy_pool(pool);

    return NULL;
}


/* takes the caller's reference; whoever does not know the news is told */

static void
ngx_cs_hold_adopt(ngx_cs_hold_t *hold, ngx_cs_news_t *news)
{
    ngx_uint_t      differs;
    ngx_cs_news_t  *old;

    old = hold->news;
    hold->news = news;
    hold->stripe = news->stripe;

    differs = old && ngx_cs_hold_differs(old, news);

    if (old) {
        ngx_cs_news_release(old);
    }

    if (differs && !ngx_queue_empty(&hold->holders)) {
        ngx_queue_add(&hold->untold, &hold->holders);
        ngx_queue_init(&hold->holders);

        ngx_post_event(&hold->tell, &ngx_posted_events);
    }

    if (hold->node.shm_zone) {
        ngx_cs_hold_watch(hold);
    }

    ngx_cs_hold_schedule(hold);
}


static ngx_uint_t
ngx_cs_hold_differs(ngx_cs_news_t *old, ngx_cs_news_t *news)
{
    return news->answer->status != NGX_CS_OK
           || old->answer->status != NGX_CS_OK
           || ngx_memcmp(news->answer->etag, old->answer->etag,
                         NGX_CS_ETAG_LEN)
              != 0;
}


static void
ngx_cs_hold_lookup(ngx_cs_hold_t *hold, ngx_cs_lookup_t *lookup,
    ngx_pool_t *pool)
{
    lookup->shm_zone = hold->node.shm_zone;
    lookup->key = &hold->node.key;
    lookup->freshness = hold->question.freshness;
    lookup->limits = &hold->question.limits;
    lookup->pool = pool;
    lookup->ticket = 0;
    lookup->outcome.expired = 0;
}


/*
 * Whoever flies for the key, in whatever worker, has us woken from now on.
 * What ended since somebody looked for our news had nobody to wake.
 */

static void
ngx_cs_hold_watch(ngx_cs_hold_t *hold)
{
    ngx_cs_lookup_t  lookup;

    ngx_cs_hold_lookup(hold, &lookup, NULL);
    ngx_cs_zone_hold(&lookup);

    if (ngx_cs_zone_stripe(&lookup) != hold->stripe) {
        ngx_post_event(&hold->look, &ngx_posted_events);
    }
}


/* the next flight is when this answer's time is over; none after the last */

static void
ngx_cs_hold_schedule(ngx_cs_hold_t *hold)
{
    int64_t           wait;
    ngx_cs_answer_t  *answer;

    answer = hold->news->answer;

    if (hold->timer.timer_set) {
        ngx_del_timer(&hold->timer);
    }

    if (hold->news->due == CLEAR_FOREVER
        || (answer->status == NGX_CS_OK && answer->stamp.terminal))
    {
        return;
    }

    wait = hold->news->due - (int64_t) ngx_current_msec;
    wait = ngx_min(ngx_max(wait, 1), NGX_MAX_INT_T_VALUE / 4);

    ngx_add_timer(&hold->timer, (ngx_msec_t) wait);
}


static void
ngx_cs_hold_timer_handler(ngx_event_t *ev)
{
    ngx_cs_hold_poll(ev->data);
}


static void
ngx_cs_hold_poll(ngx_cs_hold_t *hold)
{
    ngx_int_t        rc;
    ngx_cs_news_t   *news;
    ngx_cs_lookup_t  lookup;

    if (hold->waiter.flight) {
        return;
    }

    rc = NGX_ERROR;

    ngx_cs_hold_lookup(hold, &lookup, NULL);
    news = ngx_cs_news_create(&lookup);

    if (news) {
        hold->waiter.deadline = 0;
        rc = ngx_cs_flight_join(&hold->question, &lookup, &hold->waiter);
    }

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, ngx_cycle->log, 0,
                   "clear status hold %p: polls: %i", hold, rc);

    if (rc == NGX_OK) {
        ngx_cs_news_found(news, &lookup);
        ngx_cs_hold_adopt(hold, news);
        return;
    }

    if (news) {
        ngx_cs_news_release(news);
    }

    if (rc == NGX_ERROR) {
        ngx_add_timer(&hold->timer, NGX_CS_HOLD_RETRY);
    }
}


static void
ngx_cs_hold_polled(ngx_cs_waiter_t *waiter, ngx_cs_flight_t *flight,
    ngx_cs_outcome_t *outcome)
{
    ngx_cs_hold_t  *hold;
    ngx_cs_news_t  *news;

    hold = waiter->data;

    /* joined on its way, it takes longer than one that began here */

    if (outcome == NULL) {
        ngx_cs_hold_poll(hold);
        return;
    }

    news = outcome->answer.body.len ? ngx_cs_news_landed(flight, outcome)
                                    : NULL;

    if (news == NULL) {
        ngx_add_timer(&hold->timer, NGX_CS_HOLD_RETRY);
        return;
    }

    ngx_cs_hold_adopt(hold, news);
}


void
ngx_cs_hold_landed(ngx_cs_flight_t *flight, ngx_shm_zone_t *shm_zone,
    ngx_cs_key_t *key, ngx_cs_outcome_t *outcome)
{
    ngx_cs_hold_t  *hold;
    ngx_cs_news_t  *news;

    hold = (ngx_cs_hold_t *) ngx_cs_table_find(&ngx_cs_holds, shm_zone, key);

    if (hold == NULL || hold->waiter.flight || outcome->answer.body.len == 0)
    {
        return;
    }

    news = ngx_cs_news_landed(flight, outcome);

    if (news) {
        ngx_cs_hold_adopt(hold, news);
    }
}


void
ngx_cs_hold_wake(void)
{
    ngx_queue_t       *q;
    ngx_cs_hold_t     *hold;
    ngx_cs_lookup_t    lookup;
    ngx_atomic_uint_t  stripe;

    for (q = ngx_queue_head(&ngx_cs_hold_queue);
         q != ngx_queue_sentinel(&ngx_cs_hold_queue);
         q = ngx_queue_next(q))
    {
        hold = ngx_queue_data(q, ngx_cs_hold_t, queue);

        if (hold->node.shm_zone == NULL || hold->waiter.flight) {
            continue;
        }

        ngx_cs_hold_lookup(hold, &lookup, NULL);
        stripe = ngx_cs_zone_stripe(&lookup);

        if (stripe != hold->stripe) {
            ngx_cs_hold_look(hold);
        }
    }
}


static void
ngx_cs_hold_look_handler(ngx_event_t *ev)
{
    ngx_cs_hold_t  *hold;

    hold = ev->data;

    /* whoever waits for a flight is told by it */

    if (hold->waiter.flight == NULL) {
        ngx_cs_hold_look(hold);
    }
}


/* what another worker's flight stored; the next one wakes us again */

static void
ngx_cs_hold_look(ngx_cs_hold_t *hold)
{
    ngx_cs_news_t   *news;
    ngx_cs_lookup_t  lookup;

    ngx_cs_hold_lookup(hold, &lookup, NULL);

    news = ngx_cs_news_create(&lookup);
    if (news == NULL) {
        return;
    }

    hold->stripe = news->stripe;

    ngx_cs_zone_hold(&lookup);

    if (ngx_cs_zone_find(&lookup) == NGX_OK) {
        ngx_cs_news_found(news, &lookup);

        if (news->answer->stamp.fetched > hold->news->answer->stamp.fetched
            || news->due > hold->news->due)
        {
            ngx_cs_hold_adopt(hold, news);
            return;
        }
    }

    ngx_cs_news_release(news);
}


static void
ngx_cs_hold_tell_handler(ngx_event_t *ev)
{
    ngx_uint_t        n;
    ngx_queue_t      *q;
    ngx_cs_hold_t    *hold;
    ngx_cs_holder_t  *holder;

    hold = ev->data;
    hold->telling = 1;

    for (n = 0; n < NGX_CS_HOLD_BATCH; n++) {

        if (ngx_queue_empty(&hold->untold)) {
            break;
        }

        q = ngx_queue_head(&hold->untold);
        ngx_queue_remove(q);
        ngx_queue_insert_tail(&hold->holders, q);

        holder = ngx_queue_data(q, ngx_cs_holder_t, queue);
        holder->handler(holder, NGX_CS_HOLD_NEWS, hold->news);
    }

    hold->telling = 0;

    if (!ngx_queue_empty(&hold->untold)) {
        ngx_post_event(&hold->tell, &ngx_posted_next_events);
        return;
    }

    ngx_cs_hold_trim(hold);
}


/*
 * Called while nginx closes its idle connections: events posted for this turn
 * would wait for the next one that comes from outside.
 */

void
ngx_cs_hold_quit(void)
{
    if (!ngx_queue_empty(&ngx_cs_holders)) {
        ngx_post_event(&ngx_cs_hold_quits, &ngx_posted_next_events);
    }
}


static void
ngx_cs_hold_quit_handler(ngx_event_t *ev)
{
    ngx_uint_t        n;
    ngx_queue_t      *q;
    ngx_cs_holder_t  *holder;

    for (n = 0; n < NGX_CS_HOLD_BATCH; n++) {

        if (ngx_queue_empty(&ngx_cs_holders)) {
            return;
        }

        q = ngx_queue_head(&ngx_cs_holders);

        holder = ngx_queue_data(q, ngx_cs_holder_t, all);
        holder->handler(holder, NGX_CS_HOLD_QUIT, holder->hold->news);
    }

    ngx_cs_hold_quit();
}


static void
ngx_cs_hold_time_handler(ngx_event_t *ev)
{
    ngx_cs_holder_t  *holder;

    holder = ev->data;
    holder->handler(holder, NGX_CS_HOLD_TIME, holder->hold->news);
}


void
ngx_cs_hold_again(ngx_cs_holder_t *holder)
{
    holder->handler(holder, NGX_CS_HOLD_NEWS, holder->hold->news);
}


void
ngx_cs_hold_leave(ngx_cs_holder_t *holder, ngx_uint_t end)
{
    ngx_cs_hold_t  *hold;

    hold = holder->hold;

    if (hold == NULL) {
        return;
    }

    holder->hold = NULL;

    if (holder->timer.timer_set) {
        ngx_del_timer(&holder->timer);
    }

    ngx_queue_remove(&holder->queue);
    ngx_queue_remove(&holder->all);
    ngx_cs_nholders--;

    ngx_cs_counters_held(holder->kind, -1);
    ngx_cs_hold_oldest();
    ngx_cs_counters_hold_ended(holder->kind, end);

    ngx_cs_hold_trim(hold);
}


static void
ngx_cs_hold_oldest(void)
{
    ngx_cs_holder_t  *holder;

    if (ngx_queue_empty(&ngx_cs_holders)) {
        ngx_cs_counters_oldest(0);
        return;
    }

    holder = ngx_queue_data(ngx_queue_head(&ngx_cs_holders), ngx_cs_holder_t,
                            all);

    ngx_cs_counters_oldest((ngx_msec_t) holder->since);
}


/* nobody waiting, nobody polls */

static void
ngx_cs_hold_trim(ngx_cs_hold_t *hold)
{
    if (hold->telling
        || !ngx_queue_empty(&hold->holders)
        || !ngx_queue_empty(&hold->untold))
    {
        return;
    }

    ngx_cs_table_delete(&ngx_cs_holds, &hold->node);
    ngx_queue_remove(&hold->queue);

    ngx_cs_flight_leave(&hold->waiter);
    ngx_cs_unlisten(hold->listener);

    if (hold->timer.timer_set) {
        ngx_del_timer(&hold->timer);
    }

    if (hold->look.posted) {
        ngx_delete_posted_event(&hold->look);
    }

    if (hold->tell.posted) {
        ngx_delete_posted_event(&hold->tell);
    }

    ngx_cs_news_release(hold->news);

    ngx_explicit_memzero(hold->question.token.data,
                         hold->question.token.len);
    ngx_destroy_pool(hold->pool);
}
