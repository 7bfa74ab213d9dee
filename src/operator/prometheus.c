/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The counters as text that Prometheus reads; see the header.  The format is
 * version 0.0.4 of Prometheus' text exposition.
 */


#include "operator/prometheus.h"

#include "core/counters.h"
#include "core/names.h"
#include "core/version.h"
#include "operator/text.h"
#if (NGX_CS_HAVE_SQLITE)
#include "tier/disk.h"
#endif
#include "upstream/breakers.h"
#include "zone/zone.h"


#define NGX_CS_PROMETHEUS_BOUNDS                                             \
    (NGX_CS_COUNTERS_BUCKETS - 1)


typedef struct {
    ngx_str_t                     label;     /* its name, escaped */
    ngx_cs_zone_stat_t            stat;
} ngx_cs_sample_t;


static ngx_cs_sample_t *ngx_cs_prometheus_samples(ngx_pool_t *pool,
    ngx_shm_zone_t **zones, ngx_uint_t n);
static ngx_int_t ngx_cs_prometheus_label(ngx_pool_t *pool, ngx_str_t *name,
    ngx_str_t *label);
static void ngx_cs_prometheus_head(ngx_cs_text_t *t, char *name, char *type,
    char *help);
static void ngx_cs_prometheus_value(ngx_cs_text_t *t, char *name, char *type,
    char *help, ngx_atomic_uint_t value);
static void ngx_cs_prometheus_build(ngx_cs_text_t *t, const char *libcurl);
static void ngx_cs_prometheus_callers(ngx_cs_text_t *t, ngx_cs_counters_t *m);
static void ngx_cs_prometheus_upstream(ngx_cs_text_t *t, ngx_cs_counters_t *m);
static void ngx_cs_prometheus_seconds(ngx_cs_text_t *t, ngx_cs_counters_t *m);
static void ngx_cs_prometheus_holds(ngx_cs_text_t *t, ngx_cs_counters_t *m);
static void ngx_cs_prometheus_zones(ngx_cs_text_t *t, ngx_cs_sample_t *zone,
    ngx_uint_t n);
static void ngx_cs_prometheus_states(ngx_cs_text_t *t, char *name,
    ngx_str_t *zone, uint64_t *values);
#if (NGX_CS_HAVE_SQLITE)
static void ngx_cs_prometheus_disks(ngx_cs_text_t *t, ngx_shm_zone_t **zones,
    ngx_cs_sample_t *samples, ngx_uint_t n);
static void ngx_cs_prometheus_disk_lookups(ngx_cs_text_t *t, ngx_str_t *zone,
    ngx_cs_disk_block_t *block);
static void ngx_cs_prometheus_disk_seconds(ngx_cs_text_t *t, ngx_str_t *zone,
    ngx_cs_disk_block_t *block);
#endif


static ngx_msec_t  ngx_cs_prometheus_bounds[] =
    NGX_CS_COUNTERS_BOUNDS;


ngx_int_t
ngx_cs_prometheus(ngx_http_request_t *r, ngx_shm_zone_t **zones, ngx_uint_t n,
    const char *libcurl)
{
    ngx_int_t           rc;
    ngx_cs_text_t       text;
    ngx_cs_sample_t    *samples;
    ngx_cs_counters_t  *m;
    static ngx_str_t    type =
                        ngx_string("text/plain; version=0.0.4; charset=utf-8");

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return NGX_HTTP_NOT_ALLOWED;
    }

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    m = ngx_palloc(r->pool, sizeof(ngx_cs_counters_t));
    samples = ngx_cs_prometheus_samples(r->pool, zones, n);

    if (m == NULL || samples == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_cs_counters_sum(m);

    ngx_cs_text_init(&text, r->pool);

    ngx_cs_prometheus_build(&text, libcurl);
    ngx_cs_prometheus_callers(&text, m);
    ngx_cs_prometheus_upstream(&text, m);
    ngx_cs_prometheus_holds(&text, m);
    ngx_cs_prometheus_zones(&text, samples, n);
#if (NGX_CS_HAVE_SQLITE)
    ngx_cs_prometheus_disks(&text, zones, samples, n);
#endif

    return ngx_cs_text_send(r, &text, &type);
}


/* each zone is looked at once, so that its numbers agree */

