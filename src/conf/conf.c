/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The module's configuration, made, merged and checked; see the header.
 */


#include "conf/conf.h"

#include "conf/exact.h"
#include "conf/trust.h"
#include "core/str.h"


static void ngx_cs_merge_fetch(ngx_conf_t *cf, ngx_cs_fetch_conf_t *conf,
    ngx_cs_fetch_conf_t *prev);
static void ngx_cs_merge_freshness(ngx_cs_loc_conf_t *conf,
    ngx_cs_loc_conf_t *prev);
static void ngx_cs_merge_credentials(ngx_cs_credentials_conf_t *conf,
    ngx_cs_credentials_conf_t *prev);
static void ngx_cs_merge_hold(ngx_cs_hold_conf_t *conf,
    ngx_cs_hold_conf_t *prev);
static char *ngx_cs_check_handler(ngx_conf_t *cf, ngx_cs_loc_conf_t *clcf);
static char *ngx_cs_merge_zone(ngx_conf_t *cf, ngx_cs_loc_conf_t *conf,
    ngx_cs_loc_conf_t *prev);
static char *ngx_cs_check_zone(ngx_conf_t *cf, ngx_cs_loc_conf_t *conf);
static char *ngx_cs_merge_pass(ngx_conf_t *cf, ngx_cs_loc_conf_t *conf,
    ngx_cs_loc_conf_t *prev);
static char *ngx_cs_check_pass(ngx_conf_t *cf, ngx_cs_loc_conf_t *conf);


void *
ngx_cs_create_main_conf(ngx_conf_t *cf)
{
    ngx_cs_main_conf_t  *cmcf;

    cmcf = ngx_pcalloc(cf->pool, sizeof(ngx_cs_main_conf_t));

    if (cmcf == NULL
        || ngx_array_init(&cmcf->zones, cf->pool, 1, sizeof(ngx_shm_zone_t *))
           != NGX_OK
        || ngx_array_init(&cmcf->disks, cf->pool, 1, sizeof(void *)) != NGX_OK
        || ngx_array_init(&cmcf->redises, cf->pool, 1, sizeof(void *))
           != NGX_OK
        || ngx_array_init(&cmcf->fleets, cf->pool, 1, sizeof(void *)) != NGX_OK
        || ngx_array_init(&cmcf->exacts, cf->pool, 1, sizeof(ngx_cs_exact_t))
           != NGX_OK
        || ngx_array_init(&cmcf->token_files, cf->pool, 1, sizeof(void *))
           != NGX_OK)
    {
        return NULL;
    }

    return cmcf;
}


