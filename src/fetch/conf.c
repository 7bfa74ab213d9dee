/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What a location says about its fetches, made ready; see the header.
 */


#include "fetch/conf.h"

#include <curl/curl.h>

#include "core/str.h"
#include "fetch/tls.h"


static void ngx_cs_fetch_conf_url(ngx_cs_fetch_conf_t *conf);
static ngx_uint_t ngx_cs_fetch_conf_fixed(ngx_str_t *host);
static ngx_int_t ngx_cs_fetch_conf_peer(ngx_conf_t *cf,
    ngx_cs_fetch_conf_t *conf);
static ngx_int_t ngx_cs_fetch_conf_proxy(ngx_conf_t *cf,
    ngx_cs_fetch_conf_t *conf);
static ngx_int_t ngx_cs_fetch_conf_user(ngx_conf_t *cf,
    ngx_cs_fetch_conf_t *conf);


ngx_int_t
ngx_cs_fetch_init_conf(ngx_conf_t *cf, ngx_cs_fetch_conf_t *conf)
{
    ngx_str_t          none;
    ngx_cs_tls_conf_t  tls;

    ngx_cs_fetch_conf_url(conf);

    if (ngx_cs_fetch_conf_peer(cf, conf) != NGX_OK
        || ngx_cs_fetch_conf_proxy(cf, conf) != NGX_OK
        || ngx_cs_fetch_conf_user(cf, conf) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (conf->ssl_certificate_key.len && conf->ssl_certificate.len == 0) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"clear_status_ssl_certificate_key\" \"%V\" needs "
                      "\"clear_status_ssl_certificate\"",
                      &conf->ssl_certificate_key);
        return NGX_ERROR;
    }

    conf->https_proxy = (conf->proxy.len
                         && ngx_strncasecmp(conf->proxy.data,
                                            (u_char *) "https:", 6)
                            == 0);

    if (!conf->https && !conf->https_proxy) {
        return NGX_OK;
    }

    ngx_str_null(&none);

    /* one file may hold both */

    tls.verify = conf->ssl_verify;
    tls.trusted = conf->ssl_verify ? conf->ssl_trusted_certificate : none;
    tls.crl = conf->ssl_verify ? conf->ssl_crl : none;
    tls.protocols = conf->ssl_protocols;
    tls.ciphers = conf->ssl_ciphers;
    tls.certificate = conf->ssl_certificate;
    tls.key = conf->ssl_certificate_key.len ? conf->ssl_certificate_key
                                            : conf->ssl_certificate;

    conf->tls = ngx_cs_tls_create(cf, &tls);

    return conf->tls ? NGX_OK : NGX_ERROR;
}


/*
 * Where upstream is called something else in TLS, that is the host of the URL
 * that libcurl gets, as it has no other way to say so.
 */

ngx_uint_t
ngx_cs_fetch_named(ngx_cs_fetch_conf_t *conf)
{
    return conf->https && conf->ssl_name.len
           && !ngx_cs_str_eq(&conf->ssl_name, &conf->host);
}


/* the URL was checked: http or https, a host, at most a port, a path */

static void
ngx_cs_fetch_conf_url(ngx_cs_fetch_conf_t *conf)
{
    u_char    *p, *last, *colon;
    ngx_int_t  port;

    conf->https = (ngx_strncasecmp(conf->url.data, (u_char *) "https:", 6)
                   == 0);

    p = conf->url.data + (conf->https ? sizeof("https://") - 1
                                      : sizeof("http://") - 1);
    last = conf->url.data + conf->url.len;

    conf->authority.data = p;

    while (p < last && *p != '/' && *p != '?' && *p != '#') {
        p++;
    }

    conf->authority.len = p - conf->authority.data;
    conf->host = conf->authority;
    conf->port = conf->https ? 443 : 80;

    for (colon = p; colon > conf->host.data; colon--) {

        if (colon[-1] == ']') {
            break;
        }

        if (colon[-1] == ':') {
            conf->host.len = colon - 1 - conf->host.data;

            port = ngx_atoi(colon, p - colon);
            if (port > 0) {
                conf->port = (in_port_t) port;
            }

            break;
        }
    }
}


/* addresses, and the name that libcurl never asks for (RFC 6761) */

static ngx_uint_t
ngx_cs_fetch_conf_fixed(ngx_str_t *host)
{
    if (host->len == 0 || host->data[0] == '['
        || ngx_inet_addr(host->data, host->len) != INADDR_NONE)
    {
        return 1;
    }

    return host->len == sizeof("localhost") - 1
           && ngx_strncasecmp(host->data, (u_char *) "localhost", host->len)
              == 0;
}