static ngx_cs_sample_t *
ngx_cs_prometheus_samples(ngx_pool_t *pool, ngx_shm_zone_t **zones,
    ngx_uint_t n)
{
    ngx_uint_t        i;
    ngx_cs_sample_t  *samples;

    /* for no zone too it is not NULL */

    samples = ngx_palloc(pool, (n + 1) * sizeof(ngx_cs_sample_t));
    if (samples == NULL) {
        return NULL;
    }

    for (i = 0; i < n; i++) {
        if (ngx_cs_prometheus_label(pool, &zones[i]->shm.name,
                                    &samples[i].label)
            != NGX_OK)
        {
            return NULL;
        }

        ngx_cs_zone_stat(zones[i], &samples[i].stat);
    }

    return samples;
}


/* a zone's name is the operator's, and may be anything */

static ngx_int_t
ngx_cs_prometheus_label(ngx_pool_t *pool, ngx_str_t *name, ngx_str_t *label)
{
    u_char     *p;
    ngx_uint_t  i;

    p = ngx_pnalloc(pool, 2 * name->len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    label->data = p;

    for (i = 0; i < name->len; i++) {
        if (name->data[i] == '\\' || name->data[i] == '"') {
            *p++ = '\\';
        }

        if (name->data[i] == '\n') {
            *p++ = '\\';
            *p++ = 'n';

        } else {
            *p++ = name->data[i];
        }
    }

    label->len = p - label->data;

    return NGX_OK;
}


static void
ngx_cs_prometheus_head(ngx_cs_text_t *t, char *name, char *type, char *help)
{
    ngx_cs_text_printf(t, "# HELP clear_status_%s %s\n"
                          "# TYPE clear_status_%s %s\n",
                       name, help, name, type);
}


/* a name with one sample, without labels */

static void
ngx_cs_prometheus_value(ngx_cs_text_t *t, char *name, char *type, char *help,
    ngx_atomic_uint_t value)
{
    ngx_cs_prometheus_head(t, name, type, help);
    ngx_cs_text_printf(t, "clear_status_%s %uA\n", name, value);
}


/* the nginx that it was built for, which is the one that runs */

static void
ngx_cs_prometheus_build(ngx_cs_text_t *t, const char *libcurl)
{
    ngx_cs_prometheus_head(t, "build_info", "gauge",
                           "What answers: always 1.");
    ngx_cs_text_printf(t, "clear_status_build_info{version=\"%s\","
                          "nginx=\"%s\",libcurl=\"%s\"} 1\n",
                       NGX_CS_VERSION, NGINX_VERSION, libcurl);
}


static void
ngx_cs_prometheus_callers(ngx_cs_text_t *t, ngx_cs_counters_t *m)
{
    ngx_uint_t  i;

    ngx_cs_prometheus_head(t, "requests_total", "counter",
                           "Requests by what the cache did.");

    for (i = 0; i < NGX_CS_COUNTERS_CACHES; i++) {
        ngx_cs_text_printf(t,
                           "clear_status_requests_total{cache=\"%s\"} %uA\n",
                           ngx_cs_names_caches[i], m->requests[i]);
    }

    ngx_cs_prometheus_head(t, "responses_total", "counter",
                           "Responses by HTTP status.");

    for (i = 0; i < NGX_CS_COUNTERS_CODES; i++) {
        if (m->responses[i]) {
            ngx_cs_text_printf(t,
                         "clear_status_responses_total{status=\"%ui\"} %uA\n",
                         i + 100, m->responses[i]);
        }
    }

    ngx_cs_prometheus_value(t, "collapsed_total", "counter",
                        "Requests that waited for a fetch of another request.",
                        m->collapsed);
    ngx_cs_prometheus_value(t, "stale_served_total", "counter",
                            "Requests that were answered with a stale answer.",
                            m->stale);
}


static void
ngx_cs_prometheus_upstream(ngx_cs_text_t *t, ngx_cs_counters_t *m)
{
    ngx_uint_t  i;

    ngx_cs_prometheus_head(t, "upstream_fetches_total", "counter",
                           "Fetches by how they ended.");

    for (i = 0; i < NGX_CS_NAMES_OUTCOMES; i++) {
        ngx_cs_text_printf(t,
                   "clear_status_upstream_fetches_total{outcome=\"%s\"} %uA\n",
                   ngx_cs_names_outcomes[i], m->fetches[i]);
    }

    ngx_cs_prometheus_seconds(t, m);

    ngx_cs_prometheus_value(t, "upstream_connections_total", "counter",
                            "Connections opened to upstream.",
                            m->connections);
    ngx_cs_prometheus_value(t, "tenants_paused", "gauge",
                            "Tenants whose fetches pause.",
                            ngx_cs_breakers_paused(ngx_current_msec));
    ngx_cs_prometheus_value(t, "credentials_refused_total", "counter",
                            "Credentials that upstream refused or that are "
                            "missing.",
                            m->refused);
    ngx_cs_prometheus_value(t, "flights", "gauge",
                            "Fetches in the air or queued.",
                            m->flights);
    ngx_cs_prometheus_value(t, "queued", "gauge",
                            "Fetches that wait for their turn.",
                            m->queued);
}


static void
ngx_cs_prometheus_seconds(ngx_cs_text_t *t, ngx_cs_counters_t *m)
{
    ngx_uint_t         i;
    ngx_msec_t         bound;
    ngx_atomic_uint_t  n;

    ngx_cs_prometheus_head(t, "upstream_seconds", "histogram",
                           "How long fetches took.");

    n = 0;

    for (i = 0; i < NGX_CS_PROMETHEUS_BOUNDS; i++) {
        n += m->buckets[i];
        bound = ngx_cs_prometheus_bounds[i];

        ngx_cs_text_printf(t,
                 "clear_status_upstream_seconds_bucket{le=\"%M.%03M\"} %uA\n",
                 bound / 1000, bound % 1000, n);
    }

    n += m->buckets[i];

    ngx_cs_text_printf(t,
                 "clear_status_upstream_seconds_bucket{le=\"+Inf\"} %uA\n"
                 "clear_status_upstream_seconds_sum %uA.%03uA\n"
                 "clear_status_upstream_seconds_count %uA\n",
                 n, m->fetch_ms / 1000, m->fetch_ms % 1000, n);
}


static void
ngx_cs_prometheus_holds(ngx_cs_text_t *t, ngx_cs_counters_t *m)
{
    ngx_uint_t  i, end;

    ngx_cs_prometheus_head(t, "held", "gauge",
                           "Requests that are held, and streams.");

    for (i = 0; i < NGX_CS_COUNTERS_KINDS; i++) {
        ngx_cs_text_printf(t, "clear_status_held{kind=\"%s\"} %uA\n",
                           ngx_cs_names_kinds[i], m->held[i]);
    }

    ngx_cs_prometheus_head(t, "holds_total", "counter",
                           "Requests that were held, by why that ended.");

    for (i = 0; i < NGX_CS_COUNTERS_KINDS; i++) {
        for (end = 0; end < NGX_CS_COUNTERS_ENDS; end++) {
            ngx_cs_text_printf(t,
                   "clear_status_holds_total{kind=\"%s\",end=\"%s\"} %uA\n",
                   ngx_cs_names_kinds[i], ngx_cs_names_ends[end],
                   m->holds[i][end]);
        }
    }

    ngx_cs_prometheus_value(t, "notified_total", "counter",
                            "Notifications for tasks that are known.",
                            m->notified);
}


/* all samples of a name stand together, so each name goes over all zones */

static void
ngx_cs_prometheus_zones(ngx_cs_text_t *t, ngx_cs_sample_t *zone, ngx_uint_t n)
{
    ngx_str_t  *label;
    ngx_uint_t  i;

    ngx_cs_prometheus_head(t, "zone_bytes", "gauge",
                           "Memory of a zone.");

    for (i = 0; i < n; i++) {
        label = &zone[i].label;

        ngx_cs_text_printf(t,
                 "clear_status_zone_bytes{zone=\"%V\",kind=\"used\"} %uL\n"
                 "clear_status_zone_bytes{zone=\"%V\",kind=\"free\"} %uL\n",
                 label, zone[i].stat.used, label, zone[i].stat.free);
    }

    ngx_cs_prometheus_head(t, "zone_entries", "gauge",
                           "Entries of a zone by state.");

    for (i = 0; i < n; i++) {
        ngx_cs_prometheus_states(t, "zone_entries", &zone[i].label,
                                 zone[i].stat.entries);
    }

    ngx_cs_prometheus_head(t, "zone_evictions_total", "counter",
                           "Entries that made room, by state.");

    for (i = 0; i < n; i++) {
        ngx_cs_prometheus_states(t, "zone_evictions_total",
                                 &zone[i].label,
                                 zone[i].stat.evictions);
    }
}


static void
ngx_cs_prometheus_states(ngx_cs_text_t *t, char *name, ngx_str_t *zone,
    uint64_t *values)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_CS_STATES; i++) {
        ngx_cs_text_printf(t,
                           "clear_status_%s{zone=\"%V\",state=\"%s\"} %uL\n",
                           name, zone, ngx_cs_names_states[i], values[i]);
    }
}


