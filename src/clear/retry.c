/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Whether the same is asked once more; see the header.
 */


#include "clear/retry.h"


static int clear_retry_dead(const clear_attempt_t *attempt);
static int clear_retry_worth(const clear_attempt_t *attempt);
static int clear_retry_counts(clear_retry_t *retry,
    const clear_attempt_t *attempt);
static clear_retry_e clear_retry_elsewhere(clear_retry_t *retry,
    const clear_attempt_t *attempt);


clear_retry_e
clear_retry(clear_retry_t *retry, const clear_attempt_t *attempt,
    int64_t left, int64_t pause)
{
    clear_retry_e  rc;

    if (left <= 0) {
        return CLEAR_RETRY_NO;
    }

    if (clear_retry_dead(attempt)) {
        rc = clear_retry_elsewhere(retry, attempt);

        if (rc != CLEAR_RETRY_NO) {
            return clear_retry_counts(retry, attempt) ? rc : CLEAR_RETRY_NO;
        }
    }

    if (!clear_retry_worth(attempt) || retry->counted >= retry->max
        || pause >= left)
    {
        return CLEAR_RETRY_NO;
    }

    retry->counted++;
    retry->dead = 0;

    return CLEAR_RETRY_LATER;
}


/*
 * A connection that was used before and had died meanwhile: no byte of an
 * answer came, or the server says that it had given up waiting for a request
 * (RFC 9110, section 15.5.9).
 */

static int
clear_retry_dead(const clear_attempt_t *attempt)
{
    if (!attempt->sent || attempt->opened) {
        return 0;
    }

    return (attempt->safe && !attempt->bytes)
           || (attempt->status == 408 && !attempt->shared);
}


static int
clear_retry_worth(const clear_attempt_t *attempt)
{
    if (attempt->status) {
        return !attempt->retry_after
               && (attempt->status == 502 || attempt->status == 503
                   || attempt->status == 504);
    }

    return attempt->safe || (attempt->timeout && !attempt->sent);
}


/* whether one more may follow a connection that had died */

static int
clear_retry_counts(clear_retry_t *retry, const clear_attempt_t *attempt)
{
    if (attempt->declined || attempt->shared) {
        return 1;
    }

    if (retry->counted >= retry->max) {
        return 0;
    }

    retry->counted++;

    return 1;
}


/*
 * All that are idle may have died together.  Where many streams lose one
 * connection, the next one is shared again, once: else each would open its
 * own.
 */

static clear_retry_e
clear_retry_elsewhere(clear_retry_t *retry, const clear_attempt_t *attempt)
{
    unsigned  shared;

    shared = attempt->shared ? 1 : 0;

    if (retry->dead > shared) {
        return CLEAR_RETRY_NO;
    }

    return (retry->dead++ < shared) ? CLEAR_RETRY_NOW : CLEAR_RETRY_FRESH;
}
