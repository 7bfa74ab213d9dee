/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The directives that need more than nginx's own setters; see the header.
 */


#include "conf/directives.h"

#include "clear/field.h"
#include "conf/conf.h"


/* behind a message of a bad size */
#define NGX_CS_SIZES  ", a size is in bytes, or with \"k\" or \"m\" behind it"

/* fetches a second: more than that a gateway cannot */
#define NGX_CS_MAX_RATE  1000000


static char *ngx_cs_set_bounded(ngx_conf_t *cf, ngx_command_t *cmd, void *conf,
    char *(*set)(ngx_conf_t *cf, ngx_command_t *cmd, void *conf));
static char *ngx_cs_proxy_host(ngx_conf_t *cf, ngx_str_t *proxy,
    size_t scheme);
static char *ngx_cs_invalid(ngx_conf_t *cf, ngx_command_t *cmd, char *rc);


char *
ngx_cs_set_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_cs_main_conf_t *cmcf = conf;

    u_char          *p;
    ssize_t          size;
    ngx_str_t       *value, name, s;
    ngx_shm_zone_t  *shm_zone, **slot;

    value = cf->args->elts;

    if (ngx_strncmp(value[1].data, "zone=", 5) != 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%V\" in \"%V\"",
                           &value[1], &cmd->name);
        return NGX_CONF_ERROR;
    }

    name.data = value[1].data + 5;
    p = (u_char *) ngx_strchr(name.data, ':');

    if (p == NULL || p == name.data) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid zone size or name \"%V\" in \"%V\"",
                           &value[1], &cmd->name);
        return NGX_CONF_ERROR;
    }

    name.len = p - name.data;

    s.data = p + 1;
    s.len = value[1].data + value[1].len - s.data;

    size = ngx_parse_size(&s);

    if (size == NGX_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid zone size \"%V\" in \"%V\"" NGX_CS_SIZES,
                           &value[1], &cmd->name);
        return NGX_CONF_ERROR;
    }

    if (size < (ssize_t) NGX_CS_ZONE_MIN) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "zone \"%V\" is too small in \"%V\", at least 64k "
                           "is needed", &value[1], &cmd->name);
        return NGX_CONF_ERROR;
    }

    if (ngx_cs_zone_by_name(cmcf, &name)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "duplicate zone \"%V\" in \"%V\"",
                           &name, &cmd->name);
        return NGX_CONF_ERROR;
    }

    shm_zone = ngx_cs_zone_add(cf, &name, size,
                               &ngx_clear_status_module);
    slot = ngx_array_push(&cmcf->zones);

    if (shm_zone == NULL || slot == NULL) {
        return NGX_CONF_ERROR;
    }

    *slot = shm_zone;

    return NGX_CONF_OK;
}


char *
ngx_cs_set_cache(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_cs_loc_conf_t *clcf = conf;

    ngx_str_t  *value;

    if (clcf->zone.data) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (value[1].len == 0) {
        return "has an empty name";
    }

    clcf->zone = value[1];

    if (ngx_strcmp(value[1].data, "off") == 0) {
        clcf->zone.len = 0;
    }

    ngx_cs_place(cf, &clcf->cache);

    return NGX_CONF_OK;
}


/* a token or an id; the message never shows it */

char *
ngx_cs_set_credential(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_cs_loc_conf_t *clcf = conf;

    char                       *rc;
    ngx_http_complex_value_t  **cv;

    cv = (ngx_http_complex_value_t **) ((char *) conf + cmd->offset);

    if (cv == &clcf->conf.credentials.token
        && (clcf->conf.credentials.token_file
            || clcf->conf.credentials.token_name))
    {
        return "conflicts with \"clear_status_auth_token_file\"";
    }

    rc = ngx_http_set_complex_value_slot(cf, cmd, conf);
    if (rc != NGX_CONF_OK) {
        return rc;
    }

    if ((*cv)->lengths == NULL
        && !clear_field_value((*cv)->value.data, (*cv)->value.len))
    {
        return (*cv)->value.len
               ? "has a value that cannot be sent as a header field"
               : "has an empty value";
    }

    return NGX_CONF_OK;
}


/* a time in an int64_t, or one of the words that cmd->post allows */

char *
ngx_cs_set_time(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    int64_t    *field;
    ngx_str_t  *value;

    field = (int64_t *) ((char *) conf + cmd->offset);

    if (*field != NGX_CONF_UNSET) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_cs_parse_time(&value[1], cmd->post, field) != NGX_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid time value \"%V\" in \"%V\"",
                           &value[1], &cmd->name);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


