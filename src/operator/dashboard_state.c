/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What the dashboard's page reads of the gateway's own state; see the header.
 */


#include "operator/dashboard_state.h"

#include "core/secret_file.h"
#include "core/version.h"
#include "operator/history.h"
#if (NGX_CS_HAVE_HIREDIS)
#include "redis/block.h"
#endif
#if (NGX_CS_HAVE_SQLITE)
#include "tier/disk.h"
#endif
#if (NGX_CS_HAVE_HIREDIS)
#include "tier/fleets.h"
#endif
#include "upstream/breakers.h"


/* tenants and files that are shown; a configuration may have very many */
#define NGX_CS_STATE_PAUSED  32
#define NGX_CS_STATE_FILES   32


static void ngx_cs_state_moment(ngx_cs_json_t *j, char *name,
    ngx_cs_moment_t *moment);
static void ngx_cs_state_paused_one(ngx_cs_json_t *j, ngx_cs_paused_t *p);
static void ngx_cs_state_secret_file(ngx_cs_json_t *j,
    ngx_cs_secret_file_state_t *state);
static void ngx_cs_state_text(ngx_cs_json_t *j, char *name, const char *text);
#if (NGX_CS_HAVE_SQLITE)
static void ngx_cs_state_disk(ngx_cs_json_t *j, ngx_cs_disk_t *disk,
    ngx_cs_zone_stat_t *stat);
#endif
#if (NGX_CS_HAVE_HIREDIS)
static void ngx_cs_state_fleet(ngx_cs_json_t *j, ngx_cs_fleet_t *fleet);
#endif


void
ngx_cs_state_gateway(ngx_cs_json_t *j, ngx_cs_dashboard_t *d)
{
    ngx_cs_json_open(j, "gateway", "{");
    ngx_cs_json_string(j, "host", ngx_cycle->hostname.data,
                       ngx_cycle->hostname.len);
    ngx_cs_state_text(j, "version", NGX_CS_VERSION);
    ngx_cs_state_text(j, "nginx", NGINX_VERSION);
    ngx_cs_state_text(j, "libcurl", d->libcurl);
    ngx_cs_json_int(j, "uptime", ngx_cs_counters_age());
    ngx_cs_json_int(j, "configured", (int64_t) d->read * 1000);
    ngx_cs_json_close(j, "}");
}


static void
ngx_cs_state_text(ngx_cs_json_t *j, char *name, const char *text)
{
    ngx_cs_json_string(j, name, (u_char *) text, ngx_strlen(text));
}


void
ngx_cs_state_now(ngx_cs_json_t *j, ngx_cs_counters_t *m)
{
    ngx_cs_moment_t  now;

    ngx_cs_history_now(m, &now);
    ngx_cs_state_moment(j, "now", &now);
}


void
ngx_cs_state_history(ngx_cs_json_t *j)
{
    ngx_uint_t        i, n;
    ngx_cs_moment_t  *moments;

    moments = ngx_palloc(j->text->pool,
                         NGX_CS_HISTORY * sizeof(ngx_cs_moment_t));
    if (moments == NULL) {
        j->text->failed = 1;
        return;
    }

    n = ngx_cs_history_get(moments);

    ngx_cs_json_open(j, "history", "[");

    for (i = 0; i < n; i++) {
        ngx_cs_state_moment(j, NULL, &moments[i]);
    }

    ngx_cs_json_close(j, "]");
}


static void
ngx_cs_state_moment(ngx_cs_json_t *j, char *name, ngx_cs_moment_t *moment)
{
    ngx_uint_t  i;

    ngx_cs_json_open(j, name, "{");
    ngx_cs_json_int(j, "at", moment->at);
    ngx_cs_json_int(j, "requests", moment->requests);
    ngx_cs_json_int(j, "hits", moment->hits);
    ngx_cs_json_int(j, "fetches", moment->fetches);
    ngx_cs_json_int(j, "failed", moment->failed);
    ngx_cs_json_int(j, "ms", moment->fetch_ms);
    ngx_cs_json_int(j, "collapsed", moment->collapsed);
    ngx_cs_json_int(j, "flights", moment->flights);
    ngx_cs_json_int(j, "held", moment->held);
    ngx_cs_json_int(j, "streams", moment->streams);
    ngx_cs_json_int(j, "paused", moment->paused);
    ngx_cs_json_open(j, "counts", "[");

    for (i = 0; i < NGX_CS_COUNTERS_BUCKETS; i++) {
        ngx_cs_json_int(j, NULL, moment->buckets[i]);
    }

    ngx_cs_json_close(j, "]");
    ngx_cs_json_close(j, "}");
}


void
ngx_cs_state_paused(ngx_cs_json_t *j)
{
    ngx_uint_t        i, n;
    ngx_cs_paused_t  *paused;

    paused = ngx_palloc(j->text->pool,
                        NGX_CS_STATE_PAUSED * sizeof(ngx_cs_paused_t));
    if (paused == NULL) {
        j->text->failed = 1;
        return;
    }

    n = ngx_cs_breakers_list(ngx_current_msec, paused, NGX_CS_STATE_PAUSED);

    ngx_cs_json_open(j, "paused", "[");

    for (i = 0; i < n; i++) {
        ngx_cs_state_paused_one(j, &paused[i]);
    }

    ngx_cs_json_close(j, "]");
}


