/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * DELETE drops stored answers; see the header.
 */


#include "operator/purge.h"

#include "request/argument.h"
#include "request/credentials.h"
#include "request/reply.h"
#include "zone/zone.h"


/* what is to go; a data of NULL is not asked for */

typedef struct {
    ngx_str_t                    task_id;
    ngx_str_t                    integration_id;
    ngx_uint_t                   all;
} ngx_cs_purge_t;


static ngx_int_t ngx_cs_purge_asked(ngx_http_request_t *r,
    ngx_cs_purge_t *purge);
static ngx_uint_t ngx_cs_purge_match(ngx_str_t *tenant, ngx_str_t *task_id,
    void *data);
static ngx_int_t ngx_cs_purge_refuse(ngx_http_request_t *r,
    ngx_uint_t status);


ngx_int_t
ngx_cs_purge(ngx_http_request_t *r, ngx_shm_zone_t *shm_zone)
{
    u_char                   *p;
    ngx_int_t                 rc;
    ngx_uint_t                n;
    ngx_http_complex_value_t  cv;
    ngx_cs_purge_t            purge;
    static ngx_str_t          type = ngx_string("application/json");

    if (r->method != NGX_HTTP_DELETE) {
        return ngx_cs_purge_refuse(r, NGX_HTTP_NOT_ALLOWED);
    }

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    ngx_memzero(&purge, sizeof(ngx_cs_purge_t));

    rc = ngx_cs_purge_asked(r, &purge);
    if (rc != NGX_OK) {
        return (rc == NGX_ERROR)
               ? NGX_HTTP_INTERNAL_SERVER_ERROR
               : ngx_cs_purge_refuse(r, NGX_HTTP_BAD_REQUEST);
    }

    n = ngx_cs_zone_purge(shm_zone, ngx_cs_purge_match,
                          &purge);

    ngx_log_error(NGX_LOG_NOTICE, r->connection->log, 0,
                  "%ui answers purged", n);

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
ngx_cs_purge_asked(ngx_http_request_t *r, ngx_cs_purge_t *purge)
{
    ngx_int_t        rc;
    ngx_str_t        all;
    ngx_uint_t       n;
    clear_task_id_e  bad;

    rc = ngx_cs_argument_task_id(r, &purge->task_id, &bad);
    if (rc != NGX_OK) {
        return rc;
    }

    if (bad != CLEAR_TASK_ID_OK && bad != CLEAR_TASK_ID_MISSING) {
        return NGX_DECLINED;
    }

    rc = ngx_cs_argument(r, "integrationId",
                         &purge->integration_id);
    if (rc != NGX_OK) {
        return rc;
    }

    if (ngx_http_arg(r, (u_char *) "all", 3, &all) == NGX_OK) {

        if (all.len != 1 || all.data[0] != '1') {
            return NGX_DECLINED;
        }

        purge->all = 1;
    }

    n = (purge->task_id.data != NULL) + (purge->integration_id.data != NULL)
        + purge->all;

    return (n == 1) ? NGX_OK : NGX_DECLINED;
}


static ngx_uint_t
ngx_cs_purge_match(ngx_str_t *tenant, ngx_str_t *task_id, void *data)
{
    ngx_cs_purge_t *purge = data;

    ngx_str_t  id;

    if (purge->all) {
        return 1;
    }

    if (purge->task_id.data) {
        return ngx_memn2cmp(task_id->data, purge->task_id.data,
                            task_id->len, purge->task_id.len)
               == 0;
    }

    return ngx_cs_credentials_id_of(tenant, &id) == NGX_OK
           && ngx_memn2cmp(id.data, purge->integration_id.data,
                           id.len, purge->integration_id.len)
              == 0;
}


static ngx_int_t
ngx_cs_purge_refuse(ngx_http_request_t *r, ngx_uint_t status)
{
    clear_error_t  error;
    static u_char  allow[] = "DELETE";
    static u_char  method[] = "Only DELETE is allowed";
    static u_char  one[] = "One of taskId, integrationId and all=1 is needed";

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

    } else {
        error.message.data = one;
        error.message.len = sizeof(one) - 1;
    }

    return ngx_cs_reply_error(r, &error);
}
