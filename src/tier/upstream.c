/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Upstream as a tier; see the header.  It never declines.
 */


#include "tier/upstream.h"

#include "upstream/exchange.h"


static ngx_int_t ngx_cs_tier_upstream_ask(ngx_cs_asking_t *asking,
    ngx_cs_answer_t *answer);
static void ngx_cs_tier_upstream_sent(void *data);
static void ngx_cs_tier_upstream_done(void *data, ngx_cs_answer_t *answer);
static void ngx_cs_tier_upstream_hurry(ngx_cs_asking_t *asking);
static ngx_int_t ngx_cs_tier_upstream_cancel(ngx_cs_asking_t *asking);


ngx_cs_tier_t  ngx_cs_tier_upstream = {
    "upstream",
    ngx_cs_tier_upstream_ask,
    NULL,
    NULL,
    ngx_cs_tier_upstream_hurry,
    ngx_cs_tier_upstream_cancel
};


static ngx_int_t
ngx_cs_tier_upstream_ask(ngx_cs_asking_t *asking, ngx_cs_answer_t *answer)
{
    ngx_int_t           rc;
    ngx_cs_exchange_t  *x;

    rc = ngx_cs_exchange_start(asking->pool, asking->log, asking->question,
                               ngx_cs_tier_upstream_sent,
                               ngx_cs_tier_upstream_done, asking, &x, answer);
    if (rc == NGX_OK) {
        asking->state[asking->tier] = x;
    }

    return rc;
}


static void
ngx_cs_tier_upstream_sent(void *data)
{
    ngx_cs_asking_t *asking = data;

    asking->asked(asking);
}


static void
ngx_cs_tier_upstream_done(void *data, ngx_cs_answer_t *answer)
{
    ngx_cs_asking_t *asking = data;

    asking->told(asking, NGX_OK, answer);
}


static void
ngx_cs_tier_upstream_hurry(ngx_cs_asking_t *asking)
{
    ngx_cs_exchange_hurry(asking->state[asking->tier]);
}


static ngx_int_t
ngx_cs_tier_upstream_cancel(ngx_cs_asking_t *asking)
{
    return ngx_cs_exchange_cancel(asking->state[asking->tier]);
}
