/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What a location says about its fetches, checked and made ready when the
 * configuration is read: trust, client certificate, proxy, whom to connect to,
 * and the name to resolve.
 */


#ifndef _NGX_CS_FETCH_CONF_H_INCLUDED_
#define _NGX_CS_FETCH_CONF_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "fetch/protocols.h"


struct ngx_cs_secret_file_s;


/*
 * Embedded in the location configuration.  The first block is set by
 * directives, before ngx_cs_fetch_init_conf(); strings are
 * terminated by a NUL that their length does not count.
 */

typedef struct ngx_cs_fetch_conf_s {
    ngx_str_t                    url;      /* scheme, authority, path */
    ngx_msec_t                   connect_timeout;
    ngx_msec_t                   timeout;  /* the whole, retries included */
    ngx_msec_t                   keepalive_time;  /* of a connection */
    ngx_uint_t                   retries;
    ngx_uint_t                   max_flights;  /* of a worker, at one
                                                  upstream */
    ngx_uint_t                   max_rate;     /* fetches a second of a
                                                  tenant, 1 corresponds to
                                                  0.001 r/s; 0: any */
    size_t                       max_body_size;  /* decoded bytes */
    ngx_uint_t                   http_version;   /* 11 or 20 */
    ngx_flag_t                   ssl_verify;
    ngx_str_t                    ssl_trusted_certificate;  /* or empty */
    ngx_str_t                    ssl_crl;
    ngx_str_t                    ssl_certificate;
    ngx_str_t                    ssl_certificate_key;
    ngx_uint_t                   ssl_protocols;  /* NGX_CS_TLS_... */
    ngx_str_t                    ssl_ciphers;    /* or empty */
    ngx_str_t                    ssl_name;       /* for SNI and to verify;
                                                    empty: the URL's host */
    ngx_str_t                    proxy;    /* empty: none */
    struct ngx_cs_secret_file_s *proxy_password;  /* or NULL */
    ngx_str_t                    connect_to;  /* a host in the place of the
                                                 URL's; or empty */
    in_port_t                    connect_port;  /* with it, 0: the URL's */
    ngx_array_t                 *fields;   /* further ones of each request, of
                                              ngx_keyval_t; or NULL */
    ngx_resolver_t              *resolver; /* NULL: the system's, by libcurl */
    ngx_msec_t                   resolver_timeout;

    /* made by init_conf */

    void                        *tls;      /* NULL: nothing uses TLS */
    ngx_str_t                    authority;
    ngx_str_t                    host;     /* an IPv6 address in brackets */
    in_port_t                    port;
    ngx_str_t                    peer;     /* whom to connect to, likewise */
    in_port_t                    peer_port;
    ngx_str_t                    route;    /* to it, as libcurl takes it;
                                              empty: the peer is the URL's */
    void                        *routes;   /* the same as its list, or NULL */
    u_char                      *host_field;  /* where libcurl is told of
                                                 another host than the URL's,
                                                 else NULL */
    ngx_str_t                    proxy_url;   /* without the user, where the
                                                 password is in a file */
    ngx_str_t                    proxy_user;  /* decoded, likewise */
    unsigned                     https:1;
    unsigned                     https_proxy:1;
    unsigned                     fixed:1;  /* peer needs no resolver */
} ngx_cs_fetch_conf_t;


/*
 * At configuration time, once a location's settings are merged: reads the
 * trusted certificates once into a store that all connections share, reads
 * certificate and key.  Errors are logged with the directive's name.
 */
ngx_int_t ngx_cs_fetch_init_conf(ngx_conf_t *cf, ngx_cs_fetch_conf_t *conf);

/* 1 where upstream's name in TLS is another than the URL's host */
ngx_uint_t ngx_cs_fetch_named(ngx_cs_fetch_conf_t *conf);


#endif /* _NGX_CS_FETCH_CONF_H_INCLUDED_ */
