/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Where token and integration id come from; see the header.
 *
 * A tenant is URL, integration id and, for a token written with variables,
 * the token's SHA-256, each behind its length: "13:http://a.test,3:abc,0:,".
 * A location that trusts or sends what is not the default has a digest of that
 * behind it.
 * So no content of one part can be taken for the beginning of another.
 */


#include "request/credentials.h"

#include "clear/field.h"
#include "core/digest.h"


static ngx_int_t ngx_cs_credentials_value(ngx_http_request_t *r,
    ngx_http_complex_value_t *cv, char *name, ngx_str_t *value);
static ngx_int_t ngx_cs_credentials_file(ngx_http_request_t *r,
    ngx_cs_credentials_conf_t *conf, ngx_str_t *path);
static ngx_uint_t ngx_cs_credentials_name(ngx_str_t *name);
static ngx_int_t ngx_cs_credentials_tenant(ngx_pool_t *pool, ngx_str_t *url,
    ngx_str_t *token, ngx_str_t *trust, ngx_cs_credentials_t *credentials);


ngx_int_t
ngx_cs_credentials_get(ngx_http_request_t *r, ngx_cs_credentials_conf_t *conf,
    ngx_str_t *url, ngx_cs_credentials_t *credentials)
{
    ngx_int_t   rc;
    ngx_str_t   path, *token;

    ngx_str_null(&credentials->token);
    ngx_str_null(&credentials->token_path);

    if (conf->token_name) {
        rc = ngx_cs_credentials_file(r, conf, &credentials->token_path);
        if (rc != NGX_OK) {
            return rc;
        }
    }

    /* nothing else varies, and all of it was checked with the configuration */

    if (conf->fixed.tenant.len) {
        path = credentials->token_path;
        *credentials = conf->fixed;
        credentials->token_path = path;

        return NGX_OK;
    }

    rc = ngx_cs_credentials_value(r, conf->integration_id,
                                  "clear_status_integration_id",
                                  &credentials->integration_id);
    if (rc != NGX_OK) {
        return rc;
    }

    token = NULL;

    if (conf->token) {
        rc = ngx_cs_credentials_value(r, conf->token,
                                      "clear_status_auth_token",
                                      &credentials->token);
        if (rc != NGX_OK) {
            return rc;
        }

        if (conf->token->lengths) {
            token = &credentials->token;
        }
    }

    return ngx_cs_credentials_tenant(r->pool, url, token, &conf->trust,
                                     credentials);
}


static ngx_int_t
ngx_cs_credentials_value(ngx_http_request_t *r, ngx_http_complex_value_t *cv,
    char *name, ngx_str_t *value)
{
    ngx_int_t   rc;
    ngx_log_t  *log;
    ngx_uint_t  level;

    /* nginx's script engine writes every value it sees to a debug log */

    log = r->connection->log;

    level = log->log_level;
    log->log_level &= ~NGX_LOG_DEBUG_ALL;

    rc = ngx_http_complex_value(r, cv, value);

    log->log_level = level;

    if (rc != NGX_OK) {
        return NGX_ERROR;
    }

    /* what is written without variables was checked with the configuration */

    if (cv->lengths == NULL || clear_field_value(value->data, value->len)) {
        return NGX_OK;
    }

    ngx_log_error(NGX_LOG_ERR, log, 0,
                  "\"%s\" evaluated to %s, the request is refused", name,
                  value->len ? "a value that cannot be sent" : "nothing");

    return NGX_DECLINED;
}


/* a file that is there, or was; not a part of the tenant */

