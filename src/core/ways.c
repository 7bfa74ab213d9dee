/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * A table of sets of a few places; see the header.
 */


#include "core/ways.h"


static u_char *ngx_cs_ways_set(ngx_cs_ways_t *ways, void *table,
    u_char *digest);


void *
ngx_cs_ways_find(ngx_cs_ways_t *ways, void *table, u_char *digest)
{
    u_char      *place;
    ngx_uint_t   i;

    place = ngx_cs_ways_set(ways, table, digest);

    for (i = 0; i < ways->ways; i++) {

        if (ngx_memcmp(place, digest, ways->digest) == 0) {
            return place;
        }

        place += ways->size;
    }

    return NULL;
}


void *
ngx_cs_ways_least(ngx_cs_ways_t *ways, void *table, u_char *digest)
{
    u_char      *place, *victim;
    int64_t      worth, least;
    ngx_uint_t   i;

    place = ngx_cs_ways_set(ways, table, digest);

    victim = place;
    least = ways->worth(place);

    for (i = 1; i < ways->ways; i++) {
        place += ways->size;
        worth = ways->worth(place);

        if (worth < least) {
            victim = place;
            least = worth;
        }
    }

    return victim;
}


/* a digest's bytes are as good as random, each of them */

static u_char *
ngx_cs_ways_set(ngx_cs_ways_t *ways, void *table, u_char *digest)
{
    uint32_t  n;

    ngx_memcpy(&n, digest, sizeof(uint32_t));

    return (u_char *) table + n % ways->sets * ways->ways * ways->size;
}
