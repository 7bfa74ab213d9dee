/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The directive clear_status_redis; see the header.  In a build without
 * hiredis it is known, and refused.
 */


#include "conf/redis.h"

#if (NGX_CS_HAVE_HIREDIS)
#include "clear/redis_url.h"
#include "core/block.h"
#include "core/secret_file.h"
#include "fetch/fetch.h"
#include "redis/block.h"
#include "redis/redis.h"
#include "redis/tls.h"
#endif


#if (NGX_CS_HAVE_HIREDIS)

#define NGX_CS_REDIS_KEEP         ((int64_t) 30 * 24 * 3600 * 1000)
#define NGX_CS_REDIS_KEEP_MAX     ((int64_t) 3650 * 24 * 3600 * 1000)
#define NGX_CS_REDIS_TIMEOUT      250
#define NGX_CS_REDIS_TIMEOUT_MAX  60000

/* of a prefix, and of a user's name, in bytes */
#define NGX_CS_REDIS_WORD_MAX     128


/* a directive while it is read */

typedef struct {
    ngx_conf_t                  *cf;
    ngx_cs_redis_t              *redis;
    ngx_cs_redis_tls_conf_t      tls;       /* names of files */
    ngx_str_t                    password_file;
    ngx_str_t                    value;     /* of the parameter at hand */
    ngx_uint_t                   hides;     /* the value may hold a password */
} ngx_cs_redis_directive_t;


static char *ngx_cs_redis_parameter(ngx_cs_redis_directive_t *d,
    ngx_str_t *value);
static char *ngx_cs_redis_zone(ngx_cs_redis_directive_t *d, ngx_str_t *value);
static char *ngx_cs_redis_timeout(ngx_cs_redis_directive_t *d,
    ngx_str_t *value);
static char *ngx_cs_redis_prefix(ngx_cs_redis_directive_t *d,
    ngx_str_t *value);
static char *ngx_cs_redis_keep(ngx_cs_redis_directive_t *d, ngx_str_t *value);
static char *ngx_cs_redis_user(ngx_cs_redis_directive_t *d, ngx_str_t *value);
static char *ngx_cs_redis_password(ngx_cs_redis_directive_t *d,
    ngx_str_t *value);
static char *ngx_cs_redis_trusted(ngx_cs_redis_directive_t *d,
    ngx_str_t *value);
static char *ngx_cs_redis_certificate(ngx_cs_redis_directive_t *d,
    ngx_str_t *value);
static char *ngx_cs_redis_key(ngx_cs_redis_directive_t *d, ngx_str_t *value);
static char *ngx_cs_redis_file(ngx_str_t *file, ngx_str_t *value);
static char *ngx_cs_redis_url(ngx_cs_redis_directive_t *d, ngx_str_t *value);
static char *ngx_cs_redis_hosts(ngx_cs_redis_directive_t *d,
    clear_redis_url_t *url);
static char *ngx_cs_redis_finish(ngx_cs_redis_directive_t *d,
    ngx_cs_main_conf_t *cmcf);
static char *ngx_cs_redis_tls(ngx_cs_redis_directive_t *d);
static char *ngx_cs_redis_add(ngx_conf_t *cf, ngx_cs_main_conf_t *cmcf,
    ngx_cs_redis_t *redis);
static ngx_str_t *ngx_cs_redis_password_get(void *data, ngx_log_t *log);
static ngx_int_t ngx_cs_redis_init(ngx_conf_t *cf, ngx_cs_main_conf_t *cmcf,
    ngx_cs_redis_t *redis);
static ngx_int_t ngx_cs_redis_resolve(ngx_conf_t *cf, ngx_cs_redis_t *redis);
static ngx_int_t ngx_cs_redis_block(ngx_conf_t *cf, ngx_cs_redis_t *redis);


static const struct {
    ngx_str_t     name;
    char       *(*set)(ngx_cs_redis_directive_t *d, ngx_str_t *value);
} ngx_cs_redis_parameters[] = {
    { ngx_string("zone="), ngx_cs_redis_zone },
    { ngx_string("timeout="), ngx_cs_redis_timeout },
    { ngx_string("prefix="), ngx_cs_redis_prefix },
    { ngx_string("keep="), ngx_cs_redis_keep },
    { ngx_string("user="), ngx_cs_redis_user },
    { ngx_string("password_file="), ngx_cs_redis_password },
    { ngx_string("trusted_certificate="), ngx_cs_redis_trusted },
    { ngx_string("certificate="), ngx_cs_redis_certificate },
    { ngx_string("certificate_key="), ngx_cs_redis_key },
    { ngx_null_string, ngx_cs_redis_url }
};


