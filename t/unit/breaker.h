/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Fetches that ask a breaker and tell it, by the clock, for its unit tests.
 */


#ifndef _BREAKER_H_INCLUDED_
#define _BREAKER_H_INCLUDED_


#include "unit.h"

#include "clear/breaker.h"


/* how long a probe may be out, ms */
#define PROBE  15000

#define DOWN          CLEAR_UPSTREAM_DOWN
#define ALIVE         CLEAR_UPSTREAM_ALIVE
#define LIMITED       CLEAR_UPSTREAM_LIMITED
#define UNAUTHORIZED  CLEAR_UPSTREAM_UNAUTHORIZED
#define FORBIDDEN     CLEAR_UPSTREAM_FORBIDDEN
#define UNKNOWN       CLEAR_UPSTREAM_UNKNOWN

/* what is expected of one who asks; or how long it has to wait, ms */
#define GO      0
#define PROBED  -1


/* max_fails 3 and 0, both with a fail_timeout of 1000 */
extern const clear_breaker_conf_t  breaker_conf;
extern const clear_breaker_conf_t  breaker_off;

/* of a task whose last fetch went down */
extern const clear_pass_t  breaker_sick;


/* asks; fails where what comes is not what is expected */
clear_pass_t breaker_enter_by(clear_breaker_t *b,
    const clear_breaker_conf_t *conf, int64_t now, clear_pass_t pass,
    int64_t expected);

/* the same for a task whose last fetch did not go down, with breaker_conf */
clear_pass_t breaker_enter(clear_breaker_t *b, int64_t now, int64_t expected);

/* returns the pause that begins, ms, or 0 */
int64_t breaker_leave(clear_breaker_t *b, int64_t now, clear_pass_t pass,
    clear_upstream_e upstream);

/* so many fetches end, each of another task and let in before any pause */
void breaker_ends(clear_breaker_t *b, int64_t now, clear_upstream_e upstream,
    int times);

/* one of those, with a Retry-After of so many ms; as breaker_leave() */
int64_t breaker_asks(clear_breaker_t *b, int64_t now,
    clear_upstream_e upstream, int64_t ms);


#endif /* _BREAKER_H_INCLUDED_ */
