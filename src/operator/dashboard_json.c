/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What the dashboard's page reads; see the header.
 */


#include "operator/dashboard_json.h"

#include "core/counters.h"
#include "core/failures.h"
#include "core/names.h"
#include "core/wall.h"
#include "operator/json.h"
#include "upstream/breakers.h"


static void ngx_cs_json_counters(ngx_cs_json_t *j, char *name, ngx_str_t *names,
    ngx_atomic_t *values, ngx_uint_t n);
static void ngx_cs_json_requests(ngx_cs_json_t *j, ngx_cs_counters_t *m);
static void ngx_cs_json_fetches(ngx_cs_json_t *j, ngx_cs_counters_t *m);
static void ngx_cs_json_zone(ngx_cs_json_t *j, ngx_shm_zone_t *shm_zone);
static void ngx_cs_json_states(ngx_cs_json_t *j, char *name,
    uint64_t *values);
static void ngx_cs_json_errors(ngx_cs_json_t *j);
static void ngx_cs_json_error(ngx_cs_json_t *j, ngx_cs_error_t *error);
static void ngx_cs_json_finding(ngx_cs_json_t *j, ngx_cs_finding_t *finding);
static void ngx_cs_json_answer(ngx_cs_json_t *j, char *name,
    ngx_cs_answer_t *answer);


void
ngx_cs_dashboard_numbers(ngx_cs_text_t *text, ngx_cs_dashboard_t *d,
    ngx_uint_t history)
{
    ngx_uint_t          i;
    ngx_cs_json_t       j;
    ngx_cs_counters_t  *m;

    m = ngx_palloc(text->pool, sizeof(ngx_cs_counters_t));
    if (m == NULL) {
        text->failed = 1;
        return;
    }

    ngx_cs_counters_sum(m);

    ngx_cs_json_init(&j, text);

    ngx_cs_json_open(&j, NULL, "{");
    ngx_cs_json_int(&j, "time", ngx_cs_wall());
    ngx_cs_state_gateway(&j, d);
    ngx_cs_state_now(&j, m);

    if (history) {
        ngx_cs_state_history(&j);
    }

    ngx_cs_json_requests(&j, m);
    ngx_cs_json_fetches(&j, m);

    ngx_cs_json_open(&j, "zones", "[");

    for (i = 0; i < d->nzones; i++) {
        ngx_cs_json_zone(&j, d->zones[i]);
    }

    ngx_cs_json_close(&j, "]");

    ngx_cs_json_int(&j, "tenantsPaused",
                    ngx_cs_breakers_paused(ngx_current_msec));
    ngx_cs_state_paused(&j);
    ngx_cs_state_waiting(&j, m);
    ngx_cs_state_secret_files(&j, d->secret_files);
    ngx_cs_json_errors(&j);
    ngx_cs_json_close(&j, "}");
}


static void
ngx_cs_json_counters(ngx_cs_json_t *j, char *name, ngx_str_t *names,
    ngx_atomic_t *values, ngx_uint_t n)
{
    ngx_uint_t  i;

    ngx_cs_json_open(j, name, "{");

    for (i = 0; i < n; i++) {
        ngx_cs_json_int(j, (char *) names[i].data, values[i]);
    }

    ngx_cs_json_close(j, "}");
}


static void
ngx_cs_json_requests(ngx_cs_json_t *j, ngx_cs_counters_t *m)
{
    u_char      status[4];
    ngx_uint_t  i;

    ngx_cs_json_counters(j, "requests",
                         ngx_cs_names_caches, m->requests,
                         NGX_CS_COUNTERS_CACHES);

    ngx_cs_json_open(j, "responses", "{");

    for (i = 0; i < NGX_CS_COUNTERS_CODES; i++) {
        if (m->responses[i]) {
            (void) ngx_sprintf(status, "%03ui%Z", i + 100);
            ngx_cs_json_int(j, (char *) status, m->responses[i]);
        }
    }

    ngx_cs_json_close(j, "}");

    ngx_cs_json_int(j, "collapsed", m->collapsed);
    ngx_cs_json_int(j, "stale", m->stale);
}


static void
ngx_cs_json_fetches(ngx_cs_json_t *j, ngx_cs_counters_t *m)
{
    ngx_uint_t         i;
    static ngx_msec_t  bounds[] = NGX_CS_COUNTERS_BOUNDS;

    ngx_cs_json_int(j, "flights", m->flights);
    ngx_cs_json_int(j, "connections", m->connections);
    ngx_cs_json_counters(j, "fetches",
                         ngx_cs_names_outcomes, m->fetches,
                         NGX_CS_COUNTERS_OUTCOMES);

    ngx_cs_json_int(j, "unknown", m->unknown);

    ngx_cs_json_open(j, "latency", "{");
    ngx_cs_json_int(j, "sum", m->fetch_ms);
    ngx_cs_json_open(j, "bounds", "[");

    for (i = 0; i < NGX_CS_COUNTERS_BUCKETS - 1; i++) {
        ngx_cs_json_int(j, NULL, bounds[i]);
    }

    ngx_cs_json_close(j, "]");
    ngx_cs_json_open(j, "counts", "[");

    for (i = 0; i < NGX_CS_COUNTERS_BUCKETS; i++) {
        ngx_cs_json_int(j, NULL, m->buckets[i]);
    }

    ngx_cs_json_close(j, "]");
    ngx_cs_json_close(j, "}");
}


