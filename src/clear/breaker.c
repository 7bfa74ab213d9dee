/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Whether a tenant's fetches may go out; see the header.
 *
 * Going: kind is NONE, and what goes wrong in a row is counted.  Paused: until
 * a time.  After it, probing: the first task whose last fetch did not go down
 * is let in, and if there is none for the pause's length again, any.
 */


#include "clear/breaker.h"


#define CLEAR_BREAKER_KEEP  1000


static int clear_breaker_holds(const clear_breaker_t *b,
    const clear_breaker_conf_t *conf, int64_t now);
static int64_t clear_breaker_length(int64_t pause);
static int64_t clear_breaker_next(const clear_breaker_t *b,
    const clear_breaker_conf_t *conf);
static void clear_breaker_pause(clear_breaker_t *b, clear_pause_e kind,
    int64_t pause, int64_t now);
static void clear_breaker_alive(clear_breaker_t *b, int64_t now, int probe);
static void clear_breaker_down(clear_breaker_t *b,
    const clear_breaker_conf_t *conf, int64_t now, const clear_pass_t *pass,
    int probe);
static void clear_breaker_refused(clear_breaker_t *b,
    const clear_breaker_conf_t *conf, int64_t now, clear_pause_e kind,
    int probe);
static void clear_breaker_forbidden(clear_breaker_t *b,
    const clear_breaker_conf_t *conf, int64_t now, const clear_pass_t *pass,
    int probe);
static void clear_breaker_log(clear_breaker_t *b, uint32_t lines,
    clear_pass_t *pass);
static void clear_breaker_ask(clear_breaker_t *b, clear_upstream_e upstream,
    int64_t now, int64_t wait);


clear_breaker_e
clear_breaker_enter(clear_breaker_t *b, const clear_breaker_conf_t *conf,
    int64_t now, int64_t probe_time, clear_pass_t *pass, int64_t *wait)
{
    int64_t  left;

    pass->serial = b->serial;
    pass->probe = 0;

    left = clear_breaker_left(b, conf, now, pass->down);

    if (left) {
        *wait = left;
        return CLEAR_BREAKER_PAUSED;
    }

    if (!clear_breaker_holds(b, conf, now)) {
        return CLEAR_BREAKER_GO;
    }

    b->probe_until = now + probe_time;
    pass->probe = 1;

    return CLEAR_BREAKER_PROBE;
}


int64_t
clear_breaker_left(const clear_breaker_t *b, const clear_breaker_conf_t *conf,
    int64_t now, uint32_t down)
{
    int64_t  again, left;

    if (!clear_breaker_holds(b, conf, now)) {
        return 0;
    }

    if (now < b->until) {
        return b->until - now;
    }

    again = b->pause ? b->pause : clear_breaker_length(conf->fail_timeout);

    /* nobody knows when the probe ends */

    if (now < b->probe_until) {
        left = b->probe_until - now;

        return (left > again) ? again : left;
    }

    if (down && now < b->until + again) {
        return b->until + again - now;
    }

    return 0;
}


/* 1 in a pause, or after it until a probe has ended well; else 0 */

static int
clear_breaker_holds(const clear_breaker_t *b, const clear_breaker_conf_t *conf,
    int64_t now)
{
    if (b->kind == CLEAR_PAUSE_NONE) {
        return 0;
    }

    return conf->max_fails || (b->asked && now < b->until);
}


int64_t
clear_breaker_leave(clear_breaker_t *b, const clear_breaker_conf_t *conf,
    int64_t now, clear_pass_t *pass, clear_upstream_e upstream,
    int64_t retry_after)
{
    int       probe;
    uint32_t  serial;

    serial = b->serial;
    probe = (pass->probe && pass->serial == serial && b->kind);

    pass->quiet = 0;
    pass->unlogged = 0;
    pass->left = 0;

    switch (upstream) {

    case CLEAR_UPSTREAM_UNKNOWN:
        if (probe) {
            b->probe_until = 0;
        }

        return 0;

    case CLEAR_UPSTREAM_ALIVE:
        pass->unlogged = b->unlogged;
        b->unlogged = 0;
        b->refusals = 0;
        b->forbidden = 0;
        clear_breaker_alive(b, now, probe);
        break;

    case CLEAR_UPSTREAM_DOWN:
        clear_breaker_down(b, conf, now, pass, probe);
        break;

    case CLEAR_UPSTREAM_LIMITED:
        if (retry_after == 0) {
            clear_breaker_refused(b, conf, now, CLEAR_PAUSE_LIMITED, probe);
        }

        break;

    case CLEAR_UPSTREAM_UNAUTHORIZED:
        clear_breaker_log(b, 1, pass);
        clear_breaker_refused(b, conf, now, CLEAR_PAUSE_CREDENTIAL, probe);
        break;

    case CLEAR_UPSTREAM_FORBIDDEN:
        clear_breaker_log(b, conf->max_fails ? conf->max_fails : 1, pass);
        clear_breaker_forbidden(b, conf, now, pass, probe);
        break;
    }

    if (retry_after) {
        clear_breaker_ask(b, upstream, now, retry_after);
    }

    if (b->kind && b->until > now) {
        pass->left = b->until - now;
    }

    return (b->serial != serial) ? pass->left : 0;
}


static int64_t
clear_breaker_length(int64_t pause)
{
    if (pause < 1) {
        return 1;
    }

    return (pause > CLEAR_BREAKER_PAUSE_MAX) ? CLEAR_BREAKER_PAUSE_MAX : pause;
}