void *
ngx_cs_create_loc_conf(ngx_conf_t *cf)
{
    ngx_cs_conf_t      *conf;
    ngx_cs_loc_conf_t  *clcf;

    clcf = ngx_pcalloc(cf->pool, sizeof(ngx_cs_loc_conf_t));
    if (clcf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     conf->fetch.url, proxy, connect_to, fields and file names
     *     conf->credentials
     *     conf->freshness.valid, nvalid
     *     conf->breaker
     *     conf->shm_zone
     *     clcf->handler, directive, place, zone, cache, valid
     */

    conf = &clcf->conf;

    conf->fetch.connect_timeout = NGX_CONF_UNSET_MSEC;
    conf->fetch.timeout = NGX_CONF_UNSET_MSEC;
    conf->fetch.keepalive_time = NGX_CONF_UNSET_MSEC;
    conf->fetch.retries = NGX_CONF_UNSET_UINT;
    conf->fetch.max_flights = NGX_CONF_UNSET_UINT;
    conf->fetch.max_rate = NGX_CONF_UNSET_UINT;
    conf->fetch.max_body_size = NGX_CONF_UNSET_SIZE;
    conf->fetch.http_version = NGX_CONF_UNSET_UINT;
    conf->fetch.ssl_verify = NGX_CONF_UNSET;

    conf->freshness.url_lifetime = NGX_CONF_UNSET;
    conf->freshness.url_margin = NGX_CONF_UNSET;
    conf->freshness.stale_if_error = NGX_CONF_UNSET;
    conf->freshness.stale_while_revalidate = NGX_CONF_UNSET;

    conf->hold.wait = NGX_CONF_UNSET_MSEC;
    conf->hold.max = NGX_CONF_UNSET_UINT;
    conf->hold.events = NGX_CONF_UNSET_MSEC;
    conf->hold.heartbeat = NGX_CONF_UNSET_MSEC;

    conf->max_age = NGX_CONF_UNSET_MSEC;

    clcf->max_fails = NGX_CONF_UNSET_UINT;
    clcf->fail_timeout = NGX_CONF_UNSET_MSEC;
    clcf->max_retry_after = NGX_CONF_UNSET_MSEC;

    return clcf;
}


char *
ngx_cs_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_cs_loc_conf_t *prev = parent;
    ngx_cs_loc_conf_t *conf = child;

    ngx_cs_merge_fetch(cf, &conf->conf.fetch, &prev->conf.fetch);
    ngx_cs_merge_freshness(conf, prev);
    ngx_cs_merge_credentials(&conf->conf.credentials,
                             &prev->conf.credentials);

    ngx_cs_merge_hold(&conf->conf.hold, &prev->conf.hold);

    conf->conf.hold.freshness = conf->conf.freshness;
    conf->conf.hold.freshness.stale_while_revalidate = 0;

    ngx_conf_merge_msec_value(conf->conf.max_age, prev->conf.max_age,
                              (ngx_msec_t) 365 * 24 * 3600 * 1000);
    ngx_conf_merge_uint_value(conf->max_fails, prev->max_fails, 5);
    ngx_conf_merge_msec_value(conf->fail_timeout, prev->fail_timeout, 1000);

    ngx_conf_merge_msec_value(conf->max_retry_after, prev->max_retry_after,
                              300 * 1000);

    conf->conf.breaker.max_fails = conf->max_fails;
    conf->conf.breaker.fail_timeout = conf->fail_timeout;
    conf->conf.breaker.max_retry_after = conf->max_retry_after;

    if (ngx_cs_check_handler(cf, conf) != NGX_CONF_OK
        || ngx_cs_merge_zone(cf, conf, prev) != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    return ngx_cs_merge_pass(cf, conf, prev);
}


static void
ngx_cs_merge_fetch(ngx_conf_t *cf, ngx_cs_fetch_conf_t *conf,
    ngx_cs_fetch_conf_t *prev)
{
    ngx_http_core_loc_conf_t  *clcf;

    ngx_conf_merge_msec_value(conf->connect_timeout, prev->connect_timeout,
                              5000);
    ngx_conf_merge_msec_value(conf->timeout, prev->timeout, 15000);
    ngx_conf_merge_msec_value(conf->keepalive_time, prev->keepalive_time,
                              60000);
    ngx_conf_merge_uint_value(conf->retries, prev->retries, 1);
    ngx_conf_merge_uint_value(conf->max_flights, prev->max_flights, 1024);
    ngx_conf_merge_uint_value(conf->max_rate, prev->max_rate, 0);
    ngx_conf_merge_size_value(conf->max_body_size, prev->max_body_size,
                              1024 * 1024);
    ngx_conf_merge_uint_value(conf->http_version, prev->http_version, 20);
    ngx_conf_merge_value(conf->ssl_verify, prev->ssl_verify, 1);

    ngx_conf_merge_str_value(conf->ssl_trusted_certificate,
                             prev->ssl_trusted_certificate, "");
    ngx_conf_merge_str_value(conf->ssl_crl, prev->ssl_crl, "");
    ngx_conf_merge_str_value(conf->ssl_ciphers, prev->ssl_ciphers, "");
    ngx_conf_merge_str_value(conf->ssl_name, prev->ssl_name, "");
    ngx_conf_merge_bitmask_value(conf->ssl_protocols, prev->ssl_protocols,
                                 NGX_CS_TLS_DEFAULT);

    /* a key goes with its certificate */

    if (conf->ssl_certificate.data == NULL
        && conf->ssl_certificate_key.data == NULL)
    {
        conf->ssl_certificate = prev->ssl_certificate;
        conf->ssl_certificate_key = prev->ssl_certificate_key;
    }

    /* a password goes with its proxy */

    if (conf->proxy.data == NULL && conf->proxy_password == NULL) {
        conf->proxy_password = prev->proxy_password;
    }

    ngx_conf_merge_str_value(conf->proxy, prev->proxy, "");

    /* all of a level or none, as proxy_set_header */

    if (conf->fields == NULL) {
        conf->fields = prev->fields;
    }

    /* a port goes with its host */

    if (conf->connect_to.data == NULL) {
        conf->connect_to = prev->connect_to;
        conf->connect_port = prev->connect_port;
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (ngx_cs_resolves(clcf->resolver)) {
        conf->resolver = clcf->resolver;
        conf->resolver_timeout = clcf->resolver_timeout;
    }
}


static void
ngx_cs_merge_freshness(ngx_cs_loc_conf_t *conf, ngx_cs_loc_conf_t *prev)
{
    clear_freshness_conf_t  *freshness, *previous;

    freshness = &conf->conf.freshness;
    previous = &prev->conf.freshness;

    ngx_conf_merge_value(freshness->url_lifetime, previous->url_lifetime,
                         3600 * 1000);
    ngx_conf_merge_value(freshness->url_margin, previous->url_margin,
                         300 * 1000);
    ngx_conf_merge_value(freshness->stale_if_error, previous->stale_if_error,
                         600 * 1000);
    ngx_conf_merge_value(freshness->stale_while_revalidate,
                         previous->stale_while_revalidate, 0);

    if (conf->valid == NULL) {
        conf->valid = prev->valid;
    }

    if (conf->valid) {
        freshness->valid = conf->valid->elts;
        freshness->nvalid = conf->valid->nelts;
    }
}


/* either kind of token takes the place of both kinds of the level above */

static void
ngx_cs_merge_credentials(ngx_cs_credentials_conf_t *conf,
    ngx_cs_credentials_conf_t *prev)
{
    if (conf->token == NULL && conf->token_file == NULL
        && conf->token_name == NULL)
    {
        conf->token = prev->token;
        conf->token_file = prev->token_file;
        conf->token_name = prev->token_name;
        conf->token_folder = prev->token_folder;
    }

    if (conf->integration_id == NULL) {
        conf->integration_id = prev->integration_id;
    }
}


static void
ngx_cs_merge_hold(ngx_cs_hold_conf_t *conf, ngx_cs_hold_conf_t *prev)
{
    ngx_conf_merge_msec_value(conf->wait, prev->wait, 25000);
    ngx_conf_merge_uint_value(conf->max, prev->max, 1000);
    ngx_conf_merge_msec_value(conf->events, prev->events, 600000);
    ngx_conf_merge_msec_value(conf->heartbeat, prev->heartbeat, 15000);

    ngx_str_null(&conf->vary);

    if (conf->wait && conf->events) {
        ngx_str_set(&conf->vary, "Prefer, Accept");

    } else if (conf->wait) {
        ngx_str_set(&conf->vary, "Prefer");

    } else if (conf->events) {
        ngx_str_set(&conf->vary, "Accept");
    }
}


/* other modules take a location over without asking who had it */

static char *
ngx_cs_check_handler(ngx_conf_t *cf, ngx_cs_loc_conf_t *clcf)
{
    ngx_http_core_loc_conf_t  *core;

    core = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->handler && core->handler != clcf->handler) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"%V\" conflicts with another handler of the same "
                      "location in %V:%ui", &clcf->directive,
                      &clcf->place.file, clcf->place.line);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static char *
ngx_cs_merge_zone(ngx_conf_t *cf, ngx_cs_loc_conf_t *conf,
    ngx_cs_loc_conf_t *prev)
{
    ngx_cs_main_conf_t  *cmcf;

    if (conf->zone.data == NULL) {
        conf->zone = prev->zone;
        conf->cache = prev->cache;
    }

    if (conf->zone.len == 0) {
        return ngx_cs_check_zone(cf, conf);
    }

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_clear_status_module);

    conf->conf.shm_zone = ngx_cs_zone_by_name(cmcf, &conf->zone);

    if (conf->conf.shm_zone == NULL) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "unknown zone \"%V\" in \"clear_status_cache\" in %V:%ui",
                      &conf->zone, &conf->cache.file, conf->cache.line);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* what cannot be without a zone, which there is not */

