/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The life of a link; see the header.  Its one timer is the limit of each
 * state before it is up, then the next heartbeat or the limit of its answer,
 * and after a loss the time until the next try.  It keeps no worker alive.
 */


#include "redis/link.h"

#include "redis/tls.h"


/* between tries after a loss, doubling; in ms */
#define NGX_CS_REDIS_PAUSE      1000
#define NGX_CS_REDIS_PAUSE_MAX  30000

/* so long up, and a loss is no sign that the next try fails too */
#define NGX_CS_REDIS_STEADY     1000


static void ngx_cs_redis_link_timer(ngx_event_t *ev);
static void ngx_cs_redis_link_beat(ngx_cs_redis_link_t *link);
static void ngx_cs_redis_link_lose(ngx_cs_redis_link_t *link);
static void ngx_cs_redis_link_pause(ngx_cs_redis_link_t *link);


void
ngx_cs_redis_link_init(ngx_cs_redis_worker_t *worker,
    ngx_cs_redis_link_t *link, const ngx_cs_redis_kind_t *kind)
{
    link->worker = worker;
    link->redis = worker->redis;
    link->kind = kind;

    link->timer.handler = ngx_cs_redis_link_timer;
    link->timer.data = link;
    link->timer.log = worker->log;
    link->timer.cancelable = 1;

    link->flush.handler = ngx_cs_redis_wire_flush;
    link->flush.data = link;
    link->flush.log = worker->log;

    ngx_cs_redis_report_catch(link);
}


void
ngx_cs_redis_link_start(ngx_cs_redis_link_t *link)
{
    link->tried = 0;

    ngx_cs_redis_connect(link);
}


/* what they would do is of a process that goes on */

void
ngx_cs_redis_link_stop(ngx_cs_redis_link_t *link)
{
    link->state = NGX_CS_REDIS_OFF;
    link->first = link->last;

    ngx_cs_redis_link_lose(link);

    if (link->timer.timer_set) {
        ngx_del_timer(&link->timer);
    }

    if (link->ring) {
        ngx_free(link->ring);
        link->ring = NULL;
    }
}


/*
 * Whoever is told may ask again, and is declined, as the state is another one
 * by then.
 */

void
ngx_cs_redis_link_fail(ngx_cs_redis_link_t *link, ngx_uint_t why,
    const char *text)
{
    ngx_uint_t  steady, up;

    up = (link->state == NGX_CS_REDIS_UP);
    steady = up && ngx_current_msec - link->since >= NGX_CS_REDIS_STEADY;

    ngx_log_debug3(NGX_LOG_DEBUG_HTTP, link->worker->log, 0,
                   "clear status redis link failed: %ui up:%ui %s",
                   why, up, text);

    /* a peer that goes away may be back already, or another one be there */

    if (steady && why == NGX_CS_REDIS_CLOSED && !ngx_exiting) {
        ngx_cs_redis_link_lose(link);
        ngx_cs_redis_link_start(link);
        return;
    }

    if (!up && !ngx_exiting) {
        ngx_cs_redis_link_lose(link);

        if (ngx_cs_redis_connect_next(link) == NGX_OK) {
            return;
        }
    }

    if (!ngx_exiting) {
        ngx_cs_redis_report_off(link, why, text);
    }

    ngx_cs_redis_link_lose(link);
    ngx_cs_redis_link_pause(link);
}


/* all that belongs to the connection goes; who waits is told */

static void
ngx_cs_redis_link_lose(ngx_cs_redis_link_t *link)
{
    ngx_uint_t            up;
    ngx_cs_redis_slot_t  *slot;

    up = (link->state == NGX_CS_REDIS_UP);

    link->state = NGX_CS_REDIS_OFF;
    link->stuck = 0;
    link->late = 0;
    link->beating = 0;

    ngx_cs_redis_report_state(link->worker);
    ngx_cs_redis_disconnect(link);

    while (link->first != link->last) {
        slot = ngx_cs_redis_wire_slot(link, link->first);
        link->first++;

        if (slot->owner) {
            slot->told(link, slot->owner, NULL);
        }
    }

    if (up && link->kind->down) {
        link->kind->down(link);
    }
}


/* gateways that lost the same Redis do not all come at once */

