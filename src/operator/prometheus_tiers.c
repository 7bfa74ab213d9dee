/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The metrics of what is below the zone; see the header.
 */


#include "operator/prometheus_tiers.h"

#if (NGX_CS_HAVE_HIREDIS)
#include "redis/block.h"
#endif
#if (NGX_CS_HAVE_SQLITE)
#include "tier/disk.h"
#endif
#if (NGX_CS_HAVE_HIREDIS)
#include "tier/fleets.h"
#endif
#include "tier/tally.h"
#include "tier/tier.h"


/* one of the zones that have it */

typedef struct {
    char                         *name;
    char                         *type;
    char                         *help;
    ngx_uint_t                  (*has)(ngx_shm_zone_t *zone);
    void                        (*print)(ngx_cs_text_t *t,
                                      ngx_shm_zone_t *zone,
                                      ngx_cs_sample_t *sample);
} ngx_cs_tier_metric_t;


typedef struct {
    char                         *tier;
    ngx_cs_tally_t               *tally;
} ngx_cs_named_tally_t;


#if (NGX_CS_HAVE_SQLITE)
static ngx_uint_t ngx_cs_prometheus_disk_has(ngx_shm_zone_t *zone);
static void ngx_cs_prometheus_disk_bytes(ngx_cs_text_t *t,
    ngx_shm_zone_t *zone, ngx_cs_sample_t *sample);
static void ngx_cs_prometheus_disk_dropped(ngx_cs_text_t *t,
    ngx_shm_zone_t *zone, ngx_cs_sample_t *sample);
#endif
#if (NGX_CS_HAVE_HIREDIS)
static ngx_uint_t ngx_cs_prometheus_fleet_has(ngx_shm_zone_t *zone);
static void ngx_cs_prometheus_redis_up(ngx_cs_text_t *t, ngx_shm_zone_t *zone,
    ngx_cs_sample_t *sample);
static void ngx_cs_prometheus_lone(ngx_cs_text_t *t, ngx_shm_zone_t *zone,
    ngx_cs_sample_t *sample);
#endif
static ngx_uint_t ngx_cs_prometheus_tallies(ngx_shm_zone_t *zone,
    ngx_cs_named_tally_t *tallies);
static ngx_uint_t ngx_cs_prometheus_tier_has(ngx_shm_zone_t *zone);
static void ngx_cs_prometheus_tier_lookups(ngx_cs_text_t *t,
    ngx_shm_zone_t *zone, ngx_cs_sample_t *sample);
static void ngx_cs_prometheus_tier_seconds(ngx_cs_text_t *t,
    ngx_shm_zone_t *zone, ngx_cs_sample_t *sample);


/* each in turn, of those zones that have it; no name without samples */

void
ngx_cs_prometheus_tiers(ngx_cs_text_t *t, ngx_shm_zone_t **zones,
    ngx_cs_sample_t *samples, ngx_uint_t n)
{
    ngx_uint_t            i, headed;
    ngx_cs_tier_metric_t *m;

    static ngx_cs_tier_metric_t  metrics[] = {
#if (NGX_CS_HAVE_SQLITE)
        { "disk_bytes", "gauge", "Files of a zone's database.",
          ngx_cs_prometheus_disk_has, ngx_cs_prometheus_disk_bytes },
        { "disk_dropped_total", "counter",
          "Finished answers that left a zone before they were on disk.",
          ngx_cs_prometheus_disk_has, ngx_cs_prometheus_disk_dropped },
#endif
#if (NGX_CS_HAVE_HIREDIS)
        { "redis_up", "gauge",
          "Whether all workers are connected to a zone's Redis.",
          ngx_cs_prometheus_fleet_has, ngx_cs_prometheus_redis_up },
        { "lone_flights_total", "counter",
          "Fetches without a lease in the zone's Redis, which was off.",
          ngx_cs_prometheus_fleet_has, ngx_cs_prometheus_lone },
#endif
        { "tier_lookups_total", "counter",
          "Look-ups below the zone by how they ended.",
          ngx_cs_prometheus_tier_has, ngx_cs_prometheus_tier_lookups },
        { "tier_seconds", "histogram",
          "How long a look-up below the zone took.",
          ngx_cs_prometheus_tier_has, ngx_cs_prometheus_tier_seconds },
        { NULL, NULL, NULL, NULL, NULL }
    };

    for (m = metrics; m->name; m++) {
        headed = 0;

        for (i = 0; i < n; i++) {

            if (!m->has(zones[i])) {
                continue;
            }

            if (!headed) {
                headed = 1;
                ngx_cs_exposition_head(t, m->name, m->type, m->help);
            }

            m->print(t, zones[i], &samples[i]);
        }
    }
}


#if (NGX_CS_HAVE_SQLITE)

static ngx_uint_t
ngx_cs_prometheus_disk_has(ngx_shm_zone_t *zone)
{
    return ngx_cs_disk_of(zone) != NULL;
}


static void
ngx_cs_prometheus_disk_bytes(ngx_cs_text_t *t, ngx_shm_zone_t *zone,
    ngx_cs_sample_t *sample)
{
    ngx_cs_disk_block_t  *block;

    block = ngx_cs_disk_of(zone)->block->data;

    ngx_cs_text_printf(t, "clear_status_disk_bytes{zone=\"%V\"} %uA\n",
                       &sample->label, block->bytes);
}