static char *
ngx_cs_check_zone(ngx_conf_t *cf, ngx_cs_loc_conf_t *conf)
{
    char                 *directive;
    ngx_cs_conf_place_t  *place;

    if (conf->notify.line) {
        directive = "clear_status_notify";
        place = &conf->notify;

    } else if (conf->purge) {
        directive = "clear_status_purge";
        place = &conf->place;

    } else {
        return NGX_CONF_OK;
    }

    ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                  "\"%s\" needs \"clear_status_cache\" in %V:%ui",
                  directive, &place->file, place->line);

    return NGX_CONF_ERROR;
}


/* as proxy_pass: "if" and "limit_except" go on with their location's */

static char *
ngx_cs_merge_pass(ngx_conf_t *cf, ngx_cs_loc_conf_t *conf,
    ngx_cs_loc_conf_t *prev)
{
    ngx_cs_main_conf_t        *cmcf;
    ngx_http_core_loc_conf_t  *clcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_clear_status_module);
    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->noname && conf->conf.fetch.url.data == NULL) {
        conf->conf.fetch.url = prev->conf.fetch.url;
        conf->place = prev->place;
        conf->handler = prev->handler;
        conf->notify = prev->notify;
    }

    if (conf->conf.fetch.url.data == NULL) {

        if (conf->notify.line == 0) {
            return NGX_CONF_OK;
        }

        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"clear_status_notify\" needs \"clear_status_pass\" "
                      "in %V:%ui", &conf->notify.file, conf->notify.line);
        return NGX_CONF_ERROR;
    }

    if (clcf->lmt_excpt && clcf->handler == NULL) {
        clcf->handler = conf->handler;
    }

    conf->conf.notify = (conf->notify.line != 0);

    if (ngx_cs_exact_add(cf, &cmcf->exacts, &conf->conf) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return ngx_cs_check_pass(cf, conf);
}