ngx_int_t
ngx_cs_parse_time(ngx_str_t *value, ngx_cs_time_t *words, int64_t *time)
{
    ngx_int_t  ms;

    if (words && words->off && ngx_strcmp(value->data, "off") == 0) {
        *time = 0;
        return NGX_OK;
    }

    if (words && words->forever && ngx_strcmp(value->data, "forever") == 0) {
        *time = CLEAR_FOREVER;
        return NGX_OK;
    }

    ms = ngx_parse_time(value, 0);
    *time = ms;

    return (ms == NGX_ERROR) ? NGX_ERROR : NGX_OK;
}


/* nginx's own setters show neither a bad value nor its bounds */

char *
ngx_cs_set_msec(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    return ngx_cs_set_bounded(cf, cmd, conf, ngx_conf_set_msec_slot);
}


/* what is told to callers in seconds: with months and years, as nginx has it */

char *
ngx_cs_set_max_age(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_int_t    sec;
    ngx_str_t   *value;
    ngx_msec_t  *ms;

    value = cf->args->elts;
    ms = (ngx_msec_t *) ((char *) conf + cmd->offset);
    sec = ngx_parse_time(&value[1], 1);

    if (*ms != NGX_CONF_UNSET_MSEC || sec == NGX_ERROR
        || sec > NGX_MAX_INT_T_VALUE / 1000)
    {
        return ngx_cs_set_msec(cf, cmd, conf);
    }

    *ms = (ngx_msec_t) sec * 1000;

    return NGX_CONF_OK;
}


char *
ngx_cs_set_num(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    return ngx_cs_set_bounded(cf, cmd, conf, ngx_conf_set_num_slot);
}


/* as limit_req_zone writes it: 20r/s, 30r/m; or off */

char *
ngx_cs_set_rate(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    u_char      *p;
    ngx_int_t    n, scale;
    ngx_str_t   *value;
    ngx_uint_t  *rate;

    rate = (ngx_uint_t *) ((char *) conf + cmd->offset);

    if (*rate != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        *rate = 0;
        return NGX_CONF_OK;
    }

    if (value[1].len <= sizeof("r/s") - 1) {
        return ngx_cs_invalid(cf, cmd, "invalid rate");
    }

    p = value[1].data + value[1].len - (sizeof("r/s") - 1);

    scale = (ngx_strcmp(p, "r/s") == 0) ? 1
            : (ngx_strcmp(p, "r/m") == 0) ? 60 : 0;

    n = ngx_atoi(value[1].data, p - value[1].data);

    if (scale == 0 || n <= 0 || n > NGX_CS_MAX_RATE * scale) {
        return ngx_cs_invalid(cf, cmd, "invalid rate");
    }

    *rate = n * 1000 / scale;

    return NGX_CONF_OK;
}


char *
ngx_cs_set_size(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    return ngx_cs_set_bounded(cf, cmd, conf, ngx_conf_set_size_slot);
}


/* cmd->post: the bounds, or NULL; all these slots are as large as a number */

static char *
ngx_cs_set_bounded(ngx_conf_t *cf, ngx_command_t *cmd, void *conf,
    char *(*set)(ngx_conf_t *cf, ngx_command_t *cmd, void *conf))
{
    char                   *rc, *unit;
    ngx_int_t               n;
    ngx_str_t              *value;
    ngx_command_t           plain;
    ngx_conf_num_bounds_t  *bounds;

    plain = *cmd;
    plain.post = NULL;

    rc = ngx_cs_invalid(cf, cmd, set(cf, &plain, conf));

    if (rc != NGX_CONF_OK || cmd->post == NULL) {
        return rc;
    }

    value = cf->args->elts;
    bounds = cmd->post;
    unit = (set == ngx_conf_set_msec_slot) ? "ms" : "";
    n = *(ngx_int_t *) ((char *) conf + cmd->offset);

    if (n < bounds->low) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%V\" in \"%V\", it must be at "
                           "least %i%s",
                           &value[1], &cmd->name, bounds->low, unit);
        return NGX_CONF_ERROR;
    }

    if (bounds->high != -1 && n > bounds->high) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%V\" in \"%V\", it must be at "
                           "most %i%s",
                           &value[1], &cmd->name, bounds->high, unit);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


char *
ngx_cs_set_http_version(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t   *value;
    ngx_uint_t  *version;

    version = (ngx_uint_t *) ((char *) conf + cmd->offset);

    if (*version != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "1.1") == 0) {
        *version = 11;

    } else if (ngx_strcmp(value[1].data, "2") == 0) {
        *version = 20;

    } else {
        return ngx_cs_invalid(cf, cmd, "invalid value");
    }

    return NGX_CONF_OK;
}


static char *
ngx_cs_invalid(ngx_conf_t *cf, ngx_command_t *cmd, char *rc)
{
    ngx_str_t  *value;

    if (rc == NGX_CONF_OK || rc == NGX_CONF_ERROR
        || ngx_strncmp(rc, "invalid", sizeof("invalid") - 1) != 0)
    {
        return rc;
    }

    value = cf->args->elts;

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%s \"%V\" in \"%V\"%s",
                       rc, &value[1], &cmd->name,
                       (cmd->set == ngx_cs_set_size) ? NGX_CS_SIZES : "");

    return NGX_CONF_ERROR;
}


