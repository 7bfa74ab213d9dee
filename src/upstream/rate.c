/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * How many fetches of a tenant may begin in a second; see the header.
 *
 * A fixed table without pointers: sets of a few tenants, each known by the
 * SHA-256 of its name, with the time from which the next fetch may begin.
 * Nothing has to be repaired after a worker that dies while it writes.  In a
 * full set the one goes whose time is the longest past: it would not have to
 * wait anyhow.
 */


#include "upstream/rate.h"

#include "core/block.h"
#include "core/digest.h"


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


typedef struct {
    ngx_cs_rate_t                tenants[NGX_CS_RATE_SETS][NGX_CS_RATE_WAYS];
} ngx_cs_rates_t;


static ngx_cs_rate_t *ngx_cs_rate_find(ngx_cs_rate_t *set, u_char *digest);
static int64_t ngx_cs_rate_next(ngx_cs_rate_t *t, ngx_uint_t rate,
    int64_t now, ngx_uint_t waited);


/* of the configuration that this worker runs */
static ngx_shm_zone_t  *ngx_cs_rate_zone;


ngx_msec_t
ngx_cs_rate_begin(ngx_str_t *tenant, ngx_uint_t rate, int64_t now,
    ngx_uint_t waited)
{
    u_char           digest[NGX_CS_DIGEST_LEN];
    int64_t          wait;
    ngx_uint_t       set;
    ngx_cs_rate_t   *t;
    ngx_cs_rates_t  *rates;

    if (rate == 0 || ngx_cs_rate_zone == NULL
        || ngx_cs_digest(tenant->data, tenant->len, digest) != NGX_OK)
    {
        return 0;
    }

    rates = ngx_cs_rate_zone->data;
    set = (digest[NGX_CS_RATE_DIGEST] | digest[NGX_CS_RATE_DIGEST + 1] << 8)
          % NGX_CS_RATE_SETS;

    ngx_cs_block_lock(ngx_cs_rate_zone);

    t = ngx_cs_rate_find(rates->tenants[set], digest);
    wait = ngx_cs_rate_next(t, rate, now * 1000, waited);

    ngx_cs_block_unlock(ngx_cs_rate_zone);

    return (ngx_msec_t) ((wait + 999) / 1000);
}


static ngx_cs_rate_t *
ngx_cs_rate_find(ngx_cs_rate_t *set, u_char *digest)
{
    ngx_uint_t      i;
    ngx_cs_rate_t  *oldest;

    oldest = &set[0];

    for (i = 0; i < NGX_CS_RATE_WAYS; i++) {

        if (ngx_memcmp(set[i].digest, digest, NGX_CS_RATE_DIGEST) == 0) {
            return &set[i];
        }

        if (set[i].next < oldest->next) {
            oldest = &set[i];
        }
    }

    ngx_memcpy(oldest->digest, digest, NGX_CS_RATE_DIGEST);
    oldest->next = 0;

    return oldest;
}


/*
 * Times are in us, as there may be many fetches in a ms.  Who had to wait
 * counts from when it was due, so that late timers make no lower rate; a
 * tenant that had nothing to fetch saves nothing up.
 */

static int64_t
ngx_cs_rate_next(ngx_cs_rate_t *t, ngx_uint_t rate, int64_t now,
    ngx_uint_t waited)
{
    int64_t  interval, since;

    interval = 1000 * 1000 * 1000 / (int64_t) rate;

    /* a rate that was lower before a reload holds nobody for longer */

    t->next = ngx_min(t->next, now + interval);

    if (t->next >= now + 1000) {
        return t->next - now;
    }

    since = waited ? now - NGX_CS_RATE_LATE : now;

    t->next = ngx_max(t->next, since) + interval;

    return 0;
}


ngx_shm_zone_t *
ngx_cs_rate_add(ngx_conf_t *cf, void *tag)
{
    ngx_str_t  name = ngx_string("clear_status rates");

    return ngx_cs_block_add(cf, &name, sizeof(ngx_cs_rates_t), tag);
}


void
ngx_cs_rate_init_process(ngx_shm_zone_t *shm_zone)
{
    ngx_cs_rate_zone = shm_zone;
}