char *
ngx_cs_set_redis(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_cs_main_conf_t *cmcf = conf;

    char                      *rc;
    ngx_str_t                 *value;
    ngx_uint_t                 i;
    ngx_cs_redis_directive_t   d;

    ngx_memzero(&d, sizeof(ngx_cs_redis_directive_t));

    d.cf = cf;
    d.redis = ngx_pcalloc(cf->pool, sizeof(ngx_cs_redis_t));

    if (d.redis == NULL) {
        return NGX_CONF_ERROR;
    }

    d.redis->keep = NGX_CONF_UNSET;
    d.redis->timeout = NGX_CONF_UNSET_MSEC;

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {
        rc = ngx_cs_redis_parameter(&d, &value[i]);

        if (rc == NULL) {
            continue;
        }

        if (rc != NGX_CONF_ERROR && d.hides) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid URL in \"%V\": it %s",
                               &cmd->name, rc);

        } else if (rc != NGX_CONF_ERROR) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\" in \"%V\": it %s",
                               &value[i], &cmd->name, rc);
        }

        return NGX_CONF_ERROR;
    }

    return ngx_cs_redis_finish(&d, cmcf);
}


/* NULL where it is fine, else what is wrong with it */

static char *
ngx_cs_redis_parameter(ngx_cs_redis_directive_t *d, ngx_str_t *value)
{
    ngx_uint_t  i;

    for (i = 0; ngx_cs_redis_parameters[i].name.len; i++) {

        if (ngx_strncmp(value->data, ngx_cs_redis_parameters[i].name.data,
                        ngx_cs_redis_parameters[i].name.len)
            == 0)
        {
            break;
        }
    }

    d->value.data = value->data + ngx_cs_redis_parameters[i].name.len;
    d->value.len = value->len - ngx_cs_redis_parameters[i].name.len;

    if (d->value.len == 0) {
        return "is empty";
    }

    return ngx_cs_redis_parameters[i].set(d, &d->value);
}


static char *
ngx_cs_redis_zone(ngx_cs_redis_directive_t *d, ngx_str_t *value)
{
    if (d->redis->zone.data) {
        return "is there already";
    }

    d->redis->zone = *value;

    return NULL;
}


static char *
ngx_cs_redis_timeout(ngx_cs_redis_directive_t *d, ngx_str_t *value)
{
    ngx_int_t  ms;

    if (d->redis->timeout != NGX_CONF_UNSET_MSEC) {
        return "is there already";
    }

    ms = ngx_parse_time(value, 0);
    d->redis->timeout = ms;

    return (ms == NGX_ERROR) ? "is no time"
           : (ms == 0 || ms > NGX_CS_REDIS_TIMEOUT_MAX)
             ? "must be from 1ms to 60s" : NULL;
}


/* in keys, channels and in patterns of an ACL, so nothing that means more
 * there */

static char *
ngx_cs_redis_prefix(ngx_cs_redis_directive_t *d, ngx_str_t *value)
{
    u_char  *p;

    if (d->redis->prefix.data) {
        return "is there already";
    }

    if (value->len > NGX_CS_REDIS_WORD_MAX) {
        return "is too long";
    }

    for (p = value->data; p < value->data + value->len; p++) {
        if (!((*p >= '0' && *p <= '9') || (*p >= 'a' && *p <= 'z')
              || (*p >= 'A' && *p <= 'Z') || *p == '.' || *p == '-'
              || *p == '_'))
        {
            return "may have letters, digits and \".-_\" only";
        }
    }

    d->redis->prefix = *value;

    return NULL;
}


static char *
ngx_cs_redis_keep(ngx_cs_redis_directive_t *d, ngx_str_t *value)
{
    ngx_int_t  ms;

    if (d->redis->keep != NGX_CONF_UNSET) {
        return "is there already";
    }

    ms = ngx_parse_time(value, 0);
    d->redis->keep = ms;

    return (ms == NGX_ERROR) ? "is no time"
           : (ms < 1000 || ms > NGX_CS_REDIS_KEEP_MAX)
             ? "must be from 1s to 3650d" : NULL;
}


static char *
ngx_cs_redis_user(ngx_cs_redis_directive_t *d, ngx_str_t *value)
{
    u_char  *p;

    if (d->redis->user.data) {
        return "is there already";
    }

    if (value->len > NGX_CS_REDIS_WORD_MAX) {
        return "is too long";
    }

    for (p = value->data; p < value->data + value->len; p++) {
        if (*p <= ' ' || *p == 0x7f) {
            return "has characters that a user cannot have";
        }
    }

    d->redis->user = *value;

    return NULL;
}


static char *
ngx_cs_redis_password(ngx_cs_redis_directive_t *d, ngx_str_t *value)
{
    return ngx_cs_redis_file(&d->password_file, value);
}


