/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * DELETE drops stored answers; see the header.
 */


#include "operator/purge.h"

#include "clear/field.h"
#include "core/counters.h"
#include "core/str.h"
#include "operator/turns.h"
#include "request/argument.h"
#include "request/credentials.h"
#include "request/reply.h"
#include "tier/purge.h"
#include "upstream/breakers.h"
#include "zone/zone.h"


/*
 * Of the arguments, and of a name, so that they and what is behind them fit
 * into a line of the log, which nginx cuts at 2048 bytes.
 */
#define NGX_CS_PURGE_ARGS  1536
#define NGX_CS_PURGE_USER  256

typedef struct {
    ngx_pool_t                  *pool;             /* the request's */
    ngx_shm_zone_t              *shm_zone;
    ngx_str_t                    integration_id;   /* data NULL: any */
    ngx_cs_purge_t               purge;
    ngx_cs_tier_purge_t          tiers;
    ngx_cs_turns_t               turns;
} ngx_cs_purging_t;


static ngx_int_t ngx_cs_purge_asked(ngx_http_request_t *r,
    ngx_cs_purging_t *purging);
static ngx_int_t ngx_cs_purge_step(void *data);
static ngx_int_t ngx_cs_purge_done(ngx_http_request_t *r, void *data,
    ngx_int_t rc);
static ngx_uint_t ngx_cs_purge_match(ngx_str_t *tenant, void *data);
static void ngx_cs_purge_report(ngx_http_request_t *r, ngx_uint_t n);
static ngx_int_t ngx_cs_purge_refuse(ngx_http_request_t *r,
    ngx_uint_t status);
static void ngx_cs_purge_cleanup(void *data);


