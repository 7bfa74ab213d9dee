/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Our locations with "="; see the header.
 */


#include "conf/exact.h"

#include "core/str.h"


ngx_int_t
ngx_cs_exact_add(ngx_conf_t *cf, ngx_array_t *exacts, ngx_cs_conf_t *conf)
{
    ngx_cs_exact_t            *exact;
    ngx_http_core_loc_conf_t  *clcf;
    ngx_http_core_srv_conf_t  *cscf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (!clcf->exact_match || clcf->noname) {
        return NGX_OK;
    }

    cscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_core_module);

    exact = ngx_array_push(exacts);
    if (exact == NULL) {
        return NGX_ERROR;
    }

    exact->server = cscf->ctx->loc_conf;
    exact->uri = clcf->name;
    exact->conf = conf;

    return NGX_OK;
}


ngx_cs_conf_t *
ngx_cs_exact_find(ngx_http_request_t *r, ngx_array_t *exacts)
{
    ngx_uint_t                 i;
    ngx_cs_exact_t            *exact;
    ngx_http_core_srv_conf_t  *cscf;

    cscf = ngx_http_get_module_srv_conf(r, ngx_http_core_module);

    if (r->loc_conf != cscf->ctx->loc_conf) {
        return NULL;
    }

    exact = exacts->elts;

    for (i = 0; i < exacts->nelts; i++) {
        if (exact[i].server == r->loc_conf
            && ngx_cs_str_eq(&exact[i].uri, &r->uri))
        {
            return exact[i].conf;
        }
    }

    return NULL;
}