static char *
ngx_cs_redis_trusted(ngx_cs_redis_directive_t *d, ngx_str_t *value)
{
    return ngx_cs_redis_file(&d->tls.trusted, value);
}


static char *
ngx_cs_redis_certificate(ngx_cs_redis_directive_t *d, ngx_str_t *value)
{
    return ngx_cs_redis_file(&d->tls.certificate, value);
}


static char *
ngx_cs_redis_key(ngx_cs_redis_directive_t *d, ngx_str_t *value)
{
    return ngx_cs_redis_file(&d->tls.key, value);
}


static char *
ngx_cs_redis_file(ngx_str_t *file, ngx_str_t *value)
{
    if (file->data) {
        return "is there already";
    }

    *file = *value;

    return NULL;
}


static char *
ngx_cs_redis_url(ngx_cs_redis_directive_t *d, ngx_str_t *value)
{
    const char         *err;
    clear_redis_url_t   url;

    if (d->redis->url.data) {
        return "is one URL too many, or no parameter";
    }

    err = clear_redis_url((char *) value->data, value->len, &url);

    if (err) {
        d->hides = (ngx_strlchr(value->data, value->data + value->len, '@')
                    != NULL);
        return (char *) err;
    }

    d->redis->url = *value;
    d->redis->db = url.db;
    d->redis->master.data = (u_char *) url.master;
    d->redis->master.len = url.master_len;
    d->tls.wanted = url.tls;

    return ngx_cs_redis_hosts(d, &url);
}


