/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Whether a fetch may go out now; see the header.
 */


#include "upstream/permit.h"

#include <ngx_http.h>

#include "upstream/rate.h"


/* whom this gateway has no place for may come again after so long, ms */
#define NGX_CS_RETRY_BUSY    1000

/* how often the log tells of them, ms */
#define NGX_CS_BUSY_LOG      1000


/* while it was queued a pause may have begun, or a probe be out */

ngx_int_t
ngx_cs_permit_enter(ngx_cs_permit_t *permit, ngx_uint_t renew,
    ngx_pool_t *pool, ngx_cs_answer_t *answer)
{
    ngx_int_t  rc;

    if (renew && permit->since != ngx_current_msec) {
        ngx_cs_permit_abandon(permit);
    }

    if (permit->pause.entered) {
        return NGX_OK;
    }

    rc = ngx_cs_pause_enter(&permit->pause, pool, answer);

    permit->since = ngx_current_msec;

    return rc;
}


void
ngx_cs_permit_abandon(ngx_cs_permit_t *permit)
{
    ngx_cs_pause_abandon(&permit->pause);
}


ngx_msec_t
ngx_cs_permit_rate(ngx_cs_permit_t *permit, ngx_uint_t rate,
    ngx_uint_t permitted)
{
    ngx_msec_t     wait;
    ngx_cs_rate_e  how;

    how = permitted ? NGX_CS_RATE_PERMITTED
          : permit->waited ? NGX_CS_RATE_WAITED : NGX_CS_RATE_NEW;

    wait = ngx_cs_rate_begin(&permit->pause.question->tenant, rate,
                             ngx_current_msec, how);

    permit->waited = (wait != 0);

    return wait;
}


ngx_int_t
ngx_cs_permit_busy(ngx_pool_t *pool, ngx_log_t *log,
    ngx_cs_answer_t *answer)
{
    clear_error_t      error;
    static u_char      text[] = "This gateway fetches too much at once, ask "
                                "again later";
    static ngx_uint_t  refused;
    static ngx_msec_t  logged;

    refused++;

    if (ngx_current_msec - logged >= NGX_CS_BUSY_LOG) {
        ngx_log_error(NGX_LOG_WARN, log, 0,
                      "too many fetches in the air or queued, %ui refused, "
                      "see \"clear_status_max_flights\"", refused);
        logged = ngx_current_msec;
        refused = 0;
    }

    ngx_memzero(&error, sizeof(clear_error_t));

    error.status = NGX_HTTP_SERVICE_UNAVAILABLE;
    error.message.data = text;
    error.message.len = sizeof(text) - 1;

    if (ngx_cs_answer_error(pool, &error, answer) != NGX_OK) {
        return NGX_ERROR;
    }

    answer->source = NGX_CS_SOURCE_QUEUE;
    answer->retry_until = (int64_t) ngx_current_msec + NGX_CS_RETRY_BUSY;

    return NGX_OK;
}
