/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Whether a tenant's fetches may go out.  Its fetches pause when upstream
 * refuses it, asks it to wait, or is down for several tasks in a row; then one
 * probe goes, and what it brings ends the pause or makes another.  A task that
 * fails by itself pauses nobody.  docs/freshness.md draws the states.
 *
 * A few words of state that lie in shared memory, under their owner's lock.
 * Plain C: no nginx, no allocation; the clock is passed in (mono, ms).
 */


#ifndef _CLEAR_BREAKER_H_INCLUDED_
#define _CLEAR_BREAKER_H_INCLUDED_


#include <stdint.h>


/* the longest pause that upstream did not ask for, ms */
#define CLEAR_BREAKER_PAUSE_MAX  30000

/* so many of the tasks refused last are told apart */
#define CLEAR_BREAKER_TASKS      16


/* what a fetch tells of upstream; a tenant's, not a task's */

typedef enum {
    CLEAR_UPSTREAM_UNKNOWN = 0,    /* nothing: it was never sent, or failed
                                      in this gateway */
    CLEAR_UPSTREAM_ALIVE,
    CLEAR_UPSTREAM_DOWN,           /* no connection, TLS, timeout, cut short,
                                      502 to 504 without an envelope */
    CLEAR_UPSTREAM_LIMITED,        /* 429 */
    CLEAR_UPSTREAM_UNAUTHORIZED,   /* 401 */
    CLEAR_UPSTREAM_FORBIDDEN       /* 403: the task's or the credential's */
} clear_upstream_e;


/* why a tenant's fetches pause, and the status that callers get meanwhile */

typedef enum {
    CLEAR_PAUSE_NONE = 0,
    CLEAR_PAUSE_DOWN = 503,
    CLEAR_PAUSE_LIMITED = 429,
    CLEAR_PAUSE_CREDENTIAL = 403
} clear_pause_e;


typedef struct {
    uint32_t                 max_fails;       /* 0: pause for nothing but
                                                 Retry-After */
    int64_t                  fail_timeout;    /* ms, the first pause */
    int64_t                  max_retry_after; /* ms, of upstream's; 0: it is
                                                 not respected */
} clear_breaker_conf_t;


/* all zero is a good beginning */

typedef struct {
    clear_pause_e            kind;
    uint32_t                 asked;           /* 1: by Retry-After, so that
                                                 nothing shortens it */
    uint32_t                 fails;           /* down in a row */
    uint32_t                 forbidden;       /* different tasks in a row */
    uint32_t                 refusals;        /* 401 and 403 in a row */
    uint32_t                 unlogged;        /* and of them without a line */
    uint32_t                 serial;          /* of the pause */
    uint32_t                 tasks[CLEAR_BREAKER_TASKS];  /* forbidden last */
    int64_t                  pause;           /* the last that upstream did not
                                                 ask for, ms, or 0 */
    int64_t                  until;           /* mono */
    int64_t                  probe_until;     /* a probe is out, mono */
} clear_breaker_t;


/* what one fetch carries from enter to leave */

typedef struct {
    uint32_t                 task;            /* its task, hashed */
    uint32_t                 down;            /* so many fetches of the task
                                                 went down in a row before */
    uint32_t                 serial;          /* set by enter, with probe */
    uint32_t                 unlogged;        /* set by leave: upstream takes
                                                 the credential again, and so
                                                 many refusals had no line */
    int64_t                  left;            /* set by leave: what is left of
                                                 a pause that there is, ms, or
                                                 0 */
    unsigned                 probe:1;
    unsigned                 quiet:1;         /* set by leave: this refusal
                                                 is not to be logged */
} clear_pass_t;


typedef enum {
    CLEAR_BREAKER_GO = 0,
    CLEAR_BREAKER_PROBE,           /* go, and all others wait for you */
    CLEAR_BREAKER_PAUSED           /* b->kind tells why */
} clear_breaker_e;


/*
 * May a fetch start now?  Who is let in comes back with clear_breaker_leave().
 * probe_time: how long a probe may be out before another may go, ms.
 * *wait: receives on PAUSED how long there will be no fetch, ms, at least 1.
 */
clear_breaker_e clear_breaker_enter(clear_breaker_t *b,
    const clear_breaker_conf_t *conf, int64_t now, int64_t probe_time,
    clear_pass_t *pass, int64_t *wait);

/*
 * A fetch ended.  retry_after: what upstream's Retry-After asks for, ms, no
 * more than conf allows; 0: nothing.  Returns how long the pause is that
 * begins with it, ms, or 0.
 */
int64_t clear_breaker_leave(clear_breaker_t *b,
    const clear_breaker_conf_t *conf, int64_t now, clear_pass_t *pass,
    clear_upstream_e upstream, int64_t retry_after);

/*
 * How long no fetch may start, ms, of a task that went down so many times in a
 * row before; 0: it may now.
 */
int64_t clear_breaker_left(const clear_breaker_t *b,
    const clear_breaker_conf_t *conf, int64_t now, uint32_t down);

/*
 * 1 where fetches are being held back now, else 0: a pause that is over, with
 * nobody having tried since, is none.
 */
int clear_breaker_paused(const clear_breaker_t *b, int64_t now);

/* 1 where there is nothing to remember, else 0 */
int clear_breaker_idle(const clear_breaker_t *b);

/*
 * How long the error of a task's nth fetch in a row that went down is kept, ms
 * (or what lifetime is, where that is longer); a lifetime of 0 stays 0.
 */
int64_t clear_breaker_keep(int64_t lifetime, uint32_t n);


#endif /* _CLEAR_BREAKER_H_INCLUDED_ */
