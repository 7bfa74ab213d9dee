/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * How look-ups in a tier ended; see the header.
 */


#include "tier/tally.h"

#include "clear/table.h"


ngx_str_t  ngx_cs_tally_outcomes[] = {
    ngx_string("hit"),
    ngx_string("stale"),
    ngx_string("miss"),
    ngx_string("timeout"),
    ngx_string("error"),
    ngx_string("off")
};

clear_table(ngx_cs_tally_outcomes, NGX_CS_TALLY_OFF);


static int64_t  ngx_cs_tally_bounds[] = NGX_CS_TALLY_BOUNDS;

clear_table(ngx_cs_tally_bounds, NGX_CS_TALLY_BUCKETS - 2);


void
ngx_cs_tally_begin(struct timespec *begun)
{
    (void) clock_gettime(CLOCK_MONOTONIC, begun);
}


void
ngx_cs_tally_count(ngx_cs_tally_t *tally, ngx_cs_tally_e outcome,
    struct timespec *begun)
{
    int64_t          us;
    ngx_uint_t       i;
    struct timespec  now;

    (void) ngx_atomic_fetch_add(&tally->lookups[outcome], 1);

    if (begun == NULL) {
        return;
    }

    ngx_cs_tally_begin(&now);

    us = (int64_t) (now.tv_sec - begun->tv_sec) * 1000000
         + (now.tv_nsec - begun->tv_nsec) / 1000;

    for (i = 0; i < NGX_CS_TALLY_BUCKETS - 1; i++) {
        if (us <= ngx_cs_tally_bounds[i]) {
            break;
        }
    }

    (void) ngx_atomic_fetch_add(&tally->buckets[i], 1);
    (void) ngx_atomic_fetch_add(&tally->us, us);
}
