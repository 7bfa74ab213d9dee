/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Bytes of a link.  What is sent in one turn of the event loop goes out in one
 * piece at its end; what comes is measured (clear/redis_scan.h) before hiredis
 * reads it, and is given to whose place in the ring it is.
 */


#include "redis/link.h"


/* words of a request */
#define NGX_CS_REDIS_ARGS      64

/* of the buffer that is kept while nothing is to be sent, in bytes */
#define NGX_CS_REDIS_OUT_KEEP  (64 * 1024)

/* bytes that are read in one turn, before others have theirs */
#define NGX_CS_REDIS_TURN      (256 * 1024)
#define NGX_CS_REDIS_READ      (16 * 1024)


static ngx_int_t ngx_cs_redis_wire_format(ngx_cs_redis_link_t *link,
    ngx_uint_t argc, const ngx_str_t *argv);
static ngx_int_t ngx_cs_redis_wire_room(ngx_cs_redis_link_t *link, size_t len);
static void ngx_cs_redis_wire_forget(ngx_cs_redis_link_t *link);
static void ngx_cs_redis_wire_sent(ngx_cs_redis_link_t *link);
static void ngx_cs_redis_wire_writable(ngx_event_t *ev);
static void ngx_cs_redis_wire_readable(ngx_event_t *ev);
static ngx_int_t ngx_cs_redis_wire_feed(ngx_cs_redis_link_t *link, u_char *p,
    size_t len);
static ngx_int_t ngx_cs_redis_wire_reply(ngx_cs_redis_link_t *link);


ngx_int_t
ngx_cs_redis_wire_open(ngx_cs_redis_link_t *link)
{
    ngx_connection_t  *c;

    c = link->peer.connection;

    c->read->handler = ngx_cs_redis_wire_readable;
    c->write->handler = ngx_cs_redis_wire_writable;

    link->heard = ngx_current_msec;
    link->first = 0;
    link->last = 0;

    ngx_memzero(&link->scan, sizeof(clear_redis_scan_t));
    link->scan.max = NGX_CS_REDIS_REPLY_MAX;

    if (link->ring == NULL) {
        link->ring = ngx_alloc(NGX_CS_REDIS_RING
                               * sizeof(ngx_cs_redis_slot_t),
                               link->worker->log);
    }

    link->reader = redisReaderCreate();

    return (link->ring && link->reader) ? NGX_OK : NGX_ERROR;
}


/* the ring is left to who tells those in it */

void
ngx_cs_redis_wire_close(ngx_cs_redis_link_t *link)
{
    link->closed++;

    if (link->flush.posted) {
        ngx_delete_posted_event(&link->flush);
    }

    if (link->reader) {
        redisReaderFree(link->reader);
        link->reader = NULL;
    }

    ngx_cs_redis_wire_forget(link);
}