static void
ngx_cs_json_zone(ngx_cs_json_t *j, ngx_shm_zone_t *shm_zone)
{
    ngx_cs_zone_stat_t  stat;

    ngx_cs_zone_stat(shm_zone, &stat);

    ngx_cs_json_open(j, NULL, "{");
    ngx_cs_json_string(j, "name", shm_zone->shm.name.data,
                       shm_zone->shm.name.len);
    ngx_cs_json_int(j, "used", stat.used);
    ngx_cs_json_int(j, "free", stat.free);
    ngx_cs_json_int(j, "tooLarge", stat.too_large);
    ngx_cs_json_states(j, "entries", stat.entries);
    ngx_cs_json_states(j, "evictions", stat.evictions);
    ngx_cs_state_tiers(j, shm_zone, &stat);
    ngx_cs_json_close(j, "}");
}


static void
ngx_cs_json_states(ngx_cs_json_t *j, char *name, uint64_t *values)
{
    ngx_uint_t  i;

    ngx_cs_json_open(j, name, "{");

    for (i = 0; i < NGX_CS_STATES; i++) {
        ngx_cs_json_int(j, (char *) ngx_cs_states[i].data, values[i]);
    }

    ngx_cs_json_close(j, "}");
}


static void
ngx_cs_json_errors(ngx_cs_json_t *j)
{
    ngx_uint_t       i, n;
    ngx_cs_error_t  *errors;

    errors = ngx_palloc(j->text->pool,
                        NGX_CS_FAILURES * sizeof(ngx_cs_error_t));
    if (errors == NULL) {
        j->text->failed = 1;
        return;
    }

    n = ngx_cs_failures_get(errors);

    ngx_cs_json_open(j, "errors", "[");

    for (i = 0; i < n; i++) {
        ngx_cs_json_error(j, &errors[i]);
    }

    ngx_cs_json_close(j, "]");
}


static void
ngx_cs_json_error(ngx_cs_json_t *j, ngx_cs_error_t *error)
{
    ngx_cs_json_open(j, NULL, "{");
    ngx_cs_json_int(j, "time", error->time);
    ngx_cs_json_string(j, "taskId", error->task_id,
                       error->task_id_len);
    ngx_cs_json_int(j, "status", error->status);
    ngx_cs_json_int(j, "upstreamStatus", error->upstream_status);
    ngx_cs_json_string(j, "cause", error->cause, error->cause_len);
    ngx_cs_json_string(j, "host", error->host, error->host_len);
    ngx_cs_json_int(j, "port", error->port);
    ngx_cs_json_close(j, "}");
}


void
ngx_cs_dashboard_findings(ngx_cs_text_t *text, ngx_cs_search_t *search)
{
    ngx_uint_t     i;
    ngx_cs_json_t  j;

    ngx_cs_json_init(&j, text);

    ngx_cs_json_open(&j, NULL, "{");
    ngx_cs_json_string(&j, "taskId", search->walk.task_id.data,
                       search->walk.task_id.len);
    ngx_cs_json_open(&j, "found", "[");

    for (i = 0; i < search->nfound; i++) {
        ngx_cs_json_finding(&j, &search->found[i]);
    }

    ngx_cs_json_close(&j, "]");
    ngx_cs_json_bool(&j, "more", search->more);
    ngx_cs_json_close(&j, "}");
}


static void
ngx_cs_json_finding(ngx_cs_json_t *j, ngx_cs_finding_t *finding)
{
    ngx_str_t        *state;
    ngx_cs_walked_t  *seen;

    seen = &finding->seen;
    state = &ngx_cs_states[seen->state];

    ngx_cs_json_open(j, NULL, "{");
    ngx_cs_json_string(j, "zone", finding->zone->data,
                       finding->zone->len);
    ngx_cs_json_string(j, "integrationId",
                       finding->integration_id.data,
                       finding->integration_id.len);
    ngx_cs_json_string(j, "state", state->data, state->len);
    ngx_cs_json_bool(j, "flying", seen->flying);

    if (seen->has_good) {
        ngx_cs_json_answer(j, "success", &seen->good);
    }

    if (seen->has_error) {
        ngx_cs_json_answer(j, "error", &seen->error);
    }

    ngx_cs_json_close(j, "}");
}


/* times in ms, from now; without "freshFor" it is fresh for ever */

static void
ngx_cs_json_answer(ngx_cs_json_t *j, char *name, ngx_cs_answer_t *answer)
{
    int64_t  now;

    now = ngx_current_msec;

    ngx_cs_json_open(j, name, "{");
    ngx_cs_json_int(j, "status", answer->status);
    ngx_cs_json_int(j, "age",
                    ngx_max(now - answer->stamp.fetched, 0));

    if (answer->stamp.fresh_until != CLEAR_FOREVER) {
        ngx_cs_json_int(j, "freshFor",
                        answer->stamp.fresh_until - now);
    }

    ngx_cs_json_int(j, "size", answer->body.len);
    ngx_cs_json_bool(j, "urls", answer->urls);
    ngx_cs_json_int(j, "upstreamStatus", answer->upstream_status);
    ngx_cs_json_int(j, "upstreamTime", answer->upstream_time);

    if (answer->body.data) {
        ngx_cs_json_string(j, "body", answer->body.data,
                           answer->body.len);
    }

    ngx_cs_json_close(j, "}");
}
