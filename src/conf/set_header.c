/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The directive clear_status_set_header; see the header.
 */


#include "conf/set_header.h"

#include "clear/field.h"
#include "conf/conf.h"


typedef struct {
    ngx_str_t    field;
    char        *reason;
} ngx_cs_set_header_refused_t;


static char *ngx_cs_set_header_name(ngx_str_t *field);
static char *ngx_cs_set_header_value(ngx_str_t *value);


#define NGX_CS_CREDENTIAL  "is a credential, which has its own directive or "  \
                           "does not go upstream"
#define NGX_CS_HOP         "belongs to a connection (RFC 9110, section 7.6.1)"
#define NGX_CS_CONTENT     "tells of content, and a request has none"
#define NGX_CS_OURS        "is sent by the gateway itself"


static ngx_cs_set_header_refused_t  ngx_cs_set_header_refused[] = {
    { ngx_string("x-clear-auth-token"), NGX_CS_CREDENTIAL },
    { ngx_string("x-integration-id"), NGX_CS_CREDENTIAL },
    { ngx_string("authorization"), NGX_CS_CREDENTIAL },
    { ngx_string("proxy-authorization"), NGX_CS_CREDENTIAL },
    { ngx_string("cookie"), NGX_CS_CREDENTIAL },
    { ngx_string("cookie2"), NGX_CS_CREDENTIAL },

    { ngx_string("host"), "is the host of \"clear_status_pass\"" },

    { ngx_string("connection"), NGX_CS_HOP },
    { ngx_string("keep-alive"), NGX_CS_HOP },
    { ngx_string("proxy-authenticate"), NGX_CS_HOP },
    { ngx_string("proxy-connection"), NGX_CS_HOP },
    { ngx_string("te"), NGX_CS_HOP },
    { ngx_string("trailer"), NGX_CS_HOP },
    { ngx_string("transfer-encoding"), NGX_CS_HOP },
    { ngx_string("upgrade"), NGX_CS_HOP },
    { ngx_string("http2-settings"), NGX_CS_HOP },

    { ngx_string("content-length"), NGX_CS_CONTENT },
    { ngx_string("expect"), NGX_CS_CONTENT },

    { ngx_string("accept"), NGX_CS_OURS },
    { ngx_string("accept-encoding"), NGX_CS_OURS },
    { ngx_string("user-agent"), NGX_CS_OURS },
    { ngx_string("x-request-id"), NGX_CS_OURS },
    { ngx_string("traceparent"), NGX_CS_OURS },
    { ngx_string("tracestate"), NGX_CS_OURS }
};


char *
ngx_cs_set_header(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_cs_loc_conf_t *clcf = conf;

    char          *err;
    ngx_str_t     *value;
    ngx_array_t  **fields;
    ngx_keyval_t  *kv;

    value = cf->args->elts;
    fields = &clcf->conf.fetch.fields;

    err = ngx_cs_set_header_name(&value[1]);

    if (err) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid field \"%V\" in \"%V\": it %s",
                           &value[1], &cmd->name, err);
        return NGX_CONF_ERROR;
    }

    err = ngx_cs_set_header_value(&value[2]);

    if (err) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value of \"%V\" in \"%V\": it %s",
                           &value[1], &cmd->name, err);
        return NGX_CONF_ERROR;
    }

    if (*fields == NULL) {
        *fields = ngx_array_create(cf->pool, 2, sizeof(ngx_keyval_t));
    }

    kv = *fields ? ngx_array_push(*fields) : NULL;

    if (kv == NULL) {
        return NGX_CONF_ERROR;
    }

    kv->key = value[1];
    kv->value = value[2];

    return NGX_CONF_OK;
}


/* NULL, or what is wrong */

static char *
ngx_cs_set_header_name(ngx_str_t *field)
{
    ngx_uint_t                    i;
    ngx_cs_set_header_refused_t  *refused;

    if (!clear_field_name(field->data, field->len)) {
        return "is not a field name (RFC 9110, section 5.1)";
    }

    refused = ngx_cs_set_header_refused;

    for (i = 0; i < sizeof(ngx_cs_set_header_refused) / sizeof(*refused); i++) {

        if (field->len == refused[i].field.len
            && ngx_strncasecmp(field->data, refused[i].field.data, field->len)
               == 0)
        {
            return refused[i].reason;
        }
    }

    return NULL;
}


/* likewise; the value itself may be of a field that was a mistake */

static char *
ngx_cs_set_header_value(ngx_str_t *value)
{
    if (!clear_field_value(value->data, value->len)) {
        return "is empty, or has characters that a field cannot have";
    }

    if (ngx_strlchr(value->data, value->data + value->len, '$')) {
        return "may have no variables, nor a \"$\"";
    }

    return NULL;
}
