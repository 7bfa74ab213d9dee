/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Directives for upstream's TLS; see the header.
 */


#include "conf/tls.h"

#include "conf/conf.h"
#include "core/str.h"
#include "fetch/ciphers.h"


/* the longest name of DNS (RFC 1035, section 2.3.4) */
#define NGX_CS_SSL_NAME_MAX  253


static char *ngx_cs_ssl_bad(ngx_conf_t *cf, ngx_command_t *cmd,
    ngx_str_t *value, char *what);


static struct {
    ngx_str_t                    name;
    ngx_uint_t                   protocol;
} ngx_cs_ssl_protocols[] = {
    { ngx_string("TLSv1"), NGX_CS_TLS_1_0 },
    { ngx_string("TLSv1.1"), NGX_CS_TLS_1_1 },
    { ngx_string("TLSv1.2"), NGX_CS_TLS_1_2 },
    { ngx_string("TLSv1.3"), NGX_CS_TLS_1_3 },
    { ngx_null_string, 0 }
};


char *
ngx_cs_set_ssl_protocols(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_cs_loc_conf_t *clcf = conf;

    ngx_str_t   *value;
    ngx_uint_t   i, k, *protocols;

    protocols = &clcf->conf.fetch.ssl_protocols;

    if (*protocols) {
        return "is duplicate";
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        for (k = 0; ngx_cs_ssl_protocols[k].name.len; k++) {
            if (ngx_cs_str_eq(&value[i], &ngx_cs_ssl_protocols[k].name)) {
                break;
            }
        }

        if (ngx_cs_ssl_protocols[k].name.len == 0) {
            return ngx_cs_ssl_bad(cf, cmd, &value[i],
                                  "it must be TLSv1, TLSv1.1, TLSv1.2 or "
                                  "TLSv1.3");
        }

        if (*protocols & ngx_cs_ssl_protocols[k].protocol) {
            return ngx_cs_ssl_bad(cf, cmd, &value[i], "it is there twice");
        }

        *protocols |= ngx_cs_ssl_protocols[k].protocol;
    }

    return NGX_CONF_OK;
}


char *
ngx_cs_set_ssl_ciphers(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_cs_loc_conf_t *clcf = conf;

    u_char      *p;
    ngx_str_t   *value, *ciphers;
    ngx_uint_t   named;

    ciphers = &clcf->conf.fetch.ssl_ciphers;

    if (ciphers->data) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (value[1].len > NGX_CS_CIPHERS_MAX) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" has more than %d bytes", &cmd->name,
                           NGX_CS_CIPHERS_MAX);
        return NGX_CONF_ERROR;
    }

    named = 0;

    for (p = value[1].data; *p; p++) {
        if (*p < ' ' || *p >= 0x7f) {
            return ngx_cs_ssl_bad(cf, cmd, &value[1],
                                  "it has characters that no cipher has");
        }

        named |= (ngx_strchr(":, ", *p) == NULL);
    }

    if (!named) {
        return ngx_cs_ssl_bad(cf, cmd, &value[1], "it names none");
    }

    *ciphers = value[1];

    return NGX_CONF_OK;
}


char *
ngx_cs_set_ssl_name(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_cs_loc_conf_t *clcf = conf;

    u_char     *p;
    ngx_str_t  *value, *name;

    name = &clcf->conf.fetch.ssl_name;

    if (name->data) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (value[1].len == 0 || value[1].len > NGX_CS_SSL_NAME_MAX) {
        return ngx_cs_ssl_bad(cf, cmd, &value[1],
                              value[1].len ? "it is too long" : "it is empty");
    }

    name->len = value[1].len;
    name->data = ngx_pnalloc(cf->pool, name->len + 1);
    if (name->data == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_strlow(name->data, value[1].data, name->len);
    name->data[name->len] = '\0';

    for (p = name->data; *p; p++) {
        if ((*p < 'a' || *p > 'z') && (*p < '0' || *p > '9')
            && ngx_strchr("-._", *p) == NULL)
        {
            return ngx_cs_ssl_bad(cf, cmd, &value[1],
                                  "it must be a name alone, without variables "
                                  "and port");
        }
    }

    return NGX_CONF_OK;
}


static char *
ngx_cs_ssl_bad(ngx_conf_t *cf, ngx_command_t *cmd, ngx_str_t *value,
    char *what)
{
    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid value \"%V\" in \"%V\": %s",
                       value, &cmd->name, what);

    return NGX_CONF_ERROR;
}
