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
#include "operator/exposition.h"
#include "operator/prometheus_tiers.h"
#include "upstream/breakers.h"
#include "zone/zone.h"


static ngx_cs_sample_t *ngx_cs_prometheus_samples(ngx_pool_t *pool,
    ngx_shm_zone_t **zones, ngx_uint_t n);
static ngx_int_t ngx_cs_prometheus_label(ngx_pool_t *pool, ngx_str_t *name,
    ngx_str_t *label);
static void ngx_cs_prometheus_value(ngx_cs_text_t *t, char *name, char *type,
    char *help, ngx_atomic_uint_t value);
static void ngx_cs_prometheus_named(ngx_cs_text_t *t, char *name, char *label,
    ngx_str_t *names, ngx_atomic_t *values, ngx_uint_t n);
static void ngx_cs_prometheus_build(ngx_cs_text_t *t, const char *libcurl);
static void ngx_cs_prometheus_callers(ngx_cs_text_t *t, ngx_cs_counters_t *m);
static void ngx_cs_prometheus_upstream(ngx_cs_text_t *t, ngx_cs_counters_t *m);
static void ngx_cs_prometheus_seconds(ngx_cs_text_t *t, ngx_cs_counters_t *m);
static void ngx_cs_prometheus_holds(ngx_cs_text_t *t, ngx_cs_counters_t *m);
static void ngx_cs_prometheus_zones(ngx_cs_text_t *t, ngx_cs_sample_t *zone,
    ngx_uint_t n);
static void ngx_cs_prometheus_states(ngx_cs_text_t *t, char *name,
    ngx_str_t *zone, uint64_t *values);


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
    ngx_cs_prometheus_tiers(&text, zones, samples, n);

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


/* a name with one sample, without labels */

static void
ngx_cs_prometheus_value(ngx_cs_text_t *t, char *name, char *type, char *help,
    ngx_atomic_uint_t value)
{
    ngx_cs_exposition_head(t, name, type, help);
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


/* the nginx that it was built for, which is the one that runs */

static void
ngx_cs_prometheus_build(ngx_cs_text_t *t, const char *libcurl)
{
    ngx_cs_exposition_head(t, "build_info", "gauge",
                           "What answers: always 1.");
    ngx_cs_text_printf(t, "clear_status_build_info{version=\"%s\","
                          "nginx=\"%s\",libcurl=\"%s\"} 1\n",
                       NGX_CS_VERSION, NGINX_VERSION, libcurl);
}


static void
ngx_cs_prometheus_callers(ngx_cs_text_t *t, ngx_cs_counters_t *m)
{
    ngx_uint_t  i;

    ngx_cs_exposition_head(t, "requests_total", "counter",
                           "Requests by what the cache did.");

    ngx_cs_prometheus_named(t, "requests_total", "cache",
                            ngx_cs_names_caches, m->requests,
                            NGX_CS_COUNTERS_CACHES);

    ngx_cs_exposition_head(t, "responses_total", "counter",
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
    ngx_cs_exposition_head(t, "upstream_fetches_total", "counter",
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

    ngx_cs_exposition_head(t, "upstream_seconds", "histogram",
                           "How long fetches took.");

    h.name = "upstream_seconds";
    ngx_str_null(&h.labels);
    h.unit = &ngx_cs_prometheus_ms;
    h.bounds = bounds;
    h.buckets = m->buckets;
    h.n = NGX_CS_COUNTERS_BUCKETS;
    h.sum = m->fetch_ms;

    ngx_cs_exposition_histogram(t, &h);
}


static void
ngx_cs_prometheus_holds(ngx_cs_text_t *t, ngx_cs_counters_t *m)
{
    ngx_uint_t  i, end;

    ngx_cs_exposition_head(t, "held", "gauge",
                           "Requests that are held, and streams.");

    ngx_cs_prometheus_named(t, "held", "kind", ngx_cs_names_kinds, m->held,
                            NGX_CS_COUNTERS_KINDS);

    ngx_cs_exposition_head(t, "holds_total", "counter",
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
    ngx_cs_prometheus_value(t, "purged_total", "counter",
                            "Answers that purges dropped from zones.",
                            m->purged);
}


/* all samples of a name stand together, so each name goes over all zones */

static void
ngx_cs_prometheus_zones(ngx_cs_text_t *t, ngx_cs_sample_t *zone, ngx_uint_t n)
{
    ngx_str_t  *label;
    ngx_uint_t  i;

    ngx_cs_exposition_head(t, "zone_bytes", "gauge",
                           "Memory of a zone.");

    for (i = 0; i < n; i++) {
        label = &zone[i].label;

        ngx_cs_text_printf(t,
                 "clear_status_zone_bytes{zone=\"%V\",kind=\"used\"} %uL\n"
                 "clear_status_zone_bytes{zone=\"%V\",kind=\"free\"} %uL\n",
                 label, zone[i].stat.used, label, zone[i].stat.free);
    }

    ngx_cs_exposition_head(t, "zone_entries", "gauge",
                           "Entries of a zone by state.");

    for (i = 0; i < n; i++) {
        ngx_cs_prometheus_states(t, "zone_entries", &zone[i].label,
                                 zone[i].stat.entries);
    }

    ngx_cs_exposition_head(t, "zone_evictions_total", "counter",
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