/* for libcurl: any host and port, and those in their place */

static ngx_int_t
ngx_cs_fetch_conf_peer(ngx_conf_t *cf, ngx_cs_fetch_conf_t *conf)
{
    u_char             *p;
    ngx_str_t          *host;
    struct curl_slist  *list;

    conf->peer = conf->connect_to.len ? conf->connect_to : conf->host;
    conf->peer_port = (conf->connect_to.len && conf->connect_port)
                      ? conf->connect_port : conf->port;
    conf->fixed = ngx_cs_fetch_conf_fixed(&conf->peer);

    host = &conf->host;

    if (ngx_cs_fetch_named(conf)) {
        host = &conf->ssl_name;

        p = ngx_pnalloc(cf->pool, sizeof("Host: ") + conf->authority.len);
        if (p == NULL) {
            return NGX_ERROR;
        }

        (void) ngx_sprintf(p, "Host: %V%Z", &conf->authority);
        conf->host_field = p;
    }

    if (conf->peer_port == conf->port && ngx_cs_str_eq(&conf->peer, host)) {
        return NGX_OK;
    }

    list = ngx_palloc(cf->pool, sizeof(struct curl_slist));
    p = ngx_pnalloc(cf->pool, conf->peer.len + sizeof(":::65535"));

    if (list == NULL || p == NULL) {
        return NGX_ERROR;
    }

    conf->route.data = p;
    conf->route.len = ngx_sprintf(p, "::%V:%d%Z", &conf->peer,
                                  (int) conf->peer_port)
                      - p - 1;

    list->data = (char *) p;
    list->next = NULL;

    conf->routes = list;

    return NGX_OK;
}


/* a SOCKS proxy resolves the name, as the others do: libcurl's "socks5h" */

static ngx_int_t
ngx_cs_fetch_conf_proxy(ngx_conf_t *cf, ngx_cs_fetch_conf_t *conf)
{
    size_t   skip;
    u_char  *p;

    skip = sizeof("socks5:") - 1;

    if (conf->proxy.len <= skip
        || ngx_strncasecmp(conf->proxy.data, (u_char *) "socks5:", skip) != 0)
    {
        return NGX_OK;
    }

    p = ngx_pnalloc(cf->pool, conf->proxy.len + sizeof("h"));
    if (p == NULL) {
        return NGX_ERROR;
    }

    (void) ngx_sprintf(p, "socks5h:%s%Z", conf->proxy.data + skip);

    conf->proxy.data = p;
    conf->proxy.len++;

    return NGX_OK;
}


/*
 * The password of a file is not to stand in a URL: libcurl takes an empty one
 * of a URL that has a user for the password.
 */

static ngx_int_t
ngx_cs_fetch_conf_user(ngx_conf_t *cf, ngx_cs_fetch_conf_t *conf)
{
    u_char     *p, *at, *last, *dst, *src;
    ngx_str_t   user;

    conf->proxy_url = conf->proxy;

    if (conf->proxy_password == NULL || conf->proxy.len == 0) {
        return NGX_OK;
    }

    last = conf->proxy.data + conf->proxy.len;

    user.data = ngx_strlchr(conf->proxy.data, last, ':') + sizeof("://") - 1;

    at = NULL;

    for (p = user.data; p < last && !ngx_strchr("/?#", *p); p++) {
        if (*p == '@') {
            at = p;
        }
    }

    user.len = at ? at - user.data : 0;

    if (user.len == 0 || ngx_strlchr(user.data, at, ':')) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"clear_status_proxy_password_file\" needs a user and "
                      "no password in the URL of \"clear_status_proxy\"");
        return NGX_ERROR;
    }

    conf->proxy_user.data = ngx_pnalloc(cf->pool, user.len + 1);
    conf->proxy_url.data = ngx_pnalloc(cf->pool, conf->proxy.len + 1);

    if (conf->proxy_user.data == NULL || conf->proxy_url.data == NULL) {
        return NGX_ERROR;
    }

    dst = conf->proxy_user.data;
    src = user.data;

    ngx_unescape_uri(&dst, &src, user.len, 0);
    *dst = '\0';
    conf->proxy_user.len = dst - conf->proxy_user.data;

    dst = ngx_cpymem(conf->proxy_url.data, conf->proxy.data,
                     user.data - conf->proxy.data);
    dst = ngx_cpymem(dst, at + 1, last - at - 1);
    *dst = '\0';
    conf->proxy_url.len = dst - conf->proxy_url.data;

    return NGX_OK;
}
