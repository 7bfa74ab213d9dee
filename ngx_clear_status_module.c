/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The front door: the table of directives and the hooks that nginx calls.  No
 * behaviour lives here: directives are read and merged in src/conf/, a process
 * begins and ends in src/process/, and a request begins in
 * src/request/handler.c.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "conf/conf.h"
#include "conf/connect_to.h"
#include "conf/directives.h"
#include "conf/disk.h"
#include "conf/exact.h"
#include "conf/fleet.h"
#include "conf/pass.h"
#include "conf/redis.h"
#include "conf/secret.h"
#include "conf/set_header.h"
#include "conf/tls.h"
#include "conf/valid.h"
#include "conf/waiting.h"
#include "fetch/fetch.h"
#include "operator/dashboard.h"
#include "operator/prometheus.h"
#include "operator/purge.h"
#include "process/process.h"
#include "request/envelope_filter.h"
#include "request/log.h"
#include "request/variables.h"


static ngx_cs_conf_t *ngx_cs_ours(ngx_http_request_t *r);
static char *ngx_cs_metrics_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static ngx_int_t ngx_cs_metrics_content(ngx_http_request_t *r);
static char *ngx_cs_dashboard_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static ngx_int_t ngx_cs_dashboard_content(ngx_http_request_t *r);
static char *ngx_cs_purge_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static ngx_int_t ngx_cs_purge_content(ngx_http_request_t *r);
static ngx_int_t ngx_cs_preconfiguration(ngx_conf_t *cf);
static ngx_int_t ngx_cs_postconfiguration(ngx_conf_t *cf);


static ngx_cs_time_t            ngx_cs_time_off = { 1, 0 };
static ngx_cs_time_t            ngx_cs_time_off_forever = { 1, 1 };


static ngx_conf_num_bounds_t  ngx_cs_retries_bounds = {
    ngx_conf_check_num_bounds, 0, 10
};

static ngx_conf_num_bounds_t  ngx_cs_fails_bounds = {
    ngx_conf_check_num_bounds, 0, 1000000
};

/* nothing of it, and nothing works */
static ngx_conf_num_bounds_t  ngx_cs_some = {
    ngx_conf_check_num_bounds, 1, -1
};


static ngx_conf_num_bounds_t  ngx_cs_max_flights_bounds = {
    ngx_conf_check_num_bounds, 1, 1000000
};


#define ngx_cs_offset(field)                                                 \
    offsetof(ngx_cs_loc_conf_t, field)

#define NGX_CS_HSL                                                           \
    NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF


