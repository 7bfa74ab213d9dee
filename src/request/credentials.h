/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Where token and integration id come from, and the tenant that they make.
 * What a caller sends under their names is never looked at here, unless the
 * operator wrote a variable that reads it.
 */


#ifndef _NGX_CS_REQUEST_CREDENTIALS_H_INCLUDED_
#define _NGX_CS_REQUEST_CREDENTIALS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "core/secret_file.h"


typedef struct {
    ngx_str_t                       token;           /* empty: a file's */
    ngx_str_t                       token_path;      /* of it, if the name
                                                        varies; else empty */
    ngx_str_t                       integration_id;
    ngx_str_t                       tenant;
    uint32_t                        hash;            /* of the tenant */
} ngx_cs_credentials_t;


typedef struct {
    ngx_http_complex_value_t       *token;           /* this, or the file, or */
    ngx_cs_secret_file_t           *token_file;
    ngx_http_complex_value_t       *token_name;      /* the name of a file */
    ngx_str_t                       token_folder;    /* in it, with its "/" */
    ngx_http_complex_value_t       *integration_id;
    ngx_str_t                       trust;           /* a digest, or empty */
    ngx_cs_credentials_t            fixed;           /* of all requests, but
                                                        for the token's path;
                                                        where they vary it has
                                                        no tenant */
} ngx_cs_credentials_conf_t;


/* 1 where a request's credentials are its location's, conf->fixed */
#define ngx_cs_credentials_fixed(conf)                                       \
    ((conf)->fixed.tenant.len && (conf)->token_name == NULL)


/*
 * At configuration time, once merged: makes what is fixed, where neither id nor
 * token varies.  url: upstream's.
 */
ngx_int_t ngx_cs_credentials_init_conf(ngx_conf_t *cf,
    ngx_cs_credentials_conf_t *conf, ngx_str_t *url);

/*
 * For a request, where they are not fixed.  NGX_OK; NGX_DECLINED where a value
 * is empty or cannot be sent, or there is no such file, which is logged;
 * NGX_ERROR: no memory.
 */
ngx_int_t ngx_cs_credentials_get(ngx_http_request_t *r,
    ngx_cs_credentials_conf_t *conf, ngx_str_t *url,
    ngx_cs_credentials_t *credentials);

/*
 * The integration id in a tenant; it points there.  NGX_OK, or NGX_DECLINED
 * where it is not whole.
 */
ngx_int_t ngx_cs_credentials_id_of(ngx_str_t *tenant, ngx_str_t *id);


#endif /* _NGX_CS_REQUEST_CREDENTIALS_H_INCLUDED_ */
