/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The chain of tiers: each is asked in turn until one knows.  Upstream, which
 * always answers, is the last.
 */


#ifndef _NGX_CS_TIER_CHAIN_H_INCLUDED_
#define _NGX_CS_TIER_CHAIN_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "tier/tier.h"


/*
 * Asks the first tier, and on.
 *
 * NGX_OK     asking->done() will be called, from the event loop
 * NGX_DONE   *answer is it; done() is not called
 * NGX_ERROR  no memory; done() is not called
 */
ngx_int_t ngx_cs_chain_ask(ngx_cs_asking_t *asking, ngx_cs_answer_t *answer);

/*
 * While asked: how long upstream is not going to be, as the tenant's fetches
 * pause, ms; 0: it is, or was.
 */
int64_t ngx_cs_chain_left(ngx_cs_asking_t *asking);

/* while asked: somebody waits for the answer that nobody waited for */
void ngx_cs_chain_hurry(ngx_cs_asking_t *asking);

/*
 * While asked: nobody waits for the answer any more.
 * NGX_OK: done() is not called, NGX_DECLINED: it is too late for that
 */
ngx_int_t ngx_cs_chain_cancel(ngx_cs_asking_t *asking);


#endif /* _NGX_CS_TIER_CHAIN_H_INCLUDED_ */