#if (NGX_CS_HAVE_SQLITE)

/* of those zones that have one; no name without samples */

static void
ngx_cs_prometheus_disks(ngx_cs_text_t *t, ngx_shm_zone_t **zones,
    ngx_cs_sample_t *samples, ngx_uint_t n)
{
    ngx_uint_t            i, pass;
    ngx_cs_disk_t        *disk;
    ngx_cs_disk_block_t  *block;

    static struct {
        char  *name;
        char  *type;
        char  *help;
    } heads[] = {
        { "disk_bytes", "gauge", "Files of a zone's database." },
        { "disk_dropped_total", "counter",
          "Finished answers that left a zone before they were on disk." },
        { "tier_lookups_total", "counter",
          "Look-ups below the zone by how they ended." },
        { "tier_seconds", "histogram",
          "How long a look-up below the zone took." }
    };

    for (pass = 0; pass < 4; pass++) {

        for (i = 0; i < n && ngx_cs_disk_of(zones[i]) == NULL; i++) {
            /* void */
        }

        if (i == n) {
            return;
        }

        ngx_cs_prometheus_head(t, heads[pass].name, heads[pass].type,
                               heads[pass].help);

        for ( /* void */ ; i < n; i++) {
            disk = ngx_cs_disk_of(zones[i]);

            if (disk == NULL) {
                continue;
            }

            block = disk->block->data;

            switch (pass) {

            case 0:
                ngx_cs_text_printf(t,
                             "clear_status_disk_bytes{zone=\"%V\"} %uA\n",
                             &samples[i].label, block->bytes);
                break;

            case 1:
                ngx_cs_text_printf(t,
                       "clear_status_disk_dropped_total{zone=\"%V\"} %uL\n",
                       &samples[i].label, samples[i].stat.lost);
                break;

            case 2:
                ngx_cs_prometheus_disk_lookups(t, &samples[i].label, block);
                break;

            default:
                ngx_cs_prometheus_disk_seconds(t, &samples[i].label, block);
            }
        }
    }
}


