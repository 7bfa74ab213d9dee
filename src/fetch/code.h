/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What libcurl's result codes mean here.  No state.
 */


#ifndef _NGX_CS_FETCH_CODE_H_INCLUDED_
#define _NGX_CS_FETCH_CODE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include <curl/curl.h>

#include "clear/verdict.h"


/* whether a GET may be sent again: no whole response came */
ngx_uint_t ngx_cs_fetch_safe(CURLcode code);

/* whether a socket that could not be had is a lack of this machine's */
ngx_uint_t ngx_cs_fetch_lacks(ngx_err_t err);

/* whether it has none now */
ngx_uint_t ngx_cs_fetch_lacking(void);

/* whether the name could not be looked up */
ngx_uint_t ngx_cs_fetch_unresolved(CURLcode code);

/*
 * Whether a line of the response's header was longer than libcurl takes, which
 * it called a lack of memory before 8.6.  started: some of a header came, and
 * not its end.
 */
ngx_uint_t ngx_cs_fetch_long_line(CURLcode code, ngx_uint_t started);

clear_transport_e ngx_cs_fetch_transport(CURLcode code);

/*
 * The libcurl that runs, as LIBCURL_VERSION_NUM has it.  Asked once: it puts
 * the names of all its libraries together each time.
 */
ngx_uint_t ngx_cs_fetch_libcurl(void);

/* a copy without what could break a log line; empty where no memory is left */
void ngx_cs_fetch_text(ngx_pool_t *pool, ngx_str_t *dst, const char *text);


#endif /* _NGX_CS_FETCH_CODE_H_INCLUDED_ */