/* a file that has to be readable now; errors then show file and line */

char *
ngx_cs_set_file(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char             *rc;
    ngx_fd_t          fd;
    ngx_str_t        *name;
    ngx_uint_t        file;
    ngx_file_info_t   info;

    rc = ngx_conf_set_str_slot(cf, cmd, conf);
    if (rc != NGX_CONF_OK) {
        return rc;
    }

    name = (ngx_str_t *) ((char *) conf + cmd->offset);

    if (ngx_conf_full_name(cf->cycle, name, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    /* a FIFO must not stop it */

    fd = ngx_open_file(name->data, NGX_FILE_RDONLY|NGX_FILE_NONBLOCK,
                       NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           "\"%V\": " ngx_open_file_n " \"%V\" failed",
                           &cmd->name, name);
        return NGX_CONF_ERROR;
    }

    file = (ngx_fd_info(fd, &info) != NGX_FILE_ERROR && ngx_is_file(&info));

    (void) ngx_close_file(fd);

    if (!file) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\": \"%V\" is not a regular file",
                           &cmd->name, name);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* the URL may hold a password: the message does not show it */

char *
ngx_cs_set_proxy(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_cs_loc_conf_t *clcf = conf;

    ngx_str_t        *value, *proxy;
    ngx_uint_t        i;
    static ngx_str_t  schemes[] = {
        ngx_string("http://"),
        ngx_string("https://"),
        ngx_string("socks5://"),
        ngx_string("socks5h://")
    };

    proxy = &clcf->conf.fetch.proxy;

    if (proxy->data) {
        return "is duplicate";
    }

    value = cf->args->elts;
    *proxy = value[1];

    if (ngx_strcmp(proxy->data, "off") == 0) {
        proxy->len = 0;
        return NGX_CONF_OK;
    }

    for (i = 0; i < sizeof(schemes) / sizeof(ngx_str_t); i++) {
        if (proxy->len > schemes[i].len
            && ngx_strncasecmp(proxy->data, schemes[i].data, schemes[i].len)
               == 0
            && clear_field_value(proxy->data, proxy->len))
        {
            return ngx_cs_proxy_host(cf, proxy, schemes[i].len);
        }
    }

    return "has a URL that is not http, https or socks5";
}


/* what is behind the scheme, the user and the password, up to a path */

static char *
ngx_cs_proxy_host(ngx_conf_t *cf, ngx_str_t *proxy, size_t scheme)
{
    u_char     *p, *last, *at;
    ngx_url_t   u;

    p = proxy->data + scheme;
    last = ngx_strlchr(p, proxy->data + proxy->len, '/');

    if (last == NULL) {
        last = proxy->data + proxy->len;
    }

    while ((at = ngx_strlchr(p, last, '@')) != NULL) {
        p = at + 1;
    }

    ngx_memzero(&u, sizeof(ngx_url_t));

    u.url.data = p;
    u.url.len = last - p;
    u.no_resolve = 1;

    if (ngx_strlchr(p, last, '$') || ngx_parse_url(cf->pool, &u) != NGX_OK
        || u.family == AF_UNIX)
    {
        return "has a URL whose host or port cannot be one";
    }

    return NGX_CONF_OK;
}


/* the parameter of clear_status_dashboard, if there is one */

char *
ngx_cs_set_dashboard_body(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_cs_loc_conf_t *clcf = conf;

    ngx_str_t  *value;

    value = cf->args->elts;

    if (cf->args->nelts == 1 || ngx_strcmp(value[1].data, "body=off") == 0) {
        return NGX_CONF_OK;
    }

    if (ngx_strcmp(value[1].data, "body=on") == 0) {
        clcf->dashboard_body = 1;
        return NGX_CONF_OK;
    }

    return "has a parameter that is neither body=on nor body=off";
}


char *
ngx_cs_set_handler(ngx_conf_t *cf, ngx_command_t *cmd, void *conf,
    ngx_http_handler_pt handler)
{
    ngx_cs_loc_conf_t *clcf = conf;

    ngx_http_core_loc_conf_t  *core;

    if (clcf->handler == handler) {
        return "is duplicate";
    }

    core = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->handler) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" conflicts with \"%V\" in the same location",
                           &cmd->name, &clcf->directive);
        return NGX_CONF_ERROR;
    }

    if (core->handler) {
        return "conflicts with another handler of the same location";
    }

    core->handler = handler;

    clcf->handler = handler;
    clcf->directive = cmd->name;
    ngx_cs_place(cf, &clcf->place);

    return NGX_CONF_OK;
}