static void
ngx_cs_prometheus_disk_lookups(ngx_cs_text_t *t, ngx_str_t *zone,
    ngx_cs_disk_block_t *block)
{
    ngx_uint_t  i;

    /* by ngx_cs_disk_outcome_e */

    static char  *outcomes[] = {
        "hit", "stale", "miss", "timeout", "error", "off"
    };

    for (i = 0; i < NGX_CS_DISK_OUTCOMES; i++) {
        ngx_cs_text_printf(t,
                           "clear_status_tier_lookups_total{zone=\"%V\","
                           "tier=\"disk\",outcome=\"%s\"} %uA\n",
                           zone, outcomes[i], block->lookups[i]);
    }
}


static void
ngx_cs_prometheus_disk_seconds(ngx_cs_text_t *t, ngx_str_t *zone,
    ngx_cs_disk_block_t *block)
{
    ngx_uint_t         i;
    ngx_atomic_uint_t  n;

    static ngx_uint_t  bounds[] = NGX_CS_DISK_BOUNDS;   /* us */

    n = 0;

    for (i = 0; i < NGX_CS_DISK_BUCKETS - 1; i++) {
        n += block->buckets[i];

        ngx_cs_text_printf(t,
                           "clear_status_tier_seconds_bucket{zone=\"%V\","
                           "tier=\"disk\",le=\"%ui.%06ui\"} %uA\n",
                           zone, bounds[i] / 1000000, bounds[i] % 1000000, n);
    }

    n += block->buckets[i];

    ngx_cs_text_printf(t,
                       "clear_status_tier_seconds_bucket{zone=\"%V\","
                       "tier=\"disk\",le=\"+Inf\"} %uA\n"
                       "clear_status_tier_seconds_sum{zone=\"%V\","
                       "tier=\"disk\"} %uA.%06uA\n"
                       "clear_status_tier_seconds_count{zone=\"%V\","
                       "tier=\"disk\"} %uA\n",
                       zone, n, zone, block->us / 1000000,
                       block->us % 1000000, zone, n);
}

#endif
