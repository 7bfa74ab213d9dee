/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * How long an answer may be served: policy and clock in, decision out.
 * The clock is passed in.  All times are milliseconds; two clocks are kept
 * apart: "wall" is time since the epoch (presigned URLs speak of it), "mono"
 * a monotonic clock (what is stored is compared with it, so setting the
 * machine's clock changes nothing).
 * Plain C: no nginx, no allocation, no state.
 */


#ifndef _CLEAR_FRESHNESS_H_INCLUDED_
#define _CLEAR_FRESHNESS_H_INCLUDED_


#include "clear/envelope.h"


#define CLEAR_FOREVER  INT64_MAX


/* one entry of clear_status_valid: a state's name, a code, or neither (any) */

typedef struct {
    clear_str_t              state;           /* NULL: not a state */
    int                      code;            /* 0: not a code */
    int64_t                  ttl;             /* ms or CLEAR_FOREVER */
    int64_t                  max;             /* ms, where the ttl of an
                                                 unfinished answer grows with
                                                 its task's age; 0: it does
                                                 not */
    int                      percent;         /* of the age; with max */
} clear_valid_t;


typedef struct {
    const clear_valid_t     *valid;           /* the operator's entries */
    size_t                   nvalid;
    int64_t                  url_lifetime;
    int64_t                  url_margin;
    int64_t                  stale_if_error;  /* 0: off, or CLEAR_FOREVER */
    int64_t                  stale_while_revalidate;  /* 0: off */
} clear_freshness_conf_t;


/*
 * When an answer was fetched and until when it is fresh, both mono.
 * Forever is fresh_until == CLEAR_FOREVER.
 */

typedef struct {
    int64_t                  fetched;
    int64_t                  fresh_until;
    unsigned                 terminal:1;
    unsigned                 definite:1;      /* of an error: upstream's own
                                                 word, not its failure */
} clear_stamp_t;


typedef enum {
    CLEAR_FETCH = 0,           /* nothing may be served: fetch */
    CLEAR_SERVE_FRESH,         /* the good answer, fresh */
    CLEAR_SERVE_REVALIDATE,    /* the good answer, stale; refresh behind it */
    CLEAR_SERVE_STALE,         /* the good answer, stale; the last fetch
                                  failed so recently that none is due */
    CLEAR_SERVE_ERROR          /* the stored error, fresh */
} clear_choice_e;


/*
 * The lifetime in ms (or CLEAR_FOREVER) of an answer from the moment of its
 * fetch.  status is what the caller gets: 200 with the answer, else the
 * error's, and then answer may be NULL.  An operator's entry for exactly this
 * state or code counts first (the last written wins), then for SUCCESS and
 * FAILED the default, then the operator's "any", then the defaults: CREATED,
 * PROCESSING and unknown states 2000, errors 1000.
 *
 * An unfinished answer's lifetime grows with the task's age where the entry
 * says so, and by default to 10000 with 10 percent of the age (clear/pace.h).
 *
 * A terminal answer with presigned URLs lives shorter: to the margin before
 * the first of them dies, but at least half of what was left, and at least 1000
 * or what "any" says if that is less, so that one refresh follows another only
 * then.
 *
 * wall: the time of the fetch.  age: the task's then, ms.
 */
int64_t clear_freshness_lifetime(const clear_freshness_conf_t *conf,
    int status, const clear_task_t *answer, int64_t wall, int64_t age);

/*
 * The stamp for an answer fetched at mono with a lifetime; not definite.
 */
void clear_freshness_stamp(clear_stamp_t *stamp, int64_t mono,
    int64_t lifetime, int terminal);

/*
 * What to do with what is stored.  good, error: stamps of the stored success
 * and of the last error, NULL where there is none.
 */
clear_choice_e clear_freshness_choose(const clear_freshness_conf_t *conf,
    const clear_stamp_t *good, const clear_stamp_t *error, int64_t mono);

/*
 * 1 where a stored success (or NULL) may be served in the place of an error,
 * else 0: a terminal one always; another within clear_status_stale_if_error,
 * unless the error is definite (RFC 5861, section 4: 500 to 504).
 */
int clear_freshness_usable(const clear_freshness_conf_t *conf,
    const clear_stamp_t *good, const clear_stamp_t *error, int64_t mono);

/*
 * 1 for SUCCESS and FAILED, else 0.
 */
int clear_freshness_terminal(clear_workflow_e workflow);


#endif /* _CLEAR_FRESHNESS_H_INCLUDED_ */
