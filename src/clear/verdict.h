/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What came from upstream -> what the caller gets: the table of errors in
 * docs/http.md, as one pure function.
 * Plain C: no nginx, no allocation, no state.
 */


#ifndef _CLEAR_VERDICT_H_INCLUDED_
#define _CLEAR_VERDICT_H_INCLUDED_


#include "clear/breaker.h"
#include "clear/envelope.h"


/* how the exchange with upstream ended, before its content counts */

typedef enum {
    CLEAR_TRANSPORT_OK = 0,        /* a whole response */
    CLEAR_TRANSPORT_RESOLVE,       /* the name has no address */
    CLEAR_TRANSPORT_CONNECT,       /* refused, unreachable, proxy refused */
    CLEAR_TRANSPORT_TLS,           /* handshake or certificate */
    CLEAR_TRANSPORT_TIMEOUT,       /* no whole response in time */
    CLEAR_TRANSPORT_BROKEN,        /* reset, cut short, protocol error */
    CLEAR_TRANSPORT_TOO_LARGE,     /* body or header over our limit */
    CLEAR_TRANSPORT_LOCAL          /* this gateway could not */
} clear_transport_e;


typedef struct {
    clear_error_t            error;           /* where success is 0 */
    clear_upstream_e         upstream;        /* for its tenant's breaker */
    unsigned                 success:1;       /* pass the body, 200 */
    unsigned                 credentials:1;   /* upstream said 401 or 403 */
    unsigned                 unknown:1;       /* upstream's own word: there is
                                                 no such task */
    unsigned                 waits:1;         /* upstream said 429 or 503: its
                                                 Retry-After counts */
    const char              *reason;          /* for the log, static, no
                                                 upstream bytes; or NULL */
} clear_verdict_t;


/*
 * transport: how it ended.  http_status: upstream's, counts for
 * CLEAR_TRANSPORT_OK only.  envelope: what clear_envelope_finish() returned.
 * answer: counts for CLEAR_ENVELOPE_OK only, and the verdict's strings point
 * into it.
 */
void clear_verdict(clear_transport_e transport, int http_status,
    clear_envelope_e envelope, const clear_task_t *answer,
    clear_verdict_t *verdict);


#endif /* _CLEAR_VERDICT_H_INCLUDED_ */
