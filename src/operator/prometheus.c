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


/* what is counted in a smaller unit than the second, which is shown */

typedef struct {
    ngx_uint_t                    scale;     /* so many in a second */
    char                         *format;    /* of seconds and the rest */
} ngx_cs_unit_t;


/* how long something took */

typedef struct {
    char                         *name;
    ngx_str_t                     labels;    /* or empty */
    ngx_cs_unit_t                *unit;      /* of bounds and sum */
    ngx_uint_t                   *bounds;    /* one less than buckets */
    ngx_atomic_t                 *buckets;
    ngx_uint_t                    n;         /* of buckets */
    ngx_atomic_uint_t             sum;
} ngx_cs_histogram_t;


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
static void ngx_cs_prometheus_named(ngx_cs_text_t *t, char *name, char *label,
    ngx_str_t *names, ngx_atomic_t *values, ngx_uint_t n);
static void ngx_cs_prometheus_histogram(ngx_cs_text_t *t,
    ngx_cs_histogram_t *h);
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


static ngx_cs_unit_t  ngx_cs_prometheus_ms = { 1000, "%uA.%03uA%Z" };


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


/* samples of a name that one label tells apart */

static void
ngx_cs_prometheus_named(ngx_cs_text_t *t, char *name, char *label,
    ngx_str_t *names, ngx_atomic_t *values, ngx_uint_t n)
{
    ngx_uint_t  i;

    for (i = 0; i < n; i++) {
        ngx_cs_text_printf(t, "clear_status_%s{%s=\"%V\"} %uA\n",
                           name, label, &names[i], values[i]);
    }
}


static void
ngx_cs_prometheus_histogram(ngx_cs_text_t *t, ngx_cs_histogram_t *h)
{
    char               *comma, *open, *close;
    u_char              seconds[2 * NGX_INT64_LEN];
    ngx_uint_t          i;
    ngx_cs_unit_t      *unit;
    ngx_atomic_uint_t   n;

    unit = h->unit;
    comma = h->labels.len ? "," : "";
    open = h->labels.len ? "{" : "";
    close = h->labels.len ? "}" : "";
    n = 0;

    for (i = 0; i < h->n - 1; i++) {
        n += h->buckets[i];

        (void) ngx_sprintf(seconds, unit->format, h->bounds[i] / unit->scale,
                           h->bounds[i] % unit->scale);
        ngx_cs_text_printf(t,
                           "clear_status_%s_bucket{%V%sle=\"%s\"} %uA\n",
                           h->name, &h->labels, comma, seconds, n);
    }

    n += h->buckets[i];

    (void) ngx_sprintf(seconds, unit->format, h->sum / unit->scale,
                       h->sum % unit->scale);
    ngx_cs_text_printf(t,
                       "clear_status_%s_bucket{%V%sle=\"+Inf\"} %uA\n"
                       "clear_status_%s_sum%s%V%s %s\n"
                       "clear_status_%s_count%s%V%s %uA\n",
                       h->name, &h->labels, comma, n,
                       h->name, open, &h->labels, close, seconds,
                       h->name, open, &h->labels, close, n);
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

    ngx_cs_prometheus_named(t, "requests_total", "cache",
                            ngx_cs_names_caches, m->requests,
                            NGX_CS_COUNTERS_CACHES);

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
    ngx_cs_prometheus_head(t, "upstream_fetches_total", "counter",
                           "Fetches by how they ended.");
    ngx_cs_prometheus_named(t, "upstream_fetches_total", "outcome",
                            ngx_cs_names_outcomes, m->fetches,
                            NGX_CS_COUNTERS_OUTCOMES);

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
    ngx_cs_histogram_t  h;
    static ngx_uint_t   bounds[] = NGX_CS_COUNTERS_BOUNDS;

    ngx_cs_prometheus_head(t, "upstream_seconds", "histogram",
                           "How long fetches took.");

    h.name = "upstream_seconds";
    ngx_str_null(&h.labels);
    h.unit = &ngx_cs_prometheus_ms;
    h.bounds = bounds;
    h.buckets = m->buckets;
    h.n = NGX_CS_COUNTERS_BUCKETS;
    h.sum = m->fetch_ms;

    ngx_cs_prometheus_histogram(t, &h);
}


static void
ngx_cs_prometheus_holds(ngx_cs_text_t *t, ngx_cs_counters_t *m)
{
    ngx_uint_t  i, end;

    ngx_cs_prometheus_head(t, "held", "gauge",
                           "Requests that are held, and streams.");

    ngx_cs_prometheus_named(t, "held", "kind", ngx_cs_names_kinds, m->held,
                            NGX_CS_COUNTERS_KINDS);

    ngx_cs_prometheus_head(t, "holds_total", "counter",
                           "Requests that were held, by why that ended.");

    for (i = 0; i < NGX_CS_COUNTERS_KINDS; i++) {
        for (end = 0; end < NGX_CS_COUNTERS_ENDS; end++) {
            ngx_cs_text_printf(t,
                   "clear_status_holds_total{kind=\"%V\",end=\"%V\"} %uA\n",
                   &ngx_cs_names_kinds[i], &ngx_cs_names_ends[end],
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
                           "clear_status_%s{zone=\"%V\",state=\"%V\"} %uL\n",
                           name, zone, &ngx_cs_states[i], values[i]);
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

    for (i = 0; i < NGX_CS_DISK_OUTCOMES; i++) {
        ngx_cs_text_printf(t,
                           "clear_status_tier_lookups_total{zone=\"%V\","
                           "tier=\"disk\",outcome=\"%V\"} %uA\n",
                           zone, &ngx_cs_disk_outcomes[i], block->lookups[i]);
    }
}


static void
ngx_cs_prometheus_disk_seconds(ngx_cs_text_t *t, ngx_str_t *zone,
    ngx_cs_disk_block_t *block)
{
    u_char                *p;
    ngx_cs_histogram_t     h;
    static ngx_uint_t      bounds[] = NGX_CS_DISK_BOUNDS;
    static ngx_cs_unit_t   us = { 1000000, "%uA.%06uA%Z" };

    p = ngx_pnalloc(t->pool, sizeof("zone=\"\",tier=\"disk\"") + zone->len);
    if (p == NULL) {
        t->failed = 1;
        return;
    }

    h.name = "tier_seconds";
    h.labels.data = p;
    h.labels.len = ngx_sprintf(p, "zone=\"%V\",tier=\"disk\"", zone) - p;
    h.unit = &us;
    h.bounds = bounds;
    h.buckets = block->buckets;
    h.n = NGX_CS_DISK_BUCKETS;
    h.sum = block->us;

    ngx_cs_prometheus_histogram(t, &h);
}

#endif