static void
ngx_cs_prometheus_disk_dropped(ngx_cs_text_t *t, ngx_shm_zone_t *zone,
    ngx_cs_sample_t *sample)
{
    ngx_cs_text_printf(t,
                       "clear_status_disk_dropped_total{zone=\"%V\"} %uL\n",
                       &sample->label, sample->stat.lost);
}

#endif


#if (NGX_CS_HAVE_HIREDIS)

static ngx_uint_t
ngx_cs_prometheus_fleet_has(ngx_shm_zone_t *zone)
{
    return ngx_cs_fleet_of(zone) != NULL;
}


static void
ngx_cs_prometheus_redis_up(ngx_cs_text_t *t, ngx_shm_zone_t *zone,
    ngx_cs_sample_t *sample)
{
    ngx_cs_text_printf(t, "clear_status_redis_up{zone=\"%V\"} %ui\n",
                       &sample->label,
                       ngx_cs_redis_block_all(ngx_cs_fleet_of(zone)
                                              ->redis->block));
}


static void
ngx_cs_prometheus_lone(ngx_cs_text_t *t, ngx_shm_zone_t *zone,
    ngx_cs_sample_t *sample)
{
    ngx_cs_fleet_block_t  *block;

    block = ngx_cs_fleet_of(zone)->block->data;

    ngx_cs_text_printf(t,
                       "clear_status_lone_flights_total{zone=\"%V\"} %uA\n",
                       &sample->label, block->lone);
}

#endif


/* a zone's tiers that count; returns how many there are */

static ngx_uint_t
ngx_cs_prometheus_tallies(ngx_shm_zone_t *zone, ngx_cs_named_tally_t *tallies)
{
    ngx_uint_t             n;
#if (NGX_CS_HAVE_SQLITE)
    ngx_cs_disk_block_t   *disk;
#endif
#if (NGX_CS_HAVE_HIREDIS)
    ngx_cs_fleet_block_t  *fleet;
#endif

    n = 0;

#if (NGX_CS_HAVE_SQLITE)
    if (ngx_cs_disk_of(zone)) {
        disk = ngx_cs_disk_of(zone)->block->data;
        tallies[n].tier = "disk";
        tallies[n++].tally = &disk->tally;
    }
#endif

#if (NGX_CS_HAVE_HIREDIS)
    if (ngx_cs_fleet_of(zone)) {
        fleet = ngx_cs_fleet_of(zone)->block->data;
        tallies[n].tier = "fleet";
        tallies[n++].tally = &fleet->tally;
    }
#endif

    return n;
}


static ngx_uint_t
ngx_cs_prometheus_tier_has(ngx_shm_zone_t *zone)
{
    ngx_cs_named_tally_t  tallies[NGX_CS_TIERS];

    return ngx_cs_prometheus_tallies(zone, tallies);
}


static void
ngx_cs_prometheus_tier_lookups(ngx_cs_text_t *t, ngx_shm_zone_t *zone,
    ngx_cs_sample_t *sample)
{
    ngx_uint_t            i, k, n;
    ngx_cs_named_tally_t  tallies[NGX_CS_TIERS];

    n = ngx_cs_prometheus_tallies(zone, tallies);

    for (k = 0; k < n; k++) {
        for (i = 0; i < NGX_CS_TALLY_OUTCOMES; i++) {
            ngx_cs_text_printf(t,
                               "clear_status_tier_lookups_total{zone=\"%V\","
                               "tier=\"%s\",outcome=\"%V\"} %uA\n",
                               &sample->label, tallies[k].tier,
                               &ngx_cs_tally_outcomes[i],
                               tallies[k].tally->lookups[i]);
        }
    }
}


static void
ngx_cs_prometheus_tier_seconds(ngx_cs_text_t *t, ngx_shm_zone_t *zone,
    ngx_cs_sample_t *sample)
{
    u_char                *p;
    ngx_uint_t             k, n;
    ngx_cs_histogram_t     h;
    ngx_cs_named_tally_t   tallies[NGX_CS_TIERS];
    static ngx_uint_t      bounds[] = NGX_CS_TALLY_BOUNDS;
    static ngx_cs_unit_t   us = { 1000000, "%uA.%06uA%Z" };

    n = ngx_cs_prometheus_tallies(zone, tallies);

    for (k = 0; k < n; k++) {
        p = ngx_pnalloc(t->pool, sizeof("zone=\"\",tier=\"\"")
                                 + sample->label.len
                                 + ngx_strlen(tallies[k].tier));
        if (p == NULL) {
            t->failed = 1;
            return;
        }

        h.name = "tier_seconds";
        h.labels.data = p;
        h.labels.len = ngx_sprintf(p, "zone=\"%V\",tier=\"%s\"",
                                   &sample->label, tallies[k].tier)
                       - p;
        h.unit = &us;
        h.bounds = bounds;
        h.buckets = tallies[k].tally->buckets;
        h.n = NGX_CS_TALLY_BUCKETS;
        h.sum = tallies[k].tally->us;

        ngx_cs_exposition_histogram(t, &h);
    }
}
