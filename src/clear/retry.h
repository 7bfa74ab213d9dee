/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * An attempt of a fetch has ended: whether the same is asked once more, and
 * how.
 * Plain C: no nginx, no allocation, no state but the caller's.
 */


#ifndef _CLEAR_RETRY_H_INCLUDED_
#define _CLEAR_RETRY_H_INCLUDED_


#include <stdint.h>


typedef enum {
    CLEAR_RETRY_NO = 0,
    CLEAR_RETRY_NOW,               /* the connection had died: at once */
    CLEAR_RETRY_FRESH,             /* the same, over a connection that nobody
                                      used before */
    CLEAR_RETRY_LATER              /* a retry, after a pause */
} clear_retry_e;


/* how an attempt ended */

typedef struct {
    int                      status;          /* of a whole response, else 0 */
    unsigned                 retry_after:1;   /* it says when to come back */
    unsigned                 safe:1;          /* no whole response came, in a
                                                 way after which a GET may be
                                                 sent again */
    unsigned                 timeout:1;       /* its time was over */
    unsigned                 sent:1;          /* over some connection */
    unsigned                 bytes:1;         /* of a response came */
    unsigned                 opened:1;        /* a connection of its own */
    unsigned                 declined:1;      /* by us, before it was asked */
    unsigned                 shared:1;        /* HTTP/2: others' streams were
                                                 on that connection */
} clear_attempt_t;


/* a fetch's count of them, all zero at first but max */

typedef struct {
    unsigned                 max;             /* retries */
    unsigned                 counted;         /* of these */
    unsigned                 dead;            /* connections since the last */
} clear_retry_t;


/*
 * left: ms until the fetch has to have ended.  pause: ms before a retry.
 * What is returned is counted in *retry.
 *
 * A connection that was used before may be closed by the other end at any
 * moment (RFC 9112, section 9.3.1; RFC 9113, section 9.1): then the next
 * attempt follows at once, on a fresh one.  It is a retry like any other, but
 * where nothing was asked: we declined the connection, or it was HTTP/2's,
 * which goes away with streams that upstream did not begin (RFC 9113, section
 * 8.7).
 */
clear_retry_e clear_retry(clear_retry_t *retry, const clear_attempt_t *attempt,
    int64_t left, int64_t pause);


#endif /* _CLEAR_RETRY_H_INCLUDED_ */
