/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The body of upstream's response; see the header.
 */


#include "upstream/body.h"

#include <ngx_event.h>

#include "core/answer.h"


#define NGX_CS_BODY_MIN    4096

/* parsed in one go, in bytes: at most some 20 ms */
#define NGX_CS_BODY_SLICE  (256 * 1024)


static ngx_int_t ngx_cs_body_slice(ngx_cs_body_t *body);
static void ngx_cs_body_turn(ngx_event_t *ev);


/* of this worker: bodies that wait for their next slice, and their turn */
static ngx_queue_t  ngx_cs_bodies;
static ngx_event_t  ngx_cs_body_event;

/* nginx's debug log shows an event's descriptor */
static ngx_connection_t  ngx_cs_body_dumb;


ngx_int_t
ngx_cs_body_append(ngx_cs_body_t *body, u_char *p, size_t len)
{
    size_t   size;
    u_char  *bytes;

    if (len > body->size - body->len) {
        size = ngx_max(2 * body->size, body->len + len);
        size = ngx_max(size, NGX_CS_BODY_MIN);

        bytes = ngx_palloc(body->pool, size);
        if (bytes == NULL) {
            return NGX_ERROR;
        }

        if (body->bytes) {
            ngx_memcpy(bytes, body->bytes, body->len);
            (void) ngx_pfree(body->pool, body->bytes);
        }

        body->bytes = bytes;
        body->size = size;
    }

    ngx_memcpy(body->bytes + body->len, p, len);
    body->len += len;

    return NGX_OK;
}


ngx_int_t
ngx_cs_body_parse(ngx_cs_body_t *body)
{
    ngx_event_t  *ev;

    body->envelope = clear_envelope_create(&ngx_cs_answer_memory);

    if (body->envelope == NULL) {
        body->rc = CLEAR_ENVELOPE_NO_MEMORY;
        return NGX_OK;
    }

    if (ngx_cs_body_slice(body) == NGX_OK) {
        return NGX_OK;
    }

    ev = &ngx_cs_body_event;

    if (ev->handler == NULL) {
        ngx_queue_init(&ngx_cs_bodies);
        ngx_cs_body_dumb.fd = (ngx_socket_t) -1;

        ev->data = &ngx_cs_body_dumb;
        ev->handler = ngx_cs_body_turn;
        ev->log = ngx_cycle->log;
    }

    ngx_queue_insert_tail(&ngx_cs_bodies, &body->queue);

    /* a timer that is due at once would be due again before any event */

    if (!ev->timer_set) {
        ngx_add_timer(ev, 1);
    }

    return NGX_AGAIN;
}


/* NGX_OK: it was the last; NGX_AGAIN */

static ngx_int_t
ngx_cs_body_slice(ngx_cs_body_t *body)
{
    size_t  taken;

    if (clear_envelope_step(body->envelope, body->bytes + body->at,
                            body->len - body->at, NGX_CS_BODY_SLICE, &taken)
        == CLEAR_ENVELOPE_OK)
    {
        body->at += taken;

        if (body->at < body->len) {
            return NGX_AGAIN;
        }
    }

    body->rc = clear_envelope_finish(body->envelope, &body->task);

    return NGX_OK;
}


static void
ngx_cs_body_turn(ngx_event_t *ev)
{
    ngx_queue_t    *q;
    ngx_cs_body_t  *body;

    q = ngx_queue_head(&ngx_cs_bodies);
    ngx_queue_remove(q);

    body = ngx_queue_data(q, ngx_cs_body_t, queue);

    if (ngx_cs_body_slice(body) == NGX_AGAIN) {
        ngx_queue_insert_tail(&ngx_cs_bodies, &body->queue);
        body = NULL;
    }

    if (!ngx_queue_empty(&ngx_cs_bodies)) {
        ngx_add_timer(ev, 1);
    }

    if (body) {
        body->parsed(body->data);
    }
}


const char *
ngx_cs_body_strerror(ngx_cs_body_t *body)
{
    return (body->envelope && body->rc != CLEAR_ENVELOPE_OK)
           ? clear_envelope_strerror(body->envelope) : NULL;
}


void
ngx_cs_body_reset(ngx_cs_body_t *body)
{
    if (body->envelope) {
        clear_envelope_destroy(body->envelope);
        body->envelope = NULL;
    }

    body->rc = CLEAR_ENVELOPE_OK;
    body->task = NULL;
    body->len = 0;
    body->at = 0;
}