static char *
ngx_cs_redis_hosts(ngx_cs_redis_directive_t *d, clear_redis_url_t *url)
{
    size_t                i;
    ngx_cs_redis_host_t  *host;

    if (ngx_array_init(&d->redis->hosts, d->cf->pool, url->nhosts,
                       sizeof(ngx_cs_redis_host_t))
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    for (i = 0; i < url->nhosts; i++) {
        host = ngx_array_push(&d->redis->hosts);
        if (host == NULL) {
            return NGX_CONF_ERROR;
        }

        ngx_memzero(host, sizeof(ngx_cs_redis_host_t));

        host->name.data = (u_char *) url->hosts[i].name;
        host->name.len = url->hosts[i].len;
        host->port = (in_port_t) url->hosts[i].port;
    }

    return NULL;
}


static char *
ngx_cs_redis_finish(ngx_cs_redis_directive_t *d, ngx_cs_main_conf_t *cmcf)
{
    char            *rc;
    ngx_cs_redis_t  *redis;

    redis = d->redis;

    if (redis->zone.data == NULL || redis->url.data == NULL) {
        return "needs zone=NAME and a URL";
    }

    if (redis->user.data && d->password_file.data == NULL) {
        return "has a user= that needs a password_file=";
    }

    ngx_conf_init_msec_value(redis->timeout, NGX_CS_REDIS_TIMEOUT);
    ngx_conf_init_value(redis->keep, NGX_CS_REDIS_KEEP);

    if (redis->prefix.data == NULL) {
        ngx_str_set(&redis->prefix, "clear");
    }

    if (d->password_file.data) {
        redis->password = ngx_cs_redis_password_get;
        redis->password_data = ngx_cs_secret_file_add(d->cf,
                                                      &cmcf->token_files,
                                                      &d->password_file);
        if (redis->password_data == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    redis->conf_file = d->cf->conf_file->file.name.data;
    redis->line = d->cf->conf_file->line;

    rc = ngx_cs_redis_tls(d);

    return rc ? rc : ngx_cs_redis_add(d->cf, cmcf, redis);
}


/* NULL where it is fine, as is none */

static char *
ngx_cs_redis_tls(ngx_cs_redis_directive_t *d)
{
    ngx_uint_t                i;
    ngx_str_t                *file[3];
    ngx_cs_redis_tls_conf_t  *tls;

    tls = &d->tls;

    file[0] = &tls->trusted;
    file[1] = &tls->certificate;
    file[2] = &tls->key;

    for (i = 0; i < 3; i++) {
        if (file[i]->len == 0) {
            continue;
        }

        if (!tls->wanted) {
            return "has certificates, which need \"rediss://\"";
        }

        if (ngx_conf_full_name(d->cf->cycle, file[i], 1) != NGX_OK) {
            return NGX_CONF_ERROR;
        }
    }

    if (!tls->wanted) {
        return NULL;
    }

    if (tls->trusted.len == 0) {
        ngx_cs_fetch_trusted(&tls->trusted);
    }

    d->redis->tls = ngx_cs_redis_tls_create(d->cf, tls);

    return d->redis->tls ? NULL : NGX_CONF_ERROR;
}


static char *
ngx_cs_redis_add(ngx_conf_t *cf, ngx_cs_main_conf_t *cmcf,
    ngx_cs_redis_t *redis)
{
    ngx_uint_t        i;
    ngx_cs_redis_t  **redises, **slot;

    redises = cmcf->redises.elts;

    for (i = 0; i < cmcf->redises.nelts; i++) {
        if (redises[i]->zone.len == redis->zone.len
            && ngx_strncmp(redises[i]->zone.data, redis->zone.data,
                           redis->zone.len)
               == 0)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "zone \"%V\" has a \"clear_status_redis\" "
                               "already in %s:%ui",
                               &redis->zone, redises[i]->conf_file,
                               redises[i]->line);
            return NGX_CONF_ERROR;
        }
    }

    slot = ngx_array_push(&cmcf->redises);
    if (slot == NULL) {
        return NGX_CONF_ERROR;
    }

    *slot = redis;

    return NGX_CONF_OK;
}


static ngx_str_t *
ngx_cs_redis_password_get(void *data, ngx_log_t *log)
{
    return ngx_cs_secret_file_get(data, log);
}


ngx_int_t
ngx_cs_redis_init_conf(ngx_conf_t *cf, ngx_cs_main_conf_t *cmcf)
{
    ngx_uint_t        i;
    ngx_cs_redis_t  **redises;

    redises = cmcf->redises.elts;

    for (i = 0; i < cmcf->redises.nelts; i++) {
        if (ngx_cs_redis_init(cf, cmcf, redises[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_cs_redis_init(ngx_conf_t *cf, ngx_cs_main_conf_t *cmcf,
    ngx_cs_redis_t *redis)
{
    ngx_http_core_loc_conf_t  *clcf;

    redis->shm_zone = ngx_cs_zone_by_name(cmcf, &redis->zone);

    if (redis->shm_zone == NULL) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "unknown zone \"%V\" in \"clear_status_redis\" in %s:%ui",
                      &redis->zone, redis->conf_file, redis->line);
        return NGX_ERROR;
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (ngx_cs_resolves(clcf->resolver)) {
        redis->resolver = clcf->resolver;
        redis->resolver_timeout = (clcf->resolver_timeout
                                   == NGX_CONF_UNSET_MSEC)
                                  ? 30000 : clcf->resolver_timeout;
    }

    if (ngx_cs_redis_resolve(cf, redis) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_cs_redis_block(cf, redis);
}


/*
 * As an upstream's servers where no resolver is; literal addresses in any
 * case.
 */

static ngx_int_t
ngx_cs_redis_resolve(ngx_conf_t *cf, ngx_cs_redis_t *redis)
{
    u_char               *p;
    ngx_url_t             u;
    ngx_uint_t            i;
    ngx_cs_redis_host_t  *host;

    host = redis->hosts.elts;

    for (i = 0; i < redis->hosts.nelts; i++) {
        p = ngx_pnalloc(cf->pool, host[i].name.len + sizeof("[]:65535"));
        if (p == NULL) {
            return NGX_ERROR;
        }

        ngx_memzero(&u, sizeof(ngx_url_t));

        u.url.data = p;
        u.url.len = ngx_sprintf(p, ngx_strlchr(host[i].name.data,
                                               host[i].name.data
                                               + host[i].name.len, ':')
                                   ? "[%V]:%ui" : "%V:%ui",
                                &host[i].name, (ngx_uint_t) host[i].port)
                    - p;
        u.no_resolve = (redis->resolver != NULL);

        if (ngx_parse_url(cf->pool, &u) != NGX_OK) {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "%s \"%V\" in \"clear_status_redis\" in %s:%ui",
                          u.err ? u.err : "bad host", &u.url,
                          redis->conf_file, redis->line);
            return NGX_ERROR;
        }

        host[i].addrs = u.addrs;
        host[i].naddrs = u.naddrs;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_cs_redis_block(ngx_conf_t *cf, ngx_cs_redis_t *redis)
{
    u_char     *p;
    ngx_str_t   name;

    p = ngx_pnalloc(cf->pool, sizeof("clear_status redis ") + redis->zone.len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    name.data = p;
    name.len = ngx_sprintf(p, "clear_status redis %V", &redis->zone) - p;

    redis->block = ngx_cs_block_add(cf, &name, sizeof(ngx_cs_redis_block_t),
                                    &ngx_clear_status_module);

    return redis->block ? NGX_OK : NGX_ERROR;
}


#else

char *
ngx_cs_set_redis(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    return "needs a module that was built with libhiredis, and this was not";
}


ngx_int_t
ngx_cs_redis_init_conf(ngx_conf_t *cf, ngx_cs_main_conf_t *cmcf)
{
    return NGX_OK;
}

#endif
