/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Whether a fetch may go out now: what its tenant's breaker and rate say, and
 * what callers are told where it may not.
 */


#ifndef _NGX_CS_UPSTREAM_PERMIT_H_INCLUDED_
#define _NGX_CS_UPSTREAM_PERMIT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "upstream/pause.h"


/* embedded in what fetches; all zero, but what ngx_cs_pause_init() sets */

typedef struct {
    ngx_cs_pause_t               pause;
    ngx_msec_t                   since;     /* when it entered */
    unsigned                     waited:1;  /* for its tenant's rate */
} ngx_cs_permit_t;


/*
 * Asks the breaker, unless that was done within this ms, or renew is 0.
 * NGX_OK, NGX_DECLINED: *answer tells why not, its body lies in the pool,
 * NGX_ERROR: no memory.
 */
ngx_int_t ngx_cs_permit_enter(ngx_cs_permit_t *permit, ngx_uint_t renew,
    ngx_pool_t *pool, ngx_cs_answer_t *answer);

/* nothing was sent that the breaker could learn from */
void ngx_cs_permit_abandon(ngx_cs_permit_t *permit);

/*
 * rate: as ngx_cs_rate_begin(); permitted: its turn in the fleet has come.
 * 0: it may go out, and does; else ms until it may.
 */
ngx_msec_t ngx_cs_permit_rate(ngx_cs_permit_t *permit, ngx_uint_t rate,
    ngx_uint_t permitted);

/*
 * There is no place for it: the answer that callers have.
 * NGX_OK or NGX_ERROR: no memory.
 */
ngx_int_t ngx_cs_permit_busy(ngx_pool_t *pool, ngx_log_t *log,
    ngx_cs_answer_t *answer);


#endif /* _NGX_CS_UPSTREAM_PERMIT_H_INCLUDED_ */
