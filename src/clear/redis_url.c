/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The URL of a Redis; see the header.  Hosts are taken as RFC 3986, section
 * 3.2.2 has names and literal addresses; a master's name as Sentinel's
 * configuration does.
 */


#include "clear/redis_url.h"

#include <string.h>


#define CLEAR_REDIS_PORT           6379
#define CLEAR_REDIS_SENTINEL_PORT  26379

#define CLEAR_REDIS_ADDRESS  "0123456789abcdefABCDEF:."
#define CLEAR_REDIS_NAME     "0123456789abcdefghijklmnopqrstuvwxyz"         \
                             "ABCDEFGHIJKLMNOPQRSTUVWXYZ.-_"


static const char *clear_redis_url_hosts(const char **p, const char *end,
    clear_redis_url_t *url);
static const char *clear_redis_url_host(const char *p, const char *end,
    clear_redis_host_t *host);
static const char *clear_redis_url_port(const char *p, const char *end,
    clear_redis_host_t *host);
static const char *clear_redis_url_master(const char **p, const char *end,
    clear_redis_url_t *url);
static const char *clear_redis_url_db(const char *p, const char *end,
    clear_redis_url_t *url);
static int clear_redis_url_number(const char *p, const char *end,
    unsigned most, unsigned *number);
static int clear_redis_url_word(const char *p, const char *end,
    const char *set);
static const char *clear_redis_url_find(const char *p, const char *end,
    int c);


static const struct {
    const char  *name;
    unsigned     tls;
    unsigned     sentinel;
} clear_redis_schemes[] = {
    { "redis://", 0, 0 },
    { "rediss://", 1, 0 },
    { "redis+sentinel://", 0, 1 },
    { "rediss+sentinel://", 1, 1 }
};


const char *
clear_redis_url(const char *s, size_t len, clear_redis_url_t *url)
{
    size_t       i, n;
    const char  *end, *err;

    memset(url, 0, sizeof(clear_redis_url_t));

    end = s + len;

    for (i = 0; i < 4; i++) {
        n = strlen(clear_redis_schemes[i].name);

        if (len >= n && memcmp(s, clear_redis_schemes[i].name, n) == 0) {
            break;
        }
    }

    if (i == 4) {
        return "must begin with \"redis://\", \"rediss://\", "
               "\"redis+sentinel://\" or \"rediss+sentinel://\"";
    }

    s += n;
    url->tls = clear_redis_schemes[i].tls;

    if (clear_redis_url_find(s, end, '@') != end) {
        return "may have no user: write user= and password_file=";
    }

    if (clear_redis_schemes[i].sentinel) {
        url->master = "";
    }

    err = clear_redis_url_hosts(&s, end, url);

    if (err == NULL && url->master) {
        err = clear_redis_url_master(&s, end, url);
    }

    return err ? err : clear_redis_url_db(s, end, url);
}


/* *p is at the slash behind them then, or at the end */

static const char *
clear_redis_url_hosts(const char **p, const char *end, clear_redis_url_t *url)
{
    const char  *s, *comma, *slash, *err;

    s = *p;
    slash = clear_redis_url_find(s, end, '/');

    for ( ;; ) {
        comma = clear_redis_url_find(s, slash, ',');

        if (url->nhosts == CLEAR_REDIS_HOSTS) {
            return "has too many hosts";
        }

        err = clear_redis_url_host(s, comma, &url->hosts[url->nhosts]);
        if (err) {
            return err;
        }

        if (url->hosts[url->nhosts].port == 0) {
            url->hosts[url->nhosts].port = url->master
                                           ? CLEAR_REDIS_SENTINEL_PORT
                                           : CLEAR_REDIS_PORT;
        }

        url->nhosts++;

        if (comma == slash) {
            break;
        }

        s = comma + 1;
    }

    *p = slash;

    return (url->nhosts > 1 && url->master == NULL)
           ? "may have several hosts with Sentinel only" : NULL;
}


static const char *
clear_redis_url_host(const char *p, const char *end, clear_redis_host_t *host)
{
    const char  *behind;

    if (p < end && *p == '[') {
        behind = clear_redis_url_find(p, end, ']');

        if (behind == end) {
            return "has an address without its \"]\"";
        }

        host->name = p + 1;
        host->len = behind - host->name;

        if (host->len == 0
            || !clear_redis_url_word(host->name, behind, CLEAR_REDIS_ADDRESS))
        {
            return "has an address that is none";
        }

        return clear_redis_url_port(behind + 1, end, host);
    }

    behind = clear_redis_url_find(p, end, ':');

    host->name = p;
    host->len = behind - p;

    if (host->len == 0) {
        return "must have a host";
    }

    if (host->len > CLEAR_REDIS_HOST_MAX
        || !clear_redis_url_word(p, behind, CLEAR_REDIS_NAME))
    {
        return "has a host that is none";
    }

    return clear_redis_url_port(behind, end, host);
}


/* from the colon on, or nothing */

static const char *
clear_redis_url_port(const char *p, const char *end, clear_redis_host_t *host)
{
    if (p == end) {
        return NULL;
    }

    if (*p != ':'
        || !clear_redis_url_number(p + 1, end, 65535, &host->port)
        || host->port == 0)
    {
        return "has a port that is none";
    }

    return NULL;
}


static const char *
clear_redis_url_master(const char **p, const char *end, clear_redis_url_t *url)
{
    const char  *s;

    s = *p;

    if (s < end) {
        s++;
    }

    *p = clear_redis_url_find(s, end, '/');

    url->master = s;
    url->master_len = *p - s;

    if (url->master_len == 0) {
        return "must have the master's name behind its Sentinels";
    }

    if (url->master_len > CLEAR_REDIS_MASTER_MAX
        || !clear_redis_url_word(s, *p, CLEAR_REDIS_NAME))
    {
        return "has a master's name that is none";
    }

    return NULL;
}


/* from the slash on, or nothing; nothing behind a slash is nothing too */

static const char *
clear_redis_url_db(const char *p, const char *end, clear_redis_url_t *url)
{
    if (p == end || p + 1 == end) {
        return NULL;
    }

    return clear_redis_url_number(p + 1, end, CLEAR_REDIS_DB_MAX, &url->db)
           ? NULL : "has a database that is no number up to 65535";
}


static int
clear_redis_url_number(const char *p, const char *end, unsigned most,
    unsigned *number)
{
    unsigned  n;

    if (p == end || end - p > 5) {
        return 0;
    }

    for (n = 0; p < end; p++) {
        if (*p < '0' || *p > '9') {
            return 0;
        }

        n = 10 * n + (*p - '0');
    }

    *number = n;

    return n <= most;
}


/* of these characters alone */

static int
clear_redis_url_word(const char *p, const char *end, const char *set)
{
    size_t  len;

    len = strlen(set);

    for ( /* void */ ; p < end; p++) {
        if (memchr(set, *p, len) == NULL) {
            return 0;
        }
    }

    return 1;
}


/* where c is, or end */

static const char *
clear_redis_url_find(const char *p, const char *end, int c)
{
    const char  *found;

    found = (p < end) ? memchr(p, c, end - p) : NULL;

    return found ? found : end;
}
