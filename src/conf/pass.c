/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The directive clear_status_pass; see the header.
 */


#include "conf/pass.h"

#include "conf/conf.h"
#include "conf/directives.h"
#include "request/handler.h"
#include "request/notify.h"


#define NGX_CS_PATH  "/one-integration/workflow/status"


static ngx_int_t ngx_cs_content(ngx_http_request_t *r);
static char *ngx_cs_pass_url(ngx_conf_t *cf, ngx_str_t *value, ngx_str_t *url);
static char *ngx_cs_pass_parse(ngx_conf_t *cf, ngx_str_t *value,
    size_t scheme, ngx_url_t *u);


char *
ngx_cs_set_pass(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_cs_loc_conf_t *clcf = conf;

    char                *rc;
    ngx_str_t           *value;
    ngx_cs_main_conf_t  *cmcf;

    rc = ngx_cs_set_handler(cf, cmd, conf, ngx_cs_content);
    if (rc != NGX_CONF_OK) {
        return rc;
    }

    value = cf->args->elts;

    if (ngx_cs_pass_url(cf, &value[1], &clcf->conf.fetch.url)
        != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_clear_status_module);
    cmcf->used = 1;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_cs_content(ngx_http_request_t *r)
{
    ngx_cs_ctx_t       *ctx;
    ngx_cs_loc_conf_t  *clcf;

    clcf = ngx_http_get_module_loc_conf(r, ngx_clear_status_module);

    ctx = ngx_cs_ctx_create(r, &clcf->conf);
    if (ctx == NULL) {
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    return clcf->conf.notify ? ngx_cs_notify(r, ctx) : ngx_cs_handler(r, ctx);
}


/*
 * Scheme and host in lower case, the path as it is: equal URLs make equal
 * tenants.  An empty path and "/" are the same (RFC 3986, section 6.2.3).
 */

static char *
ngx_cs_pass_url(ngx_conf_t *cf, ngx_str_t *value, ngx_str_t *url)
{
    size_t     scheme;
    u_char    *p;
    ngx_url_t  u;

    scheme = (ngx_strncasecmp(value->data, (u_char *) "http://", 7) == 0) ? 7
             : (ngx_strncasecmp(value->data, (u_char *) "https://", 8) == 0)
               ? 8 : 0;

    ngx_memzero(&u, sizeof(ngx_url_t));

    if (ngx_cs_pass_parse(cf, value, scheme, &u) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    if (u.uri.len <= 1) {
        ngx_str_set(&u.uri, NGX_CS_PATH);
    }

    p = ngx_pnalloc(cf->pool, value->len + u.uri.len + sizeof(":65535"));
    if (p == NULL) {
        return NGX_CONF_ERROR;
    }

    url->data = p;

    ngx_strlow(p, value->data, scheme);
    p += scheme;

    ngx_strlow(p, u.host.data, u.host.len);
    p += u.host.len;

    if (u.port != u.default_port) {
        p = ngx_sprintf(p, ":%d", (int) u.port);
    }

    p = ngx_cpymem(p, u.uri.data, u.uri.len);
    *p = '\0';

    url->len = p - url->data;

    return NGX_CONF_OK;
}


static char *
ngx_cs_pass_parse(ngx_conf_t *cf, ngx_str_t *value, size_t scheme,
    ngx_url_t *u)
{
    char   *err;
    size_t  i;

    err = scheme ? NULL : "must begin with \"http://\" or \"https://\"";

    for (i = 0; err == NULL && i < value->len; i++) {

        if (value->data[i] <= ' ' || value->data[i] >= 0x7f) {
            err = "has characters that a URL cannot have";

        } else if (ngx_strchr("$?#@\"\\", value->data[i])) {
            err = "may have neither variables, query, fragment nor user";
        }
    }

    if (err == NULL) {
        u->url.len = value->len - scheme;
        u->url.data = value->data + scheme;
        u->default_port = (scheme == sizeof("http://") - 1) ? 80 : 443;
        u->uri_part = 1;
        u->no_resolve = 1;

        if (ngx_parse_url(cf->pool, u) != NGX_OK) {
            err = u->err ? u->err : "is not a URL";

        } else if (u->family == AF_UNIX || u->host.len == 0) {
            err = "must have a host";
        }
    }

    if (err) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid URL in \"clear_status_pass\" \"%V\": %s",
                           value, err);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}
