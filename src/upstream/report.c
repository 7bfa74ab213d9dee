/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * One line in the error log for a fetch that failed; see the header.  The log
 * itself adds the task and the upstream.
 */


#include "upstream/report.h"

#include <ngx_http.h>

#include "core/counters.h"


static const char *ngx_cs_report_hint(ngx_cs_fetch_result_t *result,
    clear_verdict_t *verdict);


const char *
ngx_cs_report(ngx_log_t *log, ngx_cs_fetch_result_t *result,
    clear_verdict_t *verdict, ngx_uint_t quiet, const char *detail)
{
    ngx_uint_t   level;
    const char  *reason, *hint;

    if (verdict->success) {
        ngx_log_debug2(NGX_LOG_DEBUG_HTTP, log, 0,
                       "clear status exchange: success, attempts:%ui ms:%M",
                       result->attempts, result->elapsed);
        return NULL;
    }

    level = quiet ? NGX_LOG_INFO : NGX_LOG_ERR;

    if (verdict->credentials) {
        ngx_cs_counters_refused();
    }

    if (result->transport != CLEAR_TRANSPORT_OK || detail == NULL) {
        detail = "";
    }

    if (verdict->unknown) {
        ngx_cs_counters_unknown();
        level = NGX_LOG_INFO;
    }

    reason = verdict->reason ? verdict->reason : "upstream failed";
    hint = ngx_cs_report_hint(result, verdict);

    ngx_log_error(level, log, 0,
                  "%s%s%s%s%V%s%s%s, upstream status: %ui, "
                  "callers get: %d, or what is stale, attempts: %ui",
                  reason, *detail ? ": " : "", detail,
                  result->text.len ? " (" : "", &result->text,
                  result->text.len ? ")" : "",
                  *hint ? ", check " : "", hint,
                  result->status, verdict->error.status, result->attempts);

    return (level == NGX_LOG_ERR) ? reason : NULL;
}


/* what the operator can do about it; empty where it is upstream's doing */

static const char *
ngx_cs_report_hint(ngx_cs_fetch_result_t *result, clear_verdict_t *verdict)
{
    switch (result->transport) {

    case CLEAR_TRANSPORT_RESOLVE:
        return "the name in \"clear_status_pass\" and "
               "\"clear_status_connect_to\", and \"resolver\"";

    case CLEAR_TRANSPORT_CONNECT:
        return "the way out, \"clear_status_connect_to\" and "
               "\"clear_status_proxy\"";

    case CLEAR_TRANSPORT_TLS:
        return "\"clear_status_ssl_trusted_certificate\" and "
               "\"clear_status_ssl_certificate\"";

    case CLEAR_TRANSPORT_TIMEOUT:
        return "\"clear_status_timeout\"";

    case CLEAR_TRANSPORT_TOO_LARGE:
        return "\"clear_status_max_body_size\"";

    case CLEAR_TRANSPORT_LOCAL:
        return "memory and \"worker_connections\"";

    default:
        break;
    }

    if (verdict->credentials) {
        return "the token and the integration id";
    }

    if (result->status >= 300 && result->status < 400) {
        return "the URL of \"clear_status_pass\"";
    }

    return "";
}
