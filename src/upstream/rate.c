/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * How many fetches of a tenant may begin in a second; see the header.
 *
 * A table of tenants (core/ways.h), each known by the SHA-256 of its name, with
 * the time from which the next fetch may begin.  In a full set the one goes
 * whose time is the longest past: it would not have to wait anyhow.
 */


#include "upstream/rate.h"

#include "core/digest.h"
#include "core/ways.h"


#define NGX_CS_RATE_SETS    512
#define NGX_CS_RATE_WAYS    8

/* of a digest, enough to tell tenants apart */
#define NGX_CS_RATE_DIGEST  16

/* what may be made up for where a fetch had to wait, and came late, us */
#define NGX_CS_RATE_LATE    100000


typedef struct {
    u_char                       digest[NGX_CS_RATE_DIGEST];
    int64_t                      next;     /* mono, us */
} ngx_cs_rate_t;


static ngx_cs_rate_t *ngx_cs_rate_get(u_char *digest);
static int64_t ngx_cs_rate_worth(void *place);
static int64_t ngx_cs_rate_next(ngx_cs_rate_t *t, ngx_uint_t rate,
    int64_t now, ngx_cs_rate_e how);


ngx_cs_block_t  ngx_cs_rate_block = {
    ngx_string("clear_status rates"),
    NGX_CS_RATE_SETS * NGX_CS_RATE_WAYS * sizeof(ngx_cs_rate_t),
    NULL
};


static ngx_cs_ways_t  ngx_cs_rate_ways = {
    NGX_CS_RATE_SETS,
    NGX_CS_RATE_WAYS,
    sizeof(ngx_cs_rate_t),
    NGX_CS_RATE_DIGEST,
    ngx_cs_rate_worth
};


ngx_msec_t
ngx_cs_rate_begin(ngx_str_t *tenant, ngx_uint_t rate, int64_t now,
    ngx_cs_rate_e how)
{
    u_char   digest[NGX_CS_DIGEST_LEN];
    int64_t  wait;

    if (rate == 0 || ngx_cs_rate_block.zone == NULL
        || ngx_cs_digest(tenant->data, tenant->len, digest) != NGX_OK)
    {
        return 0;
    }

    ngx_cs_block_lock(ngx_cs_rate_block.zone);

    wait = ngx_cs_rate_next(ngx_cs_rate_get(digest), rate, now * 1000, how);

    ngx_cs_block_unlock(ngx_cs_rate_block.zone);

    return (ngx_msec_t) ((wait + 999) / 1000);
}


static ngx_cs_rate_t *
ngx_cs_rate_get(u_char *digest)
{
    void           *table;
    ngx_cs_rate_t  *t;

    table = ngx_cs_rate_block.zone->data;

    t = ngx_cs_ways_find(&ngx_cs_rate_ways, table, digest);

    if (t == NULL) {
        t = ngx_cs_ways_least(&ngx_cs_rate_ways, table, digest);

        ngx_memcpy(t->digest, digest, NGX_CS_RATE_DIGEST);
        t->next = 0;
    }

    return t;
}


static int64_t
ngx_cs_rate_worth(void *place)
{
    ngx_cs_rate_t *t = place;

    return t->next ? t->next : INT64_MIN;
}


/*
 * Times are in us, as there may be many fetches in a ms.  Who had to wait
 * counts from when it was due, so that late timers make no lower rate; a
 * tenant that had nothing to fetch saves nothing up.
 */

static int64_t
ngx_cs_rate_next(ngx_cs_rate_t *t, ngx_uint_t rate, int64_t now,
    ngx_cs_rate_e how)
{
    int64_t  interval, since;

    interval = 1000 * 1000 * 1000 / (int64_t) rate;

    /* a rate that was lower before a reload holds nobody for longer */

    t->next = ngx_min(t->next, now + interval);

    if (t->next >= now + 1000 && how != NGX_CS_RATE_PERMITTED) {
        return t->next - now;
    }

    since = (how == NGX_CS_RATE_WAITED) ? now - NGX_CS_RATE_LATE : now;

    t->next = ngx_max(t->next, since) + interval;

    return 0;
}
