/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Upstream as a tier; see the header.  It never declines.
 */


#include "tier/upstream.h"

#include "upstream/exchange.h"


static ngx_int_t ngx_cs_tier_upstream_ask(ngx_cs_asking_t *asking,
    ngx_cs_answer_t *answer);
static void ngx_cs_tier_upstream_done(void *data, ngx_cs_answer_t *answer);


ngx_cs_tier_t  ngx_cs_tier_upstream = {
    "upstream",
    ngx_cs_tier_upstream_ask,
    NULL
};


static ngx_int_t
ngx_cs_tier_upstream_ask(ngx_cs_asking_t *asking, ngx_cs_answer_t *answer)
{
    return ngx_cs_exchange_start(asking->pool, asking->log, asking->question,
                                 ngx_cs_tier_upstream_done, asking, answer);
}


static void
ngx_cs_tier_upstream_done(void *data, ngx_cs_answer_t *answer)
{
    ngx_cs_asking_t *asking = data;

    asking->told(asking, NGX_OK, answer);
}