static ngx_int_t
ngx_cs_credentials_file(ngx_http_request_t *r, ngx_cs_credentials_conf_t *conf,
    ngx_str_t *path)
{
    u_char     *p;
    ngx_str_t   name;
    ngx_log_t  *log;

    log = r->connection->log;

    if (ngx_http_complex_value(r, conf->token_name, &name) != NGX_OK) {
        return NGX_ERROR;
    }

    if (!ngx_cs_credentials_name(&name)) {
        ngx_log_error(NGX_LOG_INFO, log, 0,
                      "\"" NGX_CS_TOKEN_FILE "\" evaluated to %s, the request "
                      "is refused",
                      name.len ? "what is not the name of a file" : "nothing");
        return NGX_DECLINED;
    }

    path->len = conf->token_folder.len + name.len;
    path->data = ngx_pnalloc(r->pool, path->len);
    if (path->data == NULL) {
        return NGX_ERROR;
    }

    p = ngx_cpymem(path->data, conf->token_folder.data,
                   conf->token_folder.len);
    ngx_memcpy(p, name.data, name.len);

    return ngx_cs_secret_file_find(NGX_CS_TOKEN_FILE, path, log)
           ? NGX_OK : NGX_DECLINED;
}


/* nothing that leads out of a folder */

static ngx_uint_t
ngx_cs_credentials_name(ngx_str_t *name)
{
    u_char  *p, *last;

    if (name->len == 0 || name->len > NAME_MAX) {
        return 0;
    }

    last = name->data + name->len;

    for (p = name->data; p < last; p++) {

        if ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z')
            || (*p >= '0' && *p <= '9') || *p == '_' || *p == '-')
        {
            continue;
        }

        if (*p != '.' || (p + 1 < last && p[1] == '.')) {
            return 0;
        }
    }

    return 1;
}


static ngx_int_t
ngx_cs_credentials_tenant(ngx_pool_t *pool, ngx_str_t *url, ngx_str_t *token,
    ngx_str_t *trust, ngx_cs_credentials_t *credentials)
{
    u_char     *p, digest[NGX_CS_DIGEST_LEN];
    ngx_str_t   proof, *id, *tenant;

    id = &credentials->integration_id;
    tenant = &credentials->tenant;

    ngx_str_null(&proof);

    if (token) {
        if (ngx_cs_digest(token->data, token->len, digest) != NGX_OK) {
            return NGX_ERROR;
        }

        proof.len = NGX_CS_DIGEST_LEN;
        proof.data = digest;
    }

    p = ngx_pnalloc(pool, url->len + id->len + proof.len + trust->len
                          + 4 * (NGX_SIZE_T_LEN + sizeof(":,") - 1));
    if (p == NULL) {
        return NGX_ERROR;
    }

    tenant->data = p;

    p = ngx_sprintf(p, "%uz:%V,%uz:%V,%uz:", url->len, url, id->len, id,
                    proof.len);
    p = ngx_cpymem(p, digest, proof.len);
    *p++ = ',';

    if (trust->len) {
        p = ngx_sprintf(p, "%uz:", trust->len);
        p = ngx_cpymem(p, trust->data, trust->len);
        *p++ = ',';
    }

    tenant->len = p - tenant->data;
    credentials->hash = ngx_murmur_hash2(tenant->data, tenant->len);

    return NGX_OK;
}


ngx_int_t
ngx_cs_credentials_init_conf(ngx_conf_t *cf, ngx_cs_credentials_conf_t *conf,
    ngx_str_t *url)
{
    if (conf->integration_id->lengths
        || (conf->token && conf->token->lengths))
    {
        return NGX_OK;
    }

    conf->fixed.integration_id = conf->integration_id->value;

    if (conf->token) {
        conf->fixed.token = conf->token->value;
    }

    return ngx_cs_credentials_tenant(cf->pool, url, NULL, &conf->trust,
                                     &conf->fixed);
}


ngx_int_t
ngx_cs_credentials_id_of(ngx_str_t *tenant, ngx_str_t *id)
{
    u_char     *p, *colon, *last;
    ngx_int_t   len;
    ngx_uint_t  i;

    p = tenant->data;
    last = tenant->data + tenant->len;

    /* URL, and then the id */

    for (i = 0; i < 2; i++) {
        colon = ngx_strlchr(p, last, ':');
        if (colon == NULL) {
            return NGX_DECLINED;
        }

        len = ngx_atoi(p, colon - p);

        if (len == NGX_ERROR || len >= last - colon - 1) {
            return NGX_DECLINED;
        }

        id->data = colon + 1;
        id->len = len;

        p = id->data + len + 1;
    }

    return NGX_OK;
}