static void
ngx_cs_state_paused_one(ngx_cs_json_t *j, ngx_cs_paused_t *p)
{
    ngx_cs_json_open(j, NULL, "{");
    ngx_cs_json_string(j, "integrationId", p->integration_id,
                       p->integration_id_len);
    ngx_cs_json_string(j, "upstream", p->upstream, p->upstream_len);
    ngx_cs_state_text(j, "why",
                      (p->kind == CLEAR_PAUSE_CREDENTIAL) ? "credentials"
                      : (p->kind == CLEAR_PAUSE_LIMITED) ? "limited"
                      : "down");
    ngx_cs_json_bool(j, "asked", p->asked);
    ngx_cs_json_bool(j, "probed", p->probed);
    ngx_cs_json_int(j, "left", p->left);
    ngx_cs_json_close(j, "}");
}


void
ngx_cs_state_waiting(ngx_cs_json_t *j, ngx_cs_counters_t *m)
{
    ngx_cs_json_open(j, "waiting", "{");
    ngx_cs_json_int(j, "held", m->held[NGX_CS_COUNTERS_WAIT]);
    ngx_cs_json_int(j, "streams", m->held[NGX_CS_COUNTERS_STREAM]);

    if (m->oldest) {
        ngx_cs_json_int(j, "oldest", ngx_current_msec - m->oldest);
    }

    ngx_cs_json_close(j, "}");
}


void
ngx_cs_state_secret_files(ngx_cs_json_t *j, ngx_array_t *files)
{
    ngx_uint_t                  i, n, known;
    ngx_cs_secret_file_state_t  states[NGX_CS_STATE_FILES];

    n = ngx_cs_secret_file_states(files, states, NGX_CS_STATE_FILES, &known);

    ngx_cs_json_int(j, "secretFilesKnown", known);
    ngx_cs_json_open(j, "secretFiles", "[");

    for (i = 0; i < n; i++) {
        ngx_cs_state_secret_file(j, &states[i]);
    }

    ngx_cs_json_close(j, "]");
}


static void
ngx_cs_state_secret_file(ngx_cs_json_t *j, ngx_cs_secret_file_state_t *state)
{
    u_char  *last, why[NGX_MAX_ERROR_STR];

    ngx_cs_json_open(j, NULL, "{");
    ngx_cs_json_string(j, "path", state->path.data, state->path.len);
    ngx_cs_state_text(j, "directive", state->directive);
    ngx_cs_json_int(j, "read", (int64_t) state->read * 1000);
    ngx_cs_json_bool(j, "reload", state->private);

    if (state->failing) {
        ngx_cs_json_int(j, "failing", (int64_t) state->failing * 1000);
        ngx_cs_state_text(j, "wrong", state->wrong);
    }

    if (state->err) {
        last = ngx_strerror(state->err, why, NGX_MAX_ERROR_STR);
        ngx_cs_json_string(j, "why", why, last - why);
    }

    ngx_cs_json_close(j, "}");
}


/* each that the zone has, by its name */

void
ngx_cs_state_tiers(ngx_cs_json_t *j, ngx_shm_zone_t *shm_zone,
    ngx_cs_zone_stat_t *stat)
{
#if (NGX_CS_HAVE_SQLITE)
    ngx_cs_disk_t   *disk;
#endif
#if (NGX_CS_HAVE_HIREDIS)
    ngx_cs_fleet_t  *fleet;
#endif

    ngx_cs_json_open(j, "tiers", "[");

#if (NGX_CS_HAVE_SQLITE)
    disk = ngx_cs_disk_of(shm_zone);

    if (disk) {
        ngx_cs_state_disk(j, disk, stat);
    }
#endif

#if (NGX_CS_HAVE_HIREDIS)
    fleet = ngx_cs_fleet_of(shm_zone);

    if (fleet) {
        ngx_cs_state_fleet(j, fleet);
    }
#endif

    ngx_cs_json_close(j, "]");
}


#if (NGX_CS_HAVE_SQLITE)

static void
ngx_cs_state_disk(ngx_cs_json_t *j, ngx_cs_disk_t *disk,
    ngx_cs_zone_stat_t *stat)
{
    ngx_cs_disk_block_t  *block;

    block = disk->block->data;

    ngx_cs_json_open(j, NULL, "{");
    ngx_cs_state_text(j, "name", "disk");
    ngx_cs_state_text(j, "state",
                      (block->off_until > ngx_current_msec) ? "off"
                      : block->failing ? "failing" : "on");
    ngx_cs_json_int(j, "bytes", block->bytes);
    ngx_cs_json_int(j, "size", disk->max_size);
    ngx_cs_json_int(j, "answers", block->answers);
    ngx_cs_json_int(j, "dropped", stat->lost);
    ngx_cs_json_int(j, "hits", block->tally.lookups[NGX_CS_TALLY_HIT]
                               + block->tally.lookups[NGX_CS_TALLY_STALE]);

    if (block->replaced) {
        ngx_cs_json_int(j, "damaged", (int64_t) block->replaced * 1000);
    }

    ngx_cs_json_close(j, "}");
}

#endif


#if (NGX_CS_HAVE_HIREDIS)

static void
ngx_cs_state_fleet(ngx_cs_json_t *j, ngx_cs_fleet_t *fleet)
{
    ngx_cs_fleet_block_t  *block;

    block = fleet->block->data;

    ngx_cs_json_open(j, NULL, "{");
    ngx_cs_state_text(j, "name", "fleet");
    ngx_cs_state_text(j, "state", ngx_cs_redis_block_all(fleet->redis->block)
                                  ? "on" : "off");
    ngx_cs_json_int(j, "hits", block->tally.lookups[NGX_CS_TALLY_HIT]
                               + block->tally.lookups[NGX_CS_TALLY_STALE]);
    ngx_cs_json_int(j, "lone", block->lone);
    ngx_cs_json_close(j, "}");
}

#endif
