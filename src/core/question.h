/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What a flight wants to know: a task's status, as whom, and by which rules.
 * Made from a request and its location, copied for a flight, and passed down
 * to whoever may know the answer.
 */


#ifndef _NGX_CS_CORE_QUESTION_H_INCLUDED_
#define _NGX_CS_CORE_QUESTION_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "clear/breaker.h"
#include "clear/freshness.h"
#include "core/limits.h"


/* X-Request-Id, traceparent, tracestate */
#define NGX_CS_TRACE_MAX  3


struct ngx_cs_fetch_conf_s;
struct ngx_cs_secret_file_s;


/*
 * The pointers are to the location's configuration, which outlives every
 * flight; strings are the maker's, or the pool's of a copy.
 */

typedef struct {
    struct ngx_cs_fetch_conf_s  *fetch;
    clear_freshness_conf_t      *freshness;
    clear_breaker_conf_t        *breaker;
    struct ngx_cs_secret_file_s *token_file;   /* or the path of one, */
    ngx_str_t                    token_path;   /* or token */
    ngx_str_t                    token;
    ngx_str_t                    integration_id;
    ngx_str_t                    tenant;
    ngx_str_t                    task_id;
    ngx_keyval_t                 trace[NGX_CS_TRACE_MAX];
    ngx_uint_t                   ntrace;
    ngx_uint_t                   background;  /* nobody waits for the answer */
    ngx_str_t                   *url;         /* upstream's, for the log */
    ngx_msec_t                   timeout;     /* the whole, retries included */
    ngx_cs_limits_t              limits;
    int64_t                      seen;        /* mono, ms: when the task was
                                                 seen first; 0: just now */
    ngx_uint_t                   down;        /* with leased: so many fetches
                                                 of the task went down in a
                                                 row */
    ngx_uint_t                   leased;      /* a zone counts them */
    ngx_uint_t                   noticed;     /* somebody said that the task
                                                 changed */
    ngx_uint_t                   paced;       /* its tenant's turn has come,
                                                 over all gateways */
    ngx_uint_t                   turns;       /* attempts at upstream */
    ngx_log_t                   *log;         /* the location's */
} ngx_cs_question_t;


/*
 * Copies a question into a pool, its secrets too: who destroys the pool wipes
 * them before.  NGX_OK or NGX_ERROR: no memory.
 */
ngx_int_t ngx_cs_question_copy(ngx_pool_t *pool, ngx_cs_question_t *dst,
    ngx_cs_question_t *src);


#endif /* _NGX_CS_CORE_QUESTION_H_INCLUDED_ */
