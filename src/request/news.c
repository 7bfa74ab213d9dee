/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What those who wait for a task are told; see the header.
 */


#include "request/news.h"


/*
 * After an answer that is fresh for no time, ms: what Retry-After says then
 * too.
 */
#define NGX_CS_NEWS_LEAST  1000


static int64_t ngx_cs_news_fresh(ngx_cs_answer_t *answer);
static void ngx_cs_news_cleanup(void *data);


ngx_cs_news_t *
ngx_cs_news_create(ngx_cs_lookup_t *lookup)
{
    ngx_pool_t     *pool;
    ngx_cs_news_t  *news;

    pool = ngx_create_pool(NGX_DEFAULT_POOL_SIZE / 8, ngx_cycle->log);
    if (pool == NULL) {
        return NULL;
    }

    news = ngx_pcalloc(pool, sizeof(ngx_cs_news_t));
    if (news == NULL) {
        ngx_destroy_pool(pool);
        return NULL;
    }

    news->pool = pool;
    news->refs = 1;

    if (lookup) {
        lookup->pool = pool;

        if (lookup->shm_zone) {
            news->stripe = ngx_cs_zone_stripe(lookup);
        }
    }

    return news;
}


void
ngx_cs_news_found(ngx_cs_news_t *news, ngx_cs_lookup_t *lookup)
{
    news->outcome = lookup->outcome;
    news->answer = &news->outcome.answer;
    news->due = ngx_cs_news_fresh(news->answer);

    switch (news->outcome.choice) {

    case CLEAR_SERVE_STALE:
        news->stale = 1;
        news->due = ngx_max(news->due, news->outcome.again);
        return;

    case CLEAR_SERVE_REVALIDATE:
        news->due = ngx_current_msec;
        return;

    default:
        return;
    }
}


ngx_cs_news_t *
ngx_cs_news_landed(ngx_cs_flight_t *flight, ngx_cs_outcome_t *outcome)
{
    ngx_cs_news_t  *news;

    news = ngx_cs_news_create(NULL);
    if (news == NULL) {
        return NULL;
    }

    ngx_cs_flight_hold(flight);

    news->flight = flight;
    news->outcome = *outcome;
    news->stripe = (ngx_atomic_uint_t) outcome->stripe;
    news->answer = &news->outcome.answer;
    news->due = ngx_cs_news_fresh(news->answer);

    if (outcome->stale.body.data) {
        news->stale = 1;
        news->paused = (outcome->answer.source == NGX_CS_SOURCE_PAUSED
                        || outcome->answer.source == NGX_CS_SOURCE_QUEUE);
        news->answer = &news->outcome.stale;
    }

    return news;
}


/* never at once again: that is for who asks for it */

static int64_t
ngx_cs_news_fresh(ngx_cs_answer_t *answer)
{
    int64_t  fetched, until;

    fetched = answer->stamp.fetched ? answer->stamp.fetched
                                    : (int64_t) ngx_current_msec;

    until = (answer->status == NGX_CS_OK) ? answer->stamp.fresh_until
                                          : ngx_cs_answer_again(answer);

    return (until > fetched) ? until : fetched + NGX_CS_NEWS_LEAST;
}


ngx_cs_news_t *
ngx_cs_news_error(ngx_uint_t status)
{
    clear_error_t   error;
    ngx_cs_news_t  *news;

    news = ngx_cs_news_create(NULL);
    if (news == NULL) {
        return NULL;
    }

    ngx_memzero(&error, sizeof(clear_error_t));
    error.status = status;

    if (ngx_cs_answer_error(news->pool, &error, &news->outcome.answer)
        != NGX_OK)
    {
        ngx_cs_news_release(news);
        return NULL;
    }

    news->answer = &news->outcome.answer;
    news->due = ngx_cs_news_fresh(news->answer);

    return news;
}


ngx_int_t
ngx_cs_news_keep(ngx_cs_news_t *news, ngx_pool_t *pool)
{
    ngx_pool_cleanup_t  *cln;

    cln = ngx_pool_cleanup_add(pool, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_cs_news_cleanup;
    cln->data = news;

    news->refs++;

    return NGX_OK;
}


static void
ngx_cs_news_cleanup(void *data)
{
    ngx_cs_news_t *news = data;

    ngx_cs_news_release(news);
}


void
ngx_cs_news_release(ngx_cs_news_t *news)
{
    if (--news->refs) {
        return;
    }

    if (news->flight) {
        ngx_cs_flight_release(news->flight);
    }

    ngx_destroy_pool(news->pool);
}