static void
ngx_cs_redis_link_pause(ngx_cs_redis_link_t *link)
{
    ngx_msec_t  ms;

    if (ngx_exiting) {
        return;
    }

    ms = NGX_CS_REDIS_PAUSE << ngx_min(link->failed, 5);
    ms = ngx_min(ms, NGX_CS_REDIS_PAUSE_MAX);

    link->failed++;
    link->host = (link->host + 1) % link->redis->hosts.nelts;
    link->state = NGX_CS_REDIS_WAITING;

    ngx_cs_redis_link_limit(link, ms - ngx_random() % (ms / 8));
}


void
ngx_cs_redis_link_limit(ngx_cs_redis_link_t *link, ngx_msec_t ms)
{
    /* nginx leaves a timer alone that moves by little */

    if (link->timer.timer_set) {
        ngx_del_timer(&link->timer);
    }

    ngx_add_timer(&link->timer, ms);
}


ngx_msec_t
ngx_cs_redis_link_patience(ngx_cs_redis_link_t *link)
{
    return ngx_max(4 * link->redis->timeout, 1000);
}


static void
ngx_cs_redis_link_timer(ngx_event_t *ev)
{
    ngx_cs_redis_link_t *link = ev->data;

    switch (link->state) {

    case NGX_CS_REDIS_OFF:
        break;

    case NGX_CS_REDIS_WAITING:
        if (!ngx_exiting) {
            ngx_cs_redis_link_start(link);
        }

        break;

    case NGX_CS_REDIS_RESOLVING:
        ngx_cs_redis_link_fail(link, NGX_CS_REDIS_AWAY,
                               "its name was not resolved in time");
        break;

    case NGX_CS_REDIS_CONNECTING:
        ngx_cs_redis_link_fail(link, NGX_CS_REDIS_AWAY,
                               ngx_cs_redis_connect_stands(link)
                               ? "no TLS in time" : "no connection in time");
        break;

    case NGX_CS_REDIS_LOGIN:
        ngx_cs_redis_link_fail(link, NGX_CS_REDIS_LATE, "no answer in time");
        break;

    default: /* NGX_CS_REDIS_UP */
        ngx_cs_redis_link_beat(link);
    }
}


static void
ngx_cs_redis_link_beat(ngx_cs_redis_link_t *link)
{
    ngx_int_t   rc;
    ngx_msec_t  patience;

    /* a file that cannot be used is told now, not when the link is lost */

    if (link->redis->tls) {
        ngx_cs_redis_tls_look(link->redis->tls, link->worker->log);
    }

    if (link->beating || link->stuck) {
        ngx_cs_redis_link_fail(link, NGX_CS_REDIS_LATE, "no answer in time");
        return;
    }

    if (ngx_current_msec - link->heard < NGX_CS_REDIS_BEAT
        && link->first == link->last)
    {
        ngx_cs_redis_link_limit(link, NGX_CS_REDIS_BEAT);
        return;
    }

    rc = link->kind->beat(link);

    if (rc == NGX_ERROR) {
        ngx_cs_redis_link_fail(link, NGX_CS_REDIS_AWAY, "no memory");
        return;
    }

    patience = ngx_cs_redis_link_patience(link);

    if (rc == NGX_OK) {
        link->beating = 1;
        ngx_cs_redis_link_limit(link, patience);
        return;
    }

    /* no room for it: a link that is as full has enough to be answered */

    if (ngx_current_msec - link->heard >= NGX_CS_REDIS_BEAT + patience) {
        ngx_cs_redis_link_fail(link, NGX_CS_REDIS_LATE, "no answer in time");
        return;
    }

    ngx_cs_redis_link_limit(link, NGX_CS_REDIS_BEAT);
}


void
ngx_cs_redis_link_up(ngx_cs_redis_link_t *link)
{
    link->state = NGX_CS_REDIS_UP;
    link->since = ngx_current_msec;
    link->tried = 0;

    ngx_log_debug1(NGX_LOG_DEBUG_HTTP, link->worker->log, 0,
                   "clear status redis link up: %V", &link->shown);

    ngx_cs_redis_link_limit(link, NGX_CS_REDIS_BEAT);
    ngx_cs_redis_report_state(link->worker);

    if (link->kind->up) {
        link->kind->up(link);
    }
}


void
ngx_cs_redis_link_good(ngx_cs_redis_link_t *link)
{
    link->failed = 0;
}