static char *
ngx_cs_check_pass(ngx_conf_t *cf, ngx_cs_loc_conf_t *clcf)
{
    char                       *missing;
    ngx_cs_conf_t              *conf;
    ngx_cs_credentials_conf_t  *credentials;

    conf = &clcf->conf;
    credentials = &conf->credentials;

    missing = (credentials->token == NULL && credentials->token_file == NULL
               && credentials->token_name == NULL)
              ? "\"clear_status_auth_token\" or "
                "\"clear_status_auth_token_file\""
              : (credentials->integration_id == NULL)
                ? "\"clear_status_integration_id\"" : NULL;

    if (missing) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"clear_status_pass\" needs %s in %V:%ui",
                      missing, &clcf->place.file, clcf->place.line);
        return NGX_CONF_ERROR;
    }

    /* what it cannot use may be of a level above, and is named already */

    if (ngx_cs_fetch_init_conf(cf, &conf->fetch) != NGX_OK) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"clear_status_pass\" cannot be used so in %V:%ui",
                      &clcf->place.file, clcf->place.line);
        return NGX_CONF_ERROR;
    }

    if (ngx_cs_trust(cf->pool, &conf->fetch, &credentials->trust) != NGX_OK
        || ngx_cs_credentials_init_conf(cf, credentials, &conf->fetch.url)
           != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


ngx_uint_t
ngx_cs_resolves(ngx_resolver_t *resolver)
{
    if (resolver == NULL) {
        return 0;
    }

#if (angie_version >= 1012000)

    /* what it has by default asks the system's name servers: so may who knows
     * the system's hosts too */

    return resolver->connections != NULL && resolver->resolv_conf.len == 0;

#else
    return resolver->connections.nelts != 0;
#endif
}


ngx_shm_zone_t *
ngx_cs_zone_by_name(ngx_cs_main_conf_t *cmcf, ngx_str_t *name)
{
    ngx_uint_t        i;
    ngx_shm_zone_t  **zones;

    zones = cmcf->zones.elts;

    for (i = 0; i < cmcf->zones.nelts; i++) {
        if (ngx_cs_str_eq(&zones[i]->shm.name, name)) {
            return zones[i];
        }
    }

    return NULL;
}


void
ngx_cs_place(ngx_conf_t *cf, ngx_cs_conf_place_t *place)
{
    if (cf->conf_file) {
        place->file = cf->conf_file->file.name;
        place->line = cf->conf_file->line;
    }
}
