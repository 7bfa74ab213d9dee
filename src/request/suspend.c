/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * A request that waits; see the header.
 */


#include "request/suspend.h"


static void ngx_cs_suspend_write_handler(ngx_http_request_t *r);
static void ngx_cs_suspend_body_handler(ngx_http_request_t *r);
static void ngx_cs_suspend_discarded(ngx_http_request_t *r);


ngx_int_t
ngx_cs_suspend(ngx_http_request_t *r)
{
    r->main->count++;

    /* as nginx and freenginx both tell that a body is still to come */

    if (r->read_event_handler != ngx_http_discarded_request_body_handler) {
        r->read_event_handler = ngx_http_test_reading;

    } else {

        /* nginx sets that handler once more when ours has returned */

        ngx_post_event(r->connection->write, &ngx_posted_events);
    }

    r->write_event_handler = ngx_cs_suspend_write_handler;

    /* who left right after the request was seen to, and is not seen again */

    if (r->connection->read->ready) {
        ngx_post_event(r->connection->read, &ngx_posted_events);
    }

    return NGX_DONE;
}


static void
ngx_cs_suspend_write_handler(ngx_http_request_t *r)
{
    (void) ngx_cs_suspend_left(r);
}


/* the rest of its body comes, after which nginx would look no more */

static void
ngx_cs_suspend_body_handler(ngx_http_request_t *r)
{
    ngx_uint_t                  count;
    ngx_connection_t           *c;
    ngx_http_event_handler_pt   write;

    c = r->connection;
    count = r->count;
    write = r->write_event_handler;

    ngx_http_discarded_request_body_handler(r);

    /*
     * Where it ended, r may be gone.  A body counts until all of it is there,
     * for which nginx and freenginx have flags of their own.
     */

    if (c->destroyed || c->data != r || r->write_event_handler != write
        || r->count == count)
    {
        return;
    }

    ngx_cs_suspend_discarded(r);
}


static void
ngx_cs_suspend_discarded(ngx_http_request_t *r)
{
    ngx_event_t  *rev;

    rev = r->connection->read;

    if (rev->timer_set) {
        ngx_del_timer(rev);
    }

    r->read_event_handler = ngx_http_test_reading;

    /* the end of a connection that was read with it does not come again */

    ngx_post_event(rev, &ngx_posted_events);
}


ngx_uint_t
ngx_cs_suspend_left(ngx_http_request_t *r)
{
#if (nginx_version >= 1025000 && (NGX_QUIC || NGX_COMPAT))
    ngx_connection_t  *c;
#endif

    if (r->read_event_handler == ngx_http_discarded_request_body_handler) {

        if (r->connection->read->eof || r->connection->read->error) {
            ngx_cs_suspend_discarded(r);

        } else {
            r->read_event_handler = ngx_cs_suspend_body_handler;
        }
    }

#if (nginx_version >= 1025000 && (NGX_QUIC || NGX_COMPAT))

    c = r->connection;

    if (c->quic && c->write->error) {
        c->read->error = 1;
        ngx_http_test_reading(r);
        return 1;
    }

#endif

    return 0;
}


void
ngx_cs_resume(ngx_http_request_t *r, ngx_int_t rc)
{
    ngx_connection_t  *c;

    c = r->connection;

    ngx_http_finalize_request(r, rc);
    ngx_http_run_posted_requests(c);
}
