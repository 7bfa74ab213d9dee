/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Fetches that ask a breaker and tell it; see the header.
 */


#include "breaker.h"


const clear_breaker_conf_t  breaker_conf = { 3, 1000, 300000 };
const clear_breaker_conf_t  breaker_off = { 0, 1000, 300000 };

const clear_pass_t  breaker_sick = { 1, 1, 0, 0, 0, 0, 0 };


clear_pass_t
breaker_enter_by(clear_breaker_t *b, const clear_breaker_conf_t *conf,
    int64_t now, clear_pass_t pass, int64_t expected)
{
    int64_t          wait, left;
    clear_breaker_e  rc;

    wait = 0;
    left = clear_breaker_left(b, conf, now, pass.down);
    rc = clear_breaker_enter(b, conf, now, PROBE, &pass, &wait);

    if (left != wait) {
        fail_msg("at %lld: %lld are left, not %lld", (long long) now,
                 (long long) left, (long long) wait);
    }

    if (rc == CLEAR_BREAKER_PROBE) {
        wait = PROBED;
    }

    if (wait != expected || pass.probe != (rc == CLEAR_BREAKER_PROBE)) {
        fail_msg("at %lld: %d, %lld, not %lld", (long long) now, rc,
                 (long long) wait, (long long) expected);
    }

    return pass;
}


clear_pass_t
breaker_enter(clear_breaker_t *b, int64_t now, int64_t expected)
{
    static const clear_pass_t  healthy = { 2, 0, 0, 0, 0, 0, 0 };

    return breaker_enter_by(b, &breaker_conf, now, healthy, expected);
}


int64_t
breaker_leave(clear_breaker_t *b, int64_t now, clear_pass_t pass,
    clear_upstream_e upstream)
{
    return clear_breaker_leave(b, &breaker_conf, now, &pass, upstream, 0);
}


void
breaker_ends(clear_breaker_t *b, int64_t now, clear_upstream_e upstream,
    int times)
{
    clear_pass_t  pass = { 100, 0, 0, 0, 0, 0, 0 };

    for ( /* void */ ; times; times--) {
        pass.task++;
        (void) breaker_leave(b, now, pass, upstream);
    }
}


int64_t
breaker_asks(clear_breaker_t *b, int64_t now, clear_upstream_e upstream,
    int64_t ms)
{
    clear_pass_t  pass = { 100, 0, 0, 0, 0, 0, 0 };

    return clear_breaker_leave(b, &breaker_conf, now, &pass, upstream, ms);
}
