/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The directive clear_status_connect_to; see the header.
 */


#include "conf/connect_to.h"

#include "conf/conf.h"


/* of a name in DNS (RFC 1035, section 2.3.4), with a dot at its end */
#define NGX_CS_CONNECT_TO_MAX  254


static char *ngx_cs_connect_to_parse(ngx_conf_t *cf, ngx_str_t *value,
    ngx_url_t *u);
static ngx_uint_t ngx_cs_connect_to_clean(ngx_str_t *value);


char *
ngx_cs_set_connect_to(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_cs_loc_conf_t *clcf = conf;

    char       *err;
    ngx_str_t  *value, *host;
    ngx_url_t   u;

    host = &clcf->conf.fetch.connect_to;

    if (host->data) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        ngx_str_set(host, "");
        return NGX_CONF_OK;
    }

    ngx_memzero(&u, sizeof(ngx_url_t));

    err = ngx_cs_connect_to_parse(cf, &value[1], &u);

    if (err) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid host \"%V\" in \"%V\": %s",
                           &value[1], &cmd->name, err);
        return NGX_CONF_ERROR;
    }

    host->data = ngx_pnalloc(cf->pool, u.host.len);
    if (host->data == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_strlow(host->data, u.host.data, u.host.len);
    host->len = u.host.len;

    clcf->conf.fetch.connect_port = u.no_port ? 0 : u.port;

    return NGX_CONF_OK;
}


/* NULL, or what is wrong */

static char *
ngx_cs_connect_to_parse(ngx_conf_t *cf, ngx_str_t *value, ngx_url_t *u)
{
    if (ngx_strchr(value->data, '$')) {
        return "may have no variables";
    }

    if (ngx_strstr(value->data, "//")) {
        return "must be a host and at most a port, without a scheme";
    }

    if (!ngx_cs_connect_to_clean(value)) {
        return "has characters that a host cannot have";
    }

    u->url = *value;
    u->no_resolve = 1;

    if (ngx_parse_url(cf->pool, u) != NGX_OK) {
        return u->err ? u->err : "is not a host";
    }

    if (u->family == AF_UNIX || u->host.len == 0) {
        return "must be a host and at most a port";
    }

    if (u->host.len > NGX_CS_CONNECT_TO_MAX) {
        return "is too long";
    }

    return NULL;
}


/* of names and addresses; what else means something to libcurl's list */

static ngx_uint_t
ngx_cs_connect_to_clean(ngx_str_t *value)
{
    u_char  *p, *last;

    last = value->data + value->len;

    for (p = value->data; p < last; p++) {

        if (!(*p >= '0' && *p <= '9')
            && !((*p | 0x20) >= 'a' && (*p | 0x20) <= 'z')
            && (*p == '\0' || ngx_strchr("-._:[]", *p) == NULL))
        {
            return 0;
        }
    }

    return 1;
}