/* after a probe */

static int64_t
clear_breaker_next(const clear_breaker_t *b, const clear_breaker_conf_t *conf)
{
    return b->pause ? 2 * b->pause : conf->fail_timeout;
}


static void
clear_breaker_pause(clear_breaker_t *b, clear_pause_e kind, int64_t pause,
    int64_t now)
{
    b->kind = kind;
    b->asked = 0;
    b->fails = 0;
    b->pause = clear_breaker_length(pause);
    b->until = now + b->pause;
    b->probe_until = 0;
    b->serial++;
}


/*
 * A fetch from before a pause says that upstream is up, but not that it takes
 * more, or this credential, by now.
 */

static void
clear_breaker_alive(clear_breaker_t *b, int64_t now, int probe)
{
    b->fails = 0;

    if (b->kind
        && (probe
            || now >= b->until
            || (b->kind == CLEAR_PAUSE_DOWN && !b->asked)))
    {
        b->kind = CLEAR_PAUSE_NONE;
        b->asked = 0;
        b->pause = 0;
        b->until = 0;
        b->probe_until = 0;
        b->serial++;
    }
}


/*
 * A task that has failed before says nothing of others: it does not count, and
 * as a probe it does not make the pause longer.
 */

static void
clear_breaker_down(clear_breaker_t *b, const clear_breaker_conf_t *conf,
    int64_t now, const clear_pass_t *pass, int probe)
{
    int64_t  pause;

    if (conf->max_fails == 0) {
        return;
    }

    if (probe) {
        pause = clear_breaker_next(b, conf);
        clear_breaker_pause(b, CLEAR_PAUSE_DOWN,
                            (pass->down && b->pause) ? b->pause : pause, now);
        return;
    }

    if (b->kind == CLEAR_PAUSE_NONE
        && pass->down == 0
        && ++b->fails >= conf->max_fails)
    {
        clear_breaker_pause(b, CLEAR_PAUSE_DOWN, conf->fail_timeout, now);
    }
}


static void
clear_breaker_refused(clear_breaker_t *b, const clear_breaker_conf_t *conf,
    int64_t now, clear_pause_e kind, int probe)
{
    b->fails = 0;

    if (conf->max_fails == 0) {
        return;
    }

    if (probe) {
        clear_breaker_pause(b, kind, clear_breaker_next(b, conf), now);

    } else if (b->kind == CLEAR_PAUSE_NONE
               || (b->kind == CLEAR_PAUSE_DOWN && !b->asked))
    {
        clear_breaker_pause(b, kind, conf->fail_timeout, now);
    }
}


/*
 * Of one task it may be the task's own; of different ones in a row it is the
 * credential's.
 */

static void
clear_breaker_forbidden(clear_breaker_t *b, const clear_breaker_conf_t *conf,
    int64_t now, const clear_pass_t *pass, int probe)
{
    uint32_t  i, n;

    if (b->kind == CLEAR_PAUSE_CREDENTIAL) {
        clear_breaker_refused(b, conf, now, CLEAR_PAUSE_CREDENTIAL, probe);
        return;
    }

    clear_breaker_alive(b, now, probe);

    n = (b->forbidden < CLEAR_BREAKER_TASKS) ? b->forbidden
                                             : CLEAR_BREAKER_TASKS;

    for (i = 0; i < n; i++) {
        if (b->tasks[i] == pass->task) {
            return;
        }
    }

    b->tasks[b->forbidden++ % CLEAR_BREAKER_TASKS] = pass->task;

    if (b->forbidden >= conf->max_fails) {
        clear_breaker_refused(b, conf, now, CLEAR_PAUSE_CREDENTIAL, probe);
    }
}


/* the first so many of a row have their line, the rest are counted */

static void
clear_breaker_log(clear_breaker_t *b, uint32_t lines, clear_pass_t *pass)
{
    if (b->refusals < lines) {
        b->refusals++;
        return;
    }

    b->unlogged++;
    pass->quiet = 1;
}


/* of two pauses the longer counts */

static void
clear_breaker_ask(clear_breaker_t *b, clear_upstream_e upstream, int64_t now,
    int64_t wait)
{
    if (b->kind && now + wait <= b->until) {
        return;
    }

    b->kind = (upstream == CLEAR_UPSTREAM_LIMITED) ? CLEAR_PAUSE_LIMITED
                                                   : CLEAR_PAUSE_DOWN;
    b->asked = 1;
    b->fails = 0;
    b->until = now + wait;
    b->probe_until = 0;
    b->serial++;
}


int
clear_breaker_paused(const clear_breaker_t *b, int64_t now)
{
    return b->kind && (now < b->until || now < b->probe_until);
}


int
clear_breaker_idle(const clear_breaker_t *b)
{
    return b->kind == CLEAR_PAUSE_NONE && b->fails == 0 && b->refusals == 0;
}


int64_t
clear_breaker_keep(int64_t lifetime, uint32_t n)
{
    int64_t  keep;

    if (lifetime == 0 || n == 0) {
        return lifetime;
    }

    keep = CLEAR_BREAKER_KEEP;

    while (--n && keep < CLEAR_BREAKER_PAUSE_MAX) {
        keep *= 2;
    }

    if (keep > CLEAR_BREAKER_PAUSE_MAX) {
        keep = CLEAR_BREAKER_PAUSE_MAX;
    }

    return (lifetime > keep) ? lifetime : keep;
}
