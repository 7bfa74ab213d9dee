/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The chain of tiers; see the header.
 */


#include "tier/chain.h"

#if (NGX_CS_HAVE_SQLITE)
#include "tier/disk.h"
#endif
#if (NGX_CS_HAVE_HIREDIS)
#include "tier/fleet.h"
#endif
#include "tier/upstream.h"
#include "upstream/exchange.h"


static ngx_int_t ngx_cs_chain_next(ngx_cs_asking_t *asking,
    ngx_cs_answer_t *answer);
static void ngx_cs_chain_told(ngx_cs_asking_t *asking, ngx_int_t rc,
    ngx_cs_answer_t *answer);
static void ngx_cs_chain_asked(ngx_cs_asking_t *asking);
static ngx_int_t ngx_cs_chain_recall(ngx_cs_asking_t *asking, void *state);
static void ngx_cs_chain_ended(ngx_cs_asking_t *asking,
    ngx_cs_answer_t *answer);


/* the order in which they are asked */

static ngx_cs_tier_t  *ngx_cs_chain[] = {
#if (NGX_CS_HAVE_SQLITE)
    &ngx_cs_tier_disk,
#endif
#if (NGX_CS_HAVE_HIREDIS)
    &ngx_cs_tier_fleet,
#endif
    &ngx_cs_tier_upstream
};

#define NGX_CS_CHAIN_LEN  (sizeof(ngx_cs_chain) / sizeof(ngx_cs_chain[0]))

_Static_assert(NGX_CS_CHAIN_LEN <= NGX_CS_TIERS,
               "an asking has room for the state of each tier");


ngx_int_t
ngx_cs_chain_ask(ngx_cs_asking_t *asking, ngx_cs_answer_t *answer)
{
    asking->tier = 0;
    asking->told = ngx_cs_chain_told;
    asking->asked = ngx_cs_chain_asked;
    asking->recall = ngx_cs_chain_recall;

    ngx_memzero(asking->state, sizeof(asking->state));

    return ngx_cs_chain_next(asking, answer);
}


int64_t
ngx_cs_chain_left(ngx_cs_asking_t *asking)
{
    return (asking->tier + 1 < NGX_CS_CHAIN_LEN)
           ? ngx_cs_exchange_left(asking->question, asking->log) : 0;
}


void
ngx_cs_chain_hurry(ngx_cs_asking_t *asking)
{
    ngx_cs_tier_t  *tier;

    asking->question->background = 0;

    tier = ngx_cs_chain[asking->tier];

    if (tier->hurry) {
        tier->hurry(asking);
    }
}


ngx_int_t
ngx_cs_chain_cancel(ngx_cs_asking_t *asking)
{
    ngx_cs_tier_t  *tier;

    tier = ngx_cs_chain[asking->tier];

    if (tier->cancel == NULL || tier->cancel(asking) != NGX_OK) {
        return NGX_DECLINED;
    }

    ngx_cs_chain_ended(asking, NULL);

    return NGX_OK;
}


static void
ngx_cs_chain_told(ngx_cs_asking_t *asking, ngx_int_t rc,
    ngx_cs_answer_t *answer)
{
    ngx_cs_answer_t  next;

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, asking->log, 0,
                   "clear status tier %s: told %i",
                   ngx_cs_chain[asking->tier]->name, rc);

    if (rc == NGX_OK) {
        ngx_cs_chain_ended(asking, answer);
        asking->done(asking->data, answer);
        return;
    }

    ngx_memzero(&next, sizeof(ngx_cs_answer_t));

    if (rc == NGX_DECLINED) {
        asking->tier++;

        rc = ngx_cs_chain_next(asking, &next);

        if (rc == NGX_OK) {
            return;
        }

    } else {
        ngx_cs_chain_ended(asking, NULL);
    }

    /* without memory an answer without a body: this gateway cannot */

    if (rc == NGX_ERROR) {
        ngx_memzero(&next, sizeof(ngx_cs_answer_t));
        next.status = NGX_CS_UNAVAILABLE;
    }

    asking->done(asking->data, &next);
}


/* from the tier asking->tier on; as ngx_cs_chain_ask() */

static ngx_int_t
ngx_cs_chain_next(ngx_cs_asking_t *asking, ngx_cs_answer_t *answer)
{
    ngx_int_t  rc;

    rc = NGX_ERROR;

    for ( /* void */ ; asking->tier < NGX_CS_CHAIN_LEN; asking->tier++) {

        rc = ngx_cs_chain[asking->tier]->ask(asking, answer);

        ngx_log_debug2(NGX_LOG_DEBUG_HTTP, asking->log, 0,
                       "clear status tier %s: asked %i",
                       ngx_cs_chain[asking->tier]->name, rc);

        if (rc != NGX_DECLINED) {
            break;
        }
    }

    if (rc == NGX_DONE) {
        ngx_cs_chain_ended(asking, answer);

    } else if (rc != NGX_OK) {
        ngx_cs_chain_ended(asking, NULL);
        rc = NGX_ERROR;
    }

    return rc;
}


/* upstream's fetch goes out */

static void
ngx_cs_chain_asked(ngx_cs_asking_t *asking)
{
    ngx_uint_t  i;

    for (i = ngx_min(asking->tier, NGX_CS_CHAIN_LEN); i-- > 0; /* void */ ) {
        if (ngx_cs_chain[i]->sent) {
            ngx_cs_chain[i]->sent(asking, asking->state[i]);
        }
    }

    if (asking->sent) {
        asking->sent(asking->data);
    }
}


static ngx_int_t
ngx_cs_chain_recall(ngx_cs_asking_t *asking, void *state)
{
    ngx_uint_t      i;
    ngx_cs_tier_t  *tier;

    tier = ngx_cs_chain[asking->tier];

    if (tier->cancel == NULL || tier->cancel(asking) != NGX_OK) {
        return NGX_DECLINED;
    }

    for (i = asking->tier; i > 0 && asking->state[i] != state; i--) {
        /* void */
    }

    asking->tier = i;

    return NGX_OK;
}


/* whoever declined learns what came, the lowest first */

static void
ngx_cs_chain_ended(ngx_cs_asking_t *asking, ngx_cs_answer_t *answer)
{
    ngx_uint_t  i;

    for (i = ngx_min(asking->tier, NGX_CS_CHAIN_LEN); i-- > 0; /* void */ ) {
        if (ngx_cs_chain[i]->ended) {
            ngx_cs_chain[i]->ended(asking, asking->state[i], answer);
        }
    }
}