ngx_int_t
ngx_cs_purge(ngx_http_request_t *r, ngx_shm_zone_t *shm_zone)
{
    ngx_int_t            rc;
    ngx_cs_purging_t    *purging;
    ngx_http_cleanup_t  *cln;

    if (r->method != NGX_HTTP_DELETE) {
        return ngx_cs_purge_refuse(r, NGX_HTTP_NOT_ALLOWED);
    }

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    purging = ngx_pcalloc(r->pool, sizeof(ngx_cs_purging_t));
    cln = ngx_http_cleanup_add(r, 0);

    if (purging == NULL || cln == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_cs_purge_asked(r, purging);
    if (rc != NGX_OK) {
        return (rc == NGX_ERROR)
               ? NGX_HTTP_INTERNAL_SERVER_ERROR
               : ngx_cs_purge_refuse(r, NGX_HTTP_BAD_REQUEST);
    }

    cln->handler = ngx_cs_purge_cleanup;
    cln->data = purging;

    purging->pool = r->pool;
    purging->shm_zone = shm_zone;
    purging->turns.step = ngx_cs_purge_step;
    purging->turns.done = ngx_cs_purge_done;
    purging->turns.data = purging;

    rc = ngx_cs_tier_purge_begin(&purging->tiers, shm_zone,
                                 &purging->purge.walk.task_id,
                                 &purging->integration_id);
    if (rc != NGX_OK) {
        return (rc == NGX_ERROR)
               ? NGX_HTTP_INTERNAL_SERVER_ERROR
               : ngx_cs_purge_refuse(r, NGX_HTTP_SERVICE_UNAVAILABLE);
    }

    rc = ngx_cs_turns(r, &purging->turns);

    /* whoever asked for it may leave, it goes on */

    if (rc == NGX_DONE && r->read_event_handler == ngx_http_test_reading) {
        r->read_event_handler = ngx_http_block_reading;
    }

    return rc;
}


static ngx_int_t
ngx_cs_purge_step(void *data)
{
    ngx_cs_purging_t *purging = data;

    return ngx_cs_zone_purge(purging->shm_zone, &purging->purge,
                             purging->pool);
}


static ngx_int_t
ngx_cs_purge_done(ngx_http_request_t *r, void *data, ngx_int_t rc)
{
    ngx_cs_purging_t *purging = data;

    u_char                    *p;
    ngx_uint_t                 n;
    ngx_http_complex_value_t   cv;
    static ngx_str_t           type = ngx_string("application/json");

    n = purging->purge.purged;

    ngx_cs_counters_purged(n);
    ngx_cs_tier_purge_end(&purging->tiers);

    if (rc != NGX_DONE) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    /* who purges a tenant, or all, wants it asked anew */

    if (purging->purge.walk.task_id.data == NULL) {
        ngx_cs_breakers_lift(purging->integration_id.data
                             ? &purging->integration_id : NULL);
    }

    ngx_cs_purge_report(r, n);

    p = ngx_pnalloc(r->pool, sizeof("{\"purged\":}") + NGX_INT_T_LEN);
    if (p == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_memzero(&cv, sizeof(ngx_http_complex_value_t));

    cv.value.data = p;
    cv.value.len = ngx_sprintf(p, "{\"purged\":%ui}", n) - p;

    return ngx_http_send_response(r, NGX_HTTP_OK, &type, &cv);
}


/* one of the three, and no other; NGX_DECLINED where it is not so */

static ngx_int_t
ngx_cs_purge_asked(ngx_http_request_t *r, ngx_cs_purging_t *purging)
{
    ngx_int_t        rc;
    ngx_str_t        all, *task_id;
    ngx_uint_t       n;
    clear_task_id_e  bad;

    task_id = &purging->purge.walk.task_id;
    n = 0;

    if (r->args.len > NGX_CS_PURGE_ARGS) {
        return NGX_DECLINED;
    }

    rc = ngx_cs_argument_task_id(r, task_id, &bad);
    if (rc != NGX_OK) {
        return rc;
    }

    if (bad != CLEAR_TASK_ID_OK && bad != CLEAR_TASK_ID_MISSING) {
        return NGX_DECLINED;
    }

    rc = ngx_cs_argument(r, "integrationId", &purging->integration_id);
    if (rc != NGX_OK) {
        return rc;
    }

    if (purging->integration_id.data) {
        purging->purge.match = ngx_cs_purge_match;
        purging->purge.data = purging;
        n++;
    }

    if (ngx_http_arg(r, (u_char *) "all", 3, &all) == NGX_OK) {

        if (all.len != 1 || all.data[0] != '1') {
            return NGX_DECLINED;
        }

        n++;
    }

    return (n + (task_id->data != NULL) == 1) ? NGX_OK : NGX_DECLINED;
}


static ngx_uint_t
ngx_cs_purge_match(ngx_str_t *tenant, void *data)
{
    ngx_cs_purging_t *purging = data;

    ngx_str_t  id;

    return ngx_cs_credentials_id_of(tenant, &id) == NGX_OK
           && ngx_cs_str_eq(&id, &purging->integration_id);
}


/*
 * For the audit, so at the level that nginx logs by default; the log itself
 * adds the client's address.  A name that a caller gave is the caller's text.
 */

static void
ngx_cs_purge_report(ngx_http_request_t *r, ngx_uint_t n)
{
    ngx_str_t   user;
    ngx_uint_t  named;

    user = r->headers_in.user;
    named = clear_field_value(user.data, user.len);
    user.len = named ? ngx_min(user.len, NGX_CS_PURGE_USER) : 0;

    ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                  "purge of \"%V\"%s%V: %ui answers dropped, no failure",
                  &r->args, named ? " by " : "", &user, n);
}


static ngx_int_t
ngx_cs_purge_refuse(ngx_http_request_t *r, ngx_uint_t status)
{
    clear_error_t  error;
    static u_char  allow[] = "DELETE";
    static u_char  method[] = "Only DELETE is allowed";
    static u_char  later[] = "too many purges wait for the disk";
    static u_char  one[] = "One of taskId, integrationId and all=1 is needed, "
                           "in at most 1536 bytes";

    ngx_memzero(&error, sizeof(clear_error_t));

    error.status = status;

    if (status == NGX_HTTP_NOT_ALLOWED) {
        error.message.data = method;
        error.message.len = sizeof(method) - 1;

        if (ngx_cs_reply_header(r, "Allow", sizeof("Allow") - 1,
                                allow, sizeof(allow) - 1)
            != NGX_OK)
        {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

    } else if (status == NGX_HTTP_SERVICE_UNAVAILABLE) {
        error.message.data = later;
        error.message.len = sizeof(later) - 1;

    } else {
        error.message.data = one;
        error.message.len = sizeof(one) - 1;
    }

    return ngx_cs_reply_error(r, &error);
}


/* the request is over */

static void
ngx_cs_purge_cleanup(void *data)
{
    ngx_cs_purging_t *purging = data;

    ngx_cs_tier_purge_end(&purging->tiers);
}
