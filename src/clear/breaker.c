/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Whether a tenant's fetches may go out; see the header.
 *
 * Closed: fetches go, failures in a row are counted.  Open, until a time: none
 * goes.  After it one probe goes at a time: its success closes, its failure
 * opens again for twice as long.
 */


#include "clear/breaker.h"


static void clear_breaker_open(clear_breaker_t *b, int64_t pause, int64_t now);


clear_breaker_e
clear_breaker_enter(clear_breaker_t *b, const clear_breaker_conf_t *conf,
    int64_t now, int64_t probe_time, int64_t *wait)
{
    if (now < b->wait_until) {
        *wait = b->wait_until - now;
        return CLEAR_BREAKER_WAIT;
    }

    if (b->pause == 0 || conf->max_fails == 0) {
        return CLEAR_BREAKER_GO;
    }

    if (now < b->until) {
        *wait = b->until - now;
        return CLEAR_BREAKER_PAUSED;
    }

    /* nobody knows when the probe ends: ask again in a first pause's time */

    if (now < b->probe_until) {
        *wait = b->probe_until - now;

        if (*wait > conf->fail_timeout && conf->fail_timeout > 0) {
            *wait = conf->fail_timeout;
        }

        return CLEAR_BREAKER_PAUSED;
    }

    b->probe_until = now + probe_time;

    return CLEAR_BREAKER_PROBE;
}


void
clear_breaker_success(clear_breaker_t *b)
{
    b->fails = 0;
    b->pause = 0;
    b->until = 0;
    b->probe_until = 0;
}


/*
 * While it is open, failures are those of fetches that began before: only a
 * probe, which begins after the pause, makes it longer.
 */

void
clear_breaker_failure(clear_breaker_t *b, const clear_breaker_conf_t *conf,
    int64_t now)
{
    if (conf->max_fails == 0) {
        return;
    }

    if (b->pause == 0) {

        if (++b->fails >= conf->max_fails) {
            clear_breaker_open(b, conf->fail_timeout, now);
        }

        return;
    }

    if (now >= b->until && b->probe_until) {
        clear_breaker_open(b, 2 * b->pause, now);
    }
}


static void
clear_breaker_open(clear_breaker_t *b, int64_t pause, int64_t now)
{
    if (pause < 1) {
        pause = 1;
    }

    if (pause > CLEAR_BREAKER_PAUSE_MAX) {
        pause = CLEAR_BREAKER_PAUSE_MAX;
    }

    b->pause = pause;
    b->until = now + pause;
    b->probe_until = 0;
}


void
clear_breaker_wait(clear_breaker_t *b, uint32_t status, int64_t now,
    int64_t wait)
{
    if (now + wait > b->wait_until) {
        b->wait_until = now + wait;
        b->status = status;
    }
}


void
clear_breaker_abandon(clear_breaker_t *b)
{
    b->probe_until = 0;
}


int
clear_breaker_paused(const clear_breaker_t *b, int64_t now)
{
    return now < b->wait_until
           || (b->pause && (now < b->until || now < b->probe_until));
}
