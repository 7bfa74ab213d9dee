/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * A request that waits; see the header.
 */


#include "request/suspend.h"


ngx_int_t
ngx_cs_suspend(ngx_http_request_t *r)
{
    r->main->count++;

    /* as nginx and freenginx both tell that a body is still to come */

    if (r->read_event_handler != ngx_http_discarded_request_body_handler) {
        r->read_event_handler = ngx_http_test_reading;
    }

    r->write_event_handler = ngx_http_request_empty_handler;

    /* who left right after the request was seen to, and is not seen again */

    if (r->connection->read->ready) {
        ngx_post_event(r->connection->read, &ngx_posted_events);
    }

    return NGX_DONE;
}


void
ngx_cs_resume(ngx_http_request_t *r, ngx_int_t rc)
{
    ngx_connection_t  *c;

    c = r->connection;

    ngx_http_finalize_request(r, rc);
    ngx_http_run_posted_requests(c);
}
