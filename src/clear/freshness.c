/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * How long an answer may be served; see the header.
 */


#include "clear/freshness.h"

#include "clear/pace.h"


#define CLEAR_VALID_UNFINISHED  2000
#define CLEAR_VALID_MAX         10000
#define CLEAR_VALID_PERCENT     10
#define CLEAR_VALID_ERROR       1000


static const clear_valid_t *clear_freshness_valid(
    const clear_freshness_conf_t *conf, int status,
    const clear_task_t *answer);
static const clear_valid_t *clear_freshness_any(
    const clear_freshness_conf_t *conf, const clear_valid_t *otherwise);
static int clear_freshness_names(const clear_valid_t *valid, int status,
    const clear_task_t *answer);
static int64_t clear_freshness_urls(const clear_freshness_conf_t *conf,
    const clear_task_t *answer, int64_t wall);
static int clear_freshness_revalidate(const clear_freshness_conf_t *conf,
    const clear_stamp_t *good, int64_t mono);
static int64_t clear_freshness_add(int64_t a, int64_t b);


/* what counts where the operator says nothing */

static const clear_valid_t  clear_valid_unfinished = {
    { NULL, 0 }, 0, CLEAR_VALID_UNFINISHED, CLEAR_VALID_MAX,
    CLEAR_VALID_PERCENT
};

static const clear_valid_t  clear_valid_finished = {
    { NULL, 0 }, 0, CLEAR_FOREVER, 0, 0
};

static const clear_valid_t  clear_valid_error = {
    { NULL, 0 }, 0, CLEAR_VALID_ERROR, 0, 0
};


int64_t
clear_freshness_lifetime(const clear_freshness_conf_t *conf, int status,
    const clear_task_t *answer, int64_t wall, int64_t age)
{
    int                   finished;
    int64_t               lifetime, urls, least;
    const clear_valid_t  *valid;

    valid = clear_freshness_valid(conf, status, answer);

    finished = answer && clear_freshness_terminal(answer->workflow);

    lifetime = (valid->max && status == 200 && !finished)
               ? clear_pace(valid->ttl, valid->max, valid->percent, age)
               : valid->ttl;

    if (status != 200 || !finished || !answer->urls) {
        return lifetime;
    }

    urls = clear_freshness_urls(conf, answer, wall);
    least = clear_freshness_any(conf, &clear_valid_error)->ttl;

    if (least > CLEAR_VALID_ERROR) {
        least = CLEAR_VALID_ERROR;
    }

    if (urls < least) {
        urls = least;
    }

    return (urls < lifetime) ? urls : lifetime;
}


static const clear_valid_t *
clear_freshness_valid(const clear_freshness_conf_t *conf, int status,
    const clear_task_t *answer)
{
    size_t  i;

    for (i = conf->nvalid; i; i--) {
        if (clear_freshness_names(&conf->valid[i - 1], status, answer)) {
            return &conf->valid[i - 1];
        }
    }

    if (status != 200) {
        return clear_freshness_any(conf, &clear_valid_error);
    }

    if (answer && clear_freshness_terminal(answer->workflow)) {
        return &clear_valid_finished;
    }

    return clear_freshness_any(conf, &clear_valid_unfinished);
}


static const clear_valid_t *
clear_freshness_any(const clear_freshness_conf_t *conf,
    const clear_valid_t *otherwise)
{
    size_t  i;

    for (i = conf->nvalid; i; i--) {
        if (conf->valid[i - 1].code == 0
            && conf->valid[i - 1].state.data == NULL)
        {
            return &conf->valid[i - 1];
        }
    }

    return otherwise;
}


static int
clear_freshness_names(const clear_valid_t *valid, int status,
    const clear_task_t *answer)
{
    if (valid->code) {
        return valid->code == status;
    }

    return status == 200
           && answer
           && clear_str_eq(&valid->state, &answer->workflow_name);
}


/*
 * From the fetch to the margin before the first URL's end, but not within the
 * first half of what is left of its life.
 */

static int64_t
clear_freshness_urls(const clear_freshness_conf_t *conf,
    const clear_task_t *answer, int64_t wall)
{
    int64_t  left, told;

    left = CLEAR_FOREVER;

    if (answer->urls_silent) {
        left = conf->url_lifetime;
    }

    if (answer->urls_expire >= 0) {
        told = (answer->urls_expire > INT64_MAX / 1000)
               ? CLEAR_FOREVER : answer->urls_expire * 1000 - wall;

        if (told < left) {
            left = told;
        }
    }

    /* whatever the clock says, here or where it was signed */

    if (answer->urls_span >= 0 && answer->urls_span < left / 1000) {
        left = answer->urls_span * 1000;
    }

    if (left <= 0) {
        return 0;
    }

    if (left == CLEAR_FOREVER) {
        return left;
    }

    return (left - conf->url_margin > left / 2) ? left - conf->url_margin
                                                : left / 2;
}


void
clear_freshness_stamp(clear_stamp_t *stamp, int64_t mono, int64_t lifetime,
    int terminal)
{
    stamp->fetched = mono;
    stamp->fresh_until = clear_freshness_add(mono, lifetime);
    stamp->terminal = terminal ? 1 : 0;
    stamp->definite = 0;
}


clear_choice_e
clear_freshness_choose(const clear_freshness_conf_t *conf,
    const clear_stamp_t *good, const clear_stamp_t *error, int64_t mono)
{
    if (good && mono < good->fresh_until) {
        return CLEAR_SERVE_FRESH;
    }

    if (error && mono < error->fresh_until
        && (good == NULL || error->fetched >= good->fetched))
    {
        return (clear_freshness_usable(conf, good, error, mono)
                || clear_freshness_revalidate(conf, good, mono))
               ? CLEAR_SERVE_STALE : CLEAR_SERVE_ERROR;
    }

    return clear_freshness_revalidate(conf, good, mono)
           ? CLEAR_SERVE_REVALIDATE : CLEAR_FETCH;
}


/* whether a stored success may be served while it is refreshed */

static int
clear_freshness_revalidate(const clear_freshness_conf_t *conf,
    const clear_stamp_t *good, int64_t mono)
{
    return good && mono < clear_freshness_add(good->fresh_until,
                                              conf->stale_while_revalidate);
}


int
clear_freshness_usable(const clear_freshness_conf_t *conf,
    const clear_stamp_t *good, const clear_stamp_t *error, int64_t mono)
{
    if (good == NULL) {
        return 0;
    }

    if (good->terminal) {
        return 1;
    }

    if (error->definite) {
        return 0;
    }

    return mono < clear_freshness_add(good->fresh_until,
                                      conf->stale_if_error);
}


int
clear_freshness_terminal(clear_workflow_e workflow)
{
    return workflow == CLEAR_WORKFLOW_SUCCESS
           || workflow == CLEAR_WORKFLOW_FAILED;
}


static int64_t
clear_freshness_add(int64_t a, int64_t b)
{
    return (a > CLEAR_FOREVER - b) ? CLEAR_FOREVER : a + b;
}
