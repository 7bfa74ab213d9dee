/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Whether a tenant's fetches may go out: not while upstream asked us to wait
 * (Retry-After), and not, but for one probe at a time, after too many
 * failures in a row.  A few words of state that lie in shared memory, under
 * their owner's lock.
 * Plain C: no nginx, no allocation; the clock is passed in (mono, ms).
 */


#ifndef _CLEAR_BREAKER_H_INCLUDED_
#define _CLEAR_BREAKER_H_INCLUDED_


#include <stdint.h>


/* the longest pause, ms */
#define CLEAR_BREAKER_PAUSE_MAX  30000


typedef struct {
    uint32_t                 max_fails;       /* 0: never pause */
    int64_t                  fail_timeout;    /* ms, the first pause */
} clear_breaker_conf_t;


/* all zero is a good beginning */

typedef struct {
    uint32_t                 fails;           /* in a row */
    uint32_t                 status;          /* of the answer that asked us
                                                 to wait, or 0 */
    int64_t                  pause;           /* the current pause, ms, or 0 */
    int64_t                  until;           /* paused until, mono */
    int64_t                  wait_until;      /* Retry-After, mono */
    int64_t                  probe_until;     /* a probe is out, mono */
} clear_breaker_t;


typedef enum {
    CLEAR_BREAKER_GO = 0,
    CLEAR_BREAKER_PROBE,           /* go, and all others wait for you */
    CLEAR_BREAKER_PAUSED,          /* after failures */
    CLEAR_BREAKER_WAIT             /* upstream asked for it */
} clear_breaker_e;


/*
 * May a fetch start now?  probe_time: how long a probe may be out before
 * another may go, ms.  On PAUSED and WAIT *wait is how long there will be
 * no fetch, ms, at least 1.
 */
clear_breaker_e clear_breaker_enter(clear_breaker_t *b,
    const clear_breaker_conf_t *conf, int64_t now, int64_t probe_time,
    int64_t *wait);

/* a fetch ended: upstream answered, whatever it said */
void clear_breaker_success(clear_breaker_t *b);

/* a fetch ended: connect, TLS, timeout, 502 to 504 */
void clear_breaker_failure(clear_breaker_t *b,
    const clear_breaker_conf_t *conf, int64_t now);

/* upstream said status with a Retry-After of that many ms */
void clear_breaker_wait(clear_breaker_t *b, uint32_t status, int64_t now,
    int64_t wait);

/* a probe ended without a word on upstream's health: it never went out */
void clear_breaker_abandon(clear_breaker_t *b);

/*
 * 1 where fetches are being held back now, else 0: a pause that is over, with
 * nobody having tried since, is none.
 */
int clear_breaker_paused(const clear_breaker_t *b, int64_t now);


#endif /* _CLEAR_BREAKER_H_INCLUDED_ */
