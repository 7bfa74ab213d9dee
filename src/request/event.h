/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * An answer as the text of an event: written once for all streams that send
 * it.
 */


#ifndef _NGX_CS_REQUEST_EVENT_H_INCLUDED_
#define _NGX_CS_REQUEST_EVENT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "request/news.h"


/*
 * Sets news->event, in its pool, where it is not there yet: "status" for a
 * success, with its entity tag as the id, "problem" for an error.
 * NGX_OK or NGX_ERROR: no memory.
 */
ngx_int_t ngx_cs_event(ngx_cs_news_t *news);


#endif /* _NGX_CS_REQUEST_EVENT_H_INCLUDED_ */
