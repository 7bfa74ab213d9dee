/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The directives that name a file with a secret in it; see the header.
 */


#include "conf/secret.h"

#include "conf/conf.h"


static char *ngx_cs_set_token_name(ngx_conf_t *cf, ngx_str_t *value,
    ngx_cs_credentials_conf_t *credentials);
static char *ngx_cs_token_folder(ngx_conf_t *cf, ngx_str_t *value,
    ngx_str_t *folder);


char *
ngx_cs_set_token_file(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_cs_loc_conf_t *clcf = conf;

    ngx_str_t                  *value;
    ngx_cs_main_conf_t         *cmcf;
    ngx_cs_credentials_conf_t  *credentials;

    credentials = &clcf->conf.credentials;

    if (credentials->token_file || credentials->token_name) {
        return "is duplicate";
    }

    if (credentials->token) {
        return "conflicts with \"clear_status_auth_token\"";
    }

    value = cf->args->elts;

    if (ngx_http_script_variables_count(&value[1])) {
        return ngx_cs_set_token_name(cf, &value[1], credentials);
    }

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_clear_status_module);

    credentials->token_file = ngx_cs_secret_file_add(cf, &cmcf->token_files,
                                                     &value[1]);

    return credentials->token_file ? NGX_CONF_OK : NGX_CONF_ERROR;
}


/* a folder without variables, and behind its last slash a name with some */

static char *
ngx_cs_set_token_name(ngx_conf_t *cf, ngx_str_t *value,
    ngx_cs_credentials_conf_t *credentials)
{
    char                              *rc;
    ngx_str_t                          name;
    ngx_http_compile_complex_value_t   ccv;

    rc = ngx_cs_token_folder(cf, value, &credentials->token_folder);
    if (rc != NGX_CONF_OK) {
        return rc;
    }

    name.data = value->data + credentials->token_folder.len;
    name.len = value->len - credentials->token_folder.len;

    if (ngx_conf_full_name(cf->cycle, &credentials->token_folder, 1)
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    credentials->token_name = ngx_palloc(cf->pool,
                                         sizeof(ngx_http_complex_value_t));
    if (credentials->token_name == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

    ccv.cf = cf;
    ccv.value = &name;
    ccv.complex_value = credentials->token_name;

    if (ngx_http_compile_complex_value(&ccv) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static char *
ngx_cs_token_folder(ngx_conf_t *cf, ngx_str_t *value, ngx_str_t *folder)
{
    char             *err;
    u_char           *dollar, *slash;
    ngx_str_t         path;
    ngx_file_info_t   info;

    dollar = ngx_strlchr(value->data, value->data + value->len, '$');

    for (slash = dollar; slash > value->data && slash[-1] != '/'; slash--) {
        /* void */
    }

    folder->data = ngx_pnalloc(cf->pool, value->len + 1);
    if (folder->data == NULL) {
        return NGX_CONF_ERROR;
    }

    folder->len = slash - value->data;
    *ngx_cpymem(folder->data, value->data, folder->len) = '\0';

    path = *folder;
    err = NULL;

    if (folder->len == 0) {
        err = "has no folder before its variables";

    } else if (ngx_strlchr(dollar, value->data + value->len, '/')) {
        err = "has a \"/\" behind a variable, which may be in the last part "
              "alone";

    } else if (ngx_conf_full_name(cf->cycle, &path, 1) != NGX_OK) {
        return NGX_CONF_ERROR;

    } else if (ngx_file_info(path.data, &info) == NGX_FILE_ERROR) {

        /* with a "/" at its end, what is not a folder cannot be found */

        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           "\"" NGX_CS_TOKEN_FILE "\" \"%V\": "
                           "the folder \"%V\" cannot be read", value, &path);
        return NGX_CONF_ERROR;

    }

    if (err) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"" NGX_CS_TOKEN_FILE "\" \"%V\" %s", value, err);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


char *
ngx_cs_set_password_file(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_cs_loc_conf_t *clcf = conf;

    ngx_str_t            *value;
    ngx_cs_main_conf_t   *cmcf;
    ngx_cs_fetch_conf_t  *fetch;

    fetch = &clcf->conf.fetch;

    if (fetch->proxy_password) {
        return "is duplicate";
    }

    value = cf->args->elts;
    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_clear_status_module);

    fetch->proxy_password = ngx_cs_secret_file_add(cf, &cmcf->token_files,
                                                   &value[1]);

    return fetch->proxy_password ? NGX_CONF_OK : NGX_CONF_ERROR;
}
