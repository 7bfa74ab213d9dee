/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The URL of a Redis, as its operator writes it:
 *
 *     redis://HOST[:PORT][/DB]
 *     redis+sentinel://HOST[:PORT],HOST[:PORT],.../NAME[/DB]
 *
 * and either with "rediss" for TLS.  Plain C: no nginx, no allocation; what it
 * tells of points into the URL.
 */


#ifndef _CLEAR_REDIS_URL_H_INCLUDED_
#define _CLEAR_REDIS_URL_H_INCLUDED_


#include <stddef.h>


/* as many Sentinels at the most */
#define CLEAR_REDIS_HOSTS  16

/* the longest name in DNS (RFC 1035, section 2.3.4), and of a master */
#define CLEAR_REDIS_HOST_MAX    253
#define CLEAR_REDIS_MASTER_MAX  128

/* the highest database */
#define CLEAR_REDIS_DB_MAX  65535


typedef struct {
    const char                  *name;     /* of IPv6 without its brackets */
    size_t                       len;
    unsigned                     port;
} clear_redis_host_t;


typedef struct {
    clear_redis_host_t           hosts[CLEAR_REDIS_HOSTS];
    size_t                       nhosts;   /* 1, or some Sentinels */
    const char                  *master;   /* as Sentinel knows it, or NULL */
    size_t                       master_len;
    unsigned                     db;
    unsigned                     tls:1;
} clear_redis_url_t;


/*
 * s, len: the URL.  Returns NULL where *url is set, else what is wrong, in
 * words that go behind the URL.  Whoever shows the URL makes sure first that
 * there is no '@': it may come behind a password.
 */
const char *clear_redis_url(const char *s, size_t len, clear_redis_url_t *url);


#endif /* _CLEAR_REDIS_URL_H_INCLUDED_ */