static ngx_command_t  ngx_clear_status_commands[] = {

    { ngx_string("clear_status_zone"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_cs_set_zone,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("clear_status_disk"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_1MORE,
      ngx_cs_set_disk,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("clear_status_redis"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_1MORE,
      ngx_cs_set_redis,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("clear_status_pass"),
      NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_cs_set_pass,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("clear_status_cache"),
      NGX_CS_HSL|NGX_CONF_TAKE1,
      ngx_cs_set_cache,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("clear_status_auth_token"),
      NGX_CS_HSL|NGX_CONF_TAKE1,
      ngx_cs_set_credential,
      NGX_HTTP_LOC_CONF_OFFSET,
      ngx_cs_offset(conf.credentials.token),
      NULL },

    { ngx_string("clear_status_auth_token_file"),
      NGX_CS_HSL|NGX_CONF_TAKE1,
      ngx_cs_set_token_file,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("clear_status_integration_id"),
      NGX_CS_HSL|NGX_CONF_TAKE1,
      ngx_cs_set_credential,
      NGX_HTTP_LOC_CONF_OFFSET,
      ngx_cs_offset(conf.credentials.integration_id),
      NULL },

    { ngx_string("clear_status_valid"),
      NGX_CS_HSL|NGX_CONF_1MORE,
      ngx_cs_set_valid,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("clear_status_url_lifetime"),
      NGX_CS_HSL|NGX_CONF_TAKE1,
      ngx_cs_set_time,
      NGX_HTTP_LOC_CONF_OFFSET,
      ngx_cs_offset(conf.freshness.url_lifetime),
      NULL },

    { ngx_string("clear_status_url_margin"),
      NGX_CS_HSL|NGX_CONF_TAKE1,
      ngx_cs_set_time,
      NGX_HTTP_LOC_CONF_OFFSET,
      ngx_cs_offset(conf.freshness.url_margin),
      NULL },

    { ngx_string("clear_status_stale_if_error"),
      NGX_CS_HSL|NGX_CONF_TAKE1,
      ngx_cs_set_time,
      NGX_HTTP_LOC_CONF_OFFSET,
      ngx_cs_offset(conf.freshness.stale_if_error),
      &ngx_cs_time_off_forever },

    { ngx_string("clear_status_stale_while_revalidate"),
      NGX_CS_HSL|NGX_CONF_TAKE1,
      ngx_cs_set_time,
      NGX_HTTP_LOC_CONF_OFFSET,
      ngx_cs_offset(conf.freshness.stale_while_revalidate),
      &ngx_cs_time_off },

    { ngx_string("clear_status_wait"),
      NGX_CS_HSL|NGX_CONF_TAKE12,
      ngx_cs_set_wait,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("clear_status_events"),
      NGX_CS_HSL|NGX_CONF_TAKE12,
      ngx_cs_set_events,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("clear_status_notify"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_cs_set_notify,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("clear_status_max_age"),
      NGX_CS_HSL|NGX_CONF_TAKE1,
      ngx_cs_set_max_age,
      NGX_HTTP_LOC_CONF_OFFSET,
      ngx_cs_offset(conf.max_age),
      NULL },

    { ngx_string("clear_status_connect_timeout"),
      NGX_CS_HSL|NGX_CONF_TAKE1,
      ngx_cs_set_msec,
      NGX_HTTP_LOC_CONF_OFFSET,
      ngx_cs_offset(conf.fetch.connect_timeout),
      &ngx_cs_some },

    { ngx_string("clear_status_timeout"),
      NGX_CS_HSL|NGX_CONF_TAKE1,
      ngx_cs_set_msec,
      NGX_HTTP_LOC_CONF_OFFSET,
      ngx_cs_offset(conf.fetch.timeout),
      &ngx_cs_some },

    { ngx_string("clear_status_keepalive_time"),
      NGX_CS_HSL|NGX_CONF_TAKE1,
      ngx_cs_set_msec,
      NGX_HTTP_LOC_CONF_OFFSET,
      ngx_cs_offset(conf.fetch.keepalive_time),
      NULL },

    { ngx_string("clear_status_retries"),
      NGX_CS_HSL|NGX_CONF_TAKE1,
      ngx_cs_set_num,
      NGX_HTTP_LOC_CONF_OFFSET,
      ngx_cs_offset(conf.fetch.retries),
      &ngx_cs_retries_bounds },

    { ngx_string("clear_status_max_flights"),
      NGX_CS_HSL|NGX_CONF_TAKE1,
      ngx_cs_set_num,
      NGX_HTTP_LOC_CONF_OFFSET,
      ngx_cs_offset(conf.fetch.max_flights),
      &ngx_cs_max_flights_bounds },

    { ngx_string("clear_status_max_rate"),
      NGX_CS_HSL|NGX_CONF_TAKE1,
      ngx_cs_set_rate,
      NGX_HTTP_LOC_CONF_OFFSET,
      ngx_cs_offset(conf.fetch.max_rate),
      NULL },

    { ngx_string("clear_status_max_body_size"),
      NGX_CS_HSL|NGX_CONF_TAKE1,
      ngx_cs_set_size,
      NGX_HTTP_LOC_CONF_OFFSET,
      ngx_cs_offset(conf.fetch.max_body_size),
      &ngx_cs_some },

    { ngx_string("clear_status_http_version"),
      NGX_CS_HSL|NGX_CONF_TAKE1,
      ngx_cs_set_http_version,
      NGX_HTTP_LOC_CONF_OFFSET,
      ngx_cs_offset(conf.fetch.http_version),
      NULL },

    { ngx_string("clear_status_ssl_verify"),
      NGX_CS_HSL|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      ngx_cs_offset(conf.fetch.ssl_verify),
      NULL },

    { ngx_string("clear_status_ssl_trusted_certificate"),
      NGX_CS_HSL|NGX_CONF_TAKE1,
      ngx_cs_set_file,
      NGX_HTTP_LOC_CONF_OFFSET,
      ngx_cs_offset(conf.fetch.ssl_trusted_certificate),
      NULL },

    { ngx_string("clear_status_ssl_certificate"),
      NGX_CS_HSL|NGX_CONF_TAKE1,
      ngx_cs_set_file,
      NGX_HTTP_LOC_CONF_OFFSET,
      ngx_cs_offset(conf.fetch.ssl_certificate),
      NULL },

    { ngx_string("clear_status_ssl_certificate_key"),
      NGX_CS_HSL|NGX_CONF_TAKE1,
      ngx_cs_set_file,
      NGX_HTTP_LOC_CONF_OFFSET,
      ngx_cs_offset(conf.fetch.ssl_certificate_key),
      NULL },

    { ngx_string("clear_status_ssl_crl"),
      NGX_CS_HSL|NGX_CONF_TAKE1,
      ngx_cs_set_file,
      NGX_HTTP_LOC_CONF_OFFSET,
      ngx_cs_offset(conf.fetch.ssl_crl),
      NULL },

    { ngx_string("clear_status_ssl_protocols"),
      NGX_CS_HSL|NGX_CONF_1MORE,
      ngx_cs_set_ssl_protocols,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("clear_status_ssl_ciphers"),
      NGX_CS_HSL|NGX_CONF_TAKE1,
      ngx_cs_set_ssl_ciphers,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("clear_status_ssl_name"),
      NGX_CS_HSL|NGX_CONF_TAKE1,
      ngx_cs_set_ssl_name,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("clear_status_proxy"),
      NGX_CS_HSL|NGX_CONF_TAKE1,
      ngx_cs_set_proxy,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("clear_status_proxy_password_file"),
      NGX_CS_HSL|NGX_CONF_TAKE1,
      ngx_cs_set_password_file,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("clear_status_connect_to"),
      NGX_CS_HSL|NGX_CONF_TAKE1,
      ngx_cs_set_connect_to,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("clear_status_set_header"),
      NGX_CS_HSL|NGX_CONF_TAKE2,
      ngx_cs_set_header,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("clear_status_max_fails"),
      NGX_CS_HSL|NGX_CONF_TAKE1,
      ngx_cs_set_num,
      NGX_HTTP_LOC_CONF_OFFSET,
      ngx_cs_offset(max_fails),
      &ngx_cs_fails_bounds },

    { ngx_string("clear_status_fail_timeout"),
      NGX_CS_HSL|NGX_CONF_TAKE1,
      ngx_cs_set_msec,
      NGX_HTTP_LOC_CONF_OFFSET,
      ngx_cs_offset(fail_timeout),
      &ngx_cs_some },

    { ngx_string("clear_status_max_retry_after"),
      NGX_CS_HSL|NGX_CONF_TAKE1,
      ngx_cs_set_msec,
      NGX_HTTP_LOC_CONF_OFFSET,
      ngx_cs_offset(max_retry_after),
      NULL },

    { ngx_string("clear_status_metrics"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_cs_metrics_directive,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("clear_status_dashboard"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS|NGX_CONF_TAKE1,
      ngx_cs_dashboard_directive,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("clear_status_purge"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_cs_purge_directive,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_clear_status_module_ctx = {
    ngx_cs_preconfiguration,               /* preconfiguration */
    ngx_cs_postconfiguration,              /* postconfiguration */

    ngx_cs_create_main_conf,               /* create main configuration */
    NULL,                                  /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_cs_create_loc_conf,                /* create location configuration */
    ngx_cs_merge_loc_conf                  /* merge location configuration */
};


ngx_module_t  ngx_clear_status_module = {
    NGX_MODULE_V1,
    &ngx_clear_status_module_ctx,          /* module context */
    ngx_clear_status_commands,             /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    ngx_cs_process_init_module,            /* init module */
    ngx_cs_process_init,                   /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    ngx_cs_process_exit,                   /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_cs_conf_t *
ngx_cs_ours(ngx_http_request_t *r)
{
    ngx_cs_loc_conf_t   *clcf;
    ngx_cs_main_conf_t  *cmcf;

    cmcf = ngx_http_get_module_main_conf(r, ngx_clear_status_module);
    clcf = ngx_http_get_module_loc_conf(r, ngx_clear_status_module);

    return clcf->conf.fetch.url.len ? &clcf->conf
                                    : ngx_cs_exact_find(r, &cmcf->exacts);
}


static char *
ngx_cs_metrics_directive(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    return ngx_cs_set_handler(cf, cmd, conf, ngx_cs_metrics_content);
}


static ngx_int_t
ngx_cs_metrics_content(ngx_http_request_t *r)
{
    ngx_cs_main_conf_t  *cmcf;

    cmcf = ngx_http_get_module_main_conf(r, ngx_clear_status_module);

    return ngx_cs_prometheus(r, cmcf->zones.elts, cmcf->zones.nelts,
                             ngx_cs_fetch_version());
}


static char *
ngx_cs_dashboard_directive(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char                *rc;
    ngx_cs_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_clear_status_module);
    cmcf->dashboard = 1;

    rc = ngx_cs_set_handler(cf, cmd, conf, ngx_cs_dashboard_content);

    return (rc == NGX_CONF_OK) ? ngx_cs_set_dashboard_body(cf, cmd, conf) : rc;
}


static ngx_int_t
ngx_cs_dashboard_content(ngx_http_request_t *r)
{
    ngx_cs_loc_conf_t   *clcf;
    ngx_cs_dashboard_t   dashboard;
    ngx_cs_main_conf_t  *cmcf;

    clcf = ngx_http_get_module_loc_conf(r, ngx_clear_status_module);
    cmcf = ngx_http_get_module_main_conf(r, ngx_clear_status_module);

    dashboard.zones = cmcf->zones.elts;
    dashboard.nzones = cmcf->zones.nelts;
    dashboard.secret_files = &cmcf->token_files;
    dashboard.read = cmcf->read;
    dashboard.libcurl = ngx_cs_fetch_version();
    dashboard.body = clcf->dashboard_body;

    return ngx_cs_dashboard(r, &dashboard);
}


static char *
ngx_cs_purge_directive(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_cs_loc_conf_t *clcf = conf;

    clcf->purge = 1;

    return ngx_cs_set_handler(cf, cmd, conf, ngx_cs_purge_content);
}


static ngx_int_t
ngx_cs_purge_content(ngx_http_request_t *r)
{
    ngx_cs_loc_conf_t  *clcf;

    clcf = ngx_http_get_module_loc_conf(r, ngx_clear_status_module);

    return ngx_cs_purge(r, clcf->conf.shm_zone);
}


static ngx_int_t
ngx_cs_preconfiguration(ngx_conf_t *cf)
{
    return ngx_cs_variables_add(cf);
}


static ngx_int_t
ngx_cs_postconfiguration(ngx_conf_t *cf)
{
    ngx_cs_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_clear_status_module);

    cmcf->read = ngx_time();

    if (ngx_cs_disk_init_conf(cf, cmcf) != NGX_OK
        || ngx_cs_redis_init_conf(cf, cmcf) != NGX_OK
        || ngx_cs_fleet_init_conf(cf, cmcf) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (!cmcf->used) {
        return NGX_OK;
    }

    if (ngx_cs_process_init_conf(cf, cmcf) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_cs_envelope_filter_init(ngx_cs_ours);

    return ngx_cs_log_init(cf, ngx_cs_ours);
}
