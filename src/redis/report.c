/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What is logged of a Redis: a line when it goes and one when it is back, for
 * all workers together.  What nginx itself says of its connections goes into
 * that line.  Nothing that a peer sent is logged: it may be a secret of ours.
 */


#include "redis/link.h"


/* so long without, and calls are refused no more; in ms */
#define NGX_CS_REDIS_REFUSED  60000


static ngx_uint_t ngx_cs_redis_report_passes(ngx_uint_t why);
static void ngx_cs_redis_report_write(ngx_log_t *log, ngx_uint_t level,
    u_char *buf, size_t len);


void
ngx_cs_redis_report_off(ngx_cs_redis_link_t *link, ngx_uint_t why,
    const char *text)
{
    ngx_str_t              reason;
    ngx_atomic_uint_t      said;
    ngx_cs_redis_t        *redis;
    ngx_cs_redis_block_t  *block;

    redis = link->redis;
    block = redis->block->data;
    said = block->off;

    if (why < NGX_CS_REDIS_TLS) {
        why = NGX_CS_REDIS_AWAY;
    }

    if (said == why
        || (said && ngx_cs_redis_report_passes(why))
        || !ngx_atomic_cmp_set(&block->off, said, why))
    {
        return;
    }

    reason.data = link->reason;
    reason.len = link->reason_len;

    ngx_log_error(NGX_LOG_ERR, link->worker->log, 0,
                  "Redis \"%V\" of zone \"%V\" is off: %s%s%s%V%s%V",
                  &redis->url, &redis->zone,
                  (why >= NGX_CS_REDIS_SAYS) ? "it " : "", text,
                  link->shown.len ? ", at " : "", &link->shown,
                  reason.len ? ": " : "", &reason);
}


/* on the way back from another state, which was told */

static ngx_uint_t
ngx_cs_redis_report_passes(ngx_uint_t why)
{
    return why == NGX_CS_REDIS_SAYS + CLEAR_REDIS_LOADING
           || why == NGX_CS_REDIS_SAYS + CLEAR_REDIS_BUSY
           || why == NGX_CS_REDIS_SAYS + CLEAR_REDIS_MASTERDOWN
           || why == NGX_CS_REDIS_SAYS + CLEAR_REDIS_READONLY;
}


void
ngx_cs_redis_report_state(ngx_cs_redis_worker_t *worker)
{
    ngx_uint_t             up;
    ngx_atomic_uint_t      said;
    ngx_cs_redis_t        *redis;
    ngx_cs_redis_block_t  *block;

    redis = worker->redis;
    block = redis->block->data;

    up = worker->commands.state == NGX_CS_REDIS_UP
         && (worker->nsubscribed == 0
             || worker->channels.state == NGX_CS_REDIS_UP);

    ngx_cs_redis_block_up(worker->process, up);

    /* it does not come back in a worker that leaves, which may take long */

    if (!up && ngx_exiting) {
        ngx_cs_redis_block_leave(worker->process);
        worker->process = NULL;
        return;
    }

    said = block->off;

    if (up && said && ngx_cs_redis_block_all(redis->block)
        && ngx_atomic_cmp_set(&block->off, said, 0))
    {
        ngx_log_error(NGX_LOG_WARN, worker->log, 0,
                      "Redis \"%V\" of zone \"%V\" is back",
                      &redis->url, &redis->zone);
    }
}


void
ngx_cs_redis_report_answer(ngx_cs_redis_worker_t *worker,
    clear_redis_error_e error)
{
    ngx_atomic_uint_t      said;
    ngx_cs_redis_t        *redis;
    ngx_cs_redis_block_t  *block;

    redis = worker->redis;
    block = redis->block->data;
    said = block->refused;

    if (error != CLEAR_REDIS_FINE) {
        worker->refused = ngx_current_msec;

        if (said != error
            && ngx_atomic_cmp_set(&block->refused, said, error))
        {
            ngx_log_error(NGX_LOG_ERR, worker->log, 0,
                          "Redis \"%V\" of zone \"%V\" refuses commands: it "
                          "%s", &redis->url, &redis->zone,
                          clear_redis_error_text(error));
        }

        return;
    }

    if (said && ngx_current_msec - worker->refused >= NGX_CS_REDIS_REFUSED
        && ngx_atomic_cmp_set(&block->refused, said, 0))
    {
        ngx_log_error(NGX_LOG_WARN, worker->log, 0,
                      "Redis \"%V\" of zone \"%V\" takes commands again",
                      &redis->url, &redis->zone);
    }
}


void
ngx_cs_redis_report_catch(ngx_cs_redis_link_t *link)
{
    link->log.log_level = NGX_LOG_INFO;
    link->log.writer = ngx_cs_redis_report_write;
    link->log.wdata = link;
}


/* "time [level] pid#tid: *connection text", and a line's end */

static void
ngx_cs_redis_report_write(ngx_log_t *log, ngx_uint_t level, u_char *buf,
    size_t len)
{
    u_char               *p, *last;
    ngx_cs_redis_link_t  *link;

    link = log->wdata;
    last = buf + len;

    p = ngx_strlchr(buf, last, '#');
    p = p ? ngx_strlchr(p, last, ' ') : NULL;
    p = p ? p + 1 : buf;

    if (p < last && *p == '*') {
        p = ngx_strlchr(p, last, ' ');
        p = p ? p + 1 : buf;
    }

    while (last > p && (last[-1] == LF || last[-1] == CR)) {
        last--;
    }

    /* a fault of ours is not to be hidden */

    if (level <= NGX_LOG_ALERT) {
        ngx_log_error(level, link->worker->log, 0, "%*s",
                      (size_t) (last - p), p);
    }

    link->reason_len = ngx_min((size_t) (last - p), NGX_CS_REDIS_REASON);
    ngx_memcpy(link->reason, p, link->reason_len);
}