ngx_int_t
ngx_cs_redis_wire_send(ngx_cs_redis_link_t *link, ngx_uint_t argc,
    const ngx_str_t *argv, ngx_cs_redis_reply_pt told, void *owner,
    ngx_uint_t *place)
{
    ngx_int_t             rc;
    ngx_cs_redis_slot_t  *slot;

    if (link->last - link->first == NGX_CS_REDIS_RING) {
        return NGX_DECLINED;
    }

    rc = ngx_cs_redis_wire_format(link, argc, argv);
    if (rc != NGX_OK) {
        return rc;
    }

    if (place) {
        *place = link->last;
    }

    slot = ngx_cs_redis_wire_slot(link, link->last);
    slot->told = told;
    slot->owner = owner;
    link->last++;

    if (!link->flush.posted) {
        ngx_post_event(&link->flush, &ngx_posted_events);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_cs_redis_wire_format(ngx_cs_redis_link_t *link, ngx_uint_t argc,
    const ngx_str_t *argv)
{
    int          len;
    char        *request;
    size_t       lens[NGX_CS_REDIS_ARGS];
    ngx_int_t    rc;
    ngx_uint_t   i;
    const char  *words[NGX_CS_REDIS_ARGS];

    if (argc > NGX_CS_REDIS_ARGS) {
        return NGX_DECLINED;
    }

    for (i = 0; i < argc; i++) {

        if (argv[i].len > NGX_CS_REDIS_VALUE_MAX) {
            return NGX_DECLINED;
        }

        words[i] = argv[i].len ? (char *) argv[i].data : "";
        lens[i] = argv[i].len;
    }

    len = redisFormatCommandArgv(&request, argc, words, lens);
    if (len < 0) {
        return NGX_ERROR;
    }

    rc = ngx_cs_redis_wire_room(link, len);

    if (rc == NGX_OK) {
        ngx_memcpy(link->out + link->out_last, request, len);
        link->out_last += len;
    }

    if (link->secret) {
        ngx_explicit_memzero(request, len);
    }

    redisFreeCommand(request);

    return rc;
}


static ngx_int_t
ngx_cs_redis_wire_room(ngx_cs_redis_link_t *link, size_t len)
{
    size_t   size, n;
    u_char  *p;

    if (link->out_size - link->out_last >= len) {
        return NGX_OK;
    }

    n = link->out_last - link->out_pos;

    if (n + len > NGX_CS_REDIS_OUT_MAX) {
        return NGX_DECLINED;
    }

    size = ngx_max(2 * (n + len), NGX_CS_REDIS_READ);

    p = ngx_alloc(size, link->worker->log);
    if (p == NULL) {
        return NGX_ERROR;
    }

    if (n) {
        ngx_memcpy(p, link->out + link->out_pos, n);
    }

    if (link->out) {

        if (link->secret) {
            ngx_explicit_memzero(link->out, link->out_size);
        }

        ngx_free(link->out);
    }

    link->out = p;
    link->out_size = size;
    link->out_pos = 0;
    link->out_last = n;

    return NGX_OK;
}


static void
ngx_cs_redis_wire_forget(ngx_cs_redis_link_t *link)
{
    if (link->out) {

        if (link->secret) {
            ngx_explicit_memzero(link->out, link->out_size);
        }

        ngx_free(link->out);
    }

    link->out = NULL;
    link->out_size = 0;
    link->out_pos = 0;
    link->out_last = 0;
    link->secret = 0;
}


void
ngx_cs_redis_wire_flush(ngx_event_t *ev)
{
    ssize_t               n;
    ngx_connection_t     *c;
    ngx_cs_redis_link_t  *link;

    link = ev->data;
    c = link->peer.connection;

    while (link->out_pos < link->out_last) {

        n = c->send(c, link->out + link->out_pos,
                    link->out_last - link->out_pos);

        if (n == NGX_AGAIN || n == 0) {
            break;
        }

        if (n < 0) {
            ngx_cs_redis_link_fail(link, NGX_CS_REDIS_CLOSED,
                                   "the connection is lost");
            return;
        }

        link->out_pos += n;
    }

    ngx_cs_redis_wire_sent(link);

    if (ngx_handle_write_event(c->write, 0) != NGX_OK) {
        ngx_cs_redis_link_fail(link, NGX_CS_REDIS_AWAY, "no event for it");
    }
}


static void
ngx_cs_redis_wire_sent(ngx_cs_redis_link_t *link)
{
    if (link->out_pos < link->out_last) {
        return;
    }

    if (link->secret || link->out_size > NGX_CS_REDIS_OUT_KEEP) {
        ngx_cs_redis_wire_forget(link);
        return;
    }

    link->out_pos = 0;
    link->out_last = 0;
}


static void
ngx_cs_redis_wire_writable(ngx_event_t *ev)
{
    ngx_connection_t     *c;
    ngx_cs_redis_link_t  *link;

    c = ev->data;
    link = c->data;

    ngx_cs_redis_wire_flush(&link->flush);
}


static void
ngx_cs_redis_wire_readable(ngx_event_t *ev)
{
    size_t                total;
    ssize_t               n;
    ngx_connection_t     *c;
    ngx_cs_redis_link_t  *link;
    static u_char         buf[NGX_CS_REDIS_READ];

    c = ev->data;
    link = c->data;

    if (c->close) {
        ngx_cs_redis_link_fail(link, NGX_CS_REDIS_AWAY, "it is closed");
        return;
    }

    for (total = 0; total < NGX_CS_REDIS_TURN; total += n) {

        n = c->recv(c, buf, NGX_CS_REDIS_READ);

        if (n == NGX_AGAIN) {

            if (ngx_handle_read_event(ev, 0) != NGX_OK) {
                ngx_cs_redis_link_fail(link, NGX_CS_REDIS_AWAY,
                                       "no event for it");
            }

            return;
        }

        if (n <= 0) {
            ngx_cs_redis_link_fail(link, NGX_CS_REDIS_CLOSED,
                                   "the connection is lost");
            return;
        }

        link->heard = ngx_current_msec;

        /* it may be another connection then */

        if (ngx_cs_redis_wire_feed(link, buf, n) != NGX_OK) {
            return;
        }
    }

    ngx_post_event(ev, &ngx_posted_next_events);
}


/* NGX_OK, or NGX_ERROR: the connection is gone */

static ngx_int_t
ngx_cs_redis_wire_feed(ngx_cs_redis_link_t *link, u_char *p, size_t len)
{
    int        whole;
    ptrdiff_t  n;

    for ( /* void */ ; len; p += n, len -= n) {

        n = clear_redis_scan(&link->scan, p, len, &whole);

        if (n < 0) {
            ngx_cs_redis_link_fail(link, NGX_CS_REDIS_NONSENSE,
                                   "it sent what is no reply, or too large");
            return NGX_ERROR;
        }

        if (redisReaderFeed(link->reader, (char *) p, n) != REDIS_OK) {
            ngx_cs_redis_link_fail(link, NGX_CS_REDIS_AWAY, "no memory");
            return NGX_ERROR;
        }

        if (whole && ngx_cs_redis_wire_reply(link) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_cs_redis_wire_reply(ngx_cs_redis_link_t *link)
{
    void                 *reply;
    ngx_uint_t            closed;
    ngx_cs_redis_slot_t   slot;

    if (redisReaderGetReply(link->reader, &reply) != REDIS_OK
        || reply == NULL)
    {
        ngx_cs_redis_link_fail(link, NGX_CS_REDIS_NONSENSE,
                               "it sent what is no reply");
        return NGX_ERROR;
    }

    if (link->kind->push && link->kind->push(link, reply) == NGX_OK) {
        freeReplyObject(reply);
        return NGX_OK;
    }

    if (link->first == link->last) {
        freeReplyObject(reply);
        ngx_cs_redis_link_fail(link, NGX_CS_REDIS_NONSENSE,
                               "it answered what was not asked");
        return NGX_ERROR;
    }

    slot = *ngx_cs_redis_wire_slot(link, link->first);
    link->first++;

    closed = link->closed;

    slot.told(link, slot.owner, reply);

    freeReplyObject(reply);

    return (link->closed == closed) ? NGX_OK : NGX_ERROR;
}
