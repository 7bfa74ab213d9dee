/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Text of a length that nobody knows before it is written: a chain of buffers
 * that grows.  Nothing is ever cut; where memory runs out, the text is marked,
 * and sending it gives a 500 in its place.
 */


#ifndef _NGX_CS_OPERATOR_TEXT_H_INCLUDED_
#define _NGX_CS_OPERATOR_TEXT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


typedef struct {
    ngx_pool_t                  *pool;
    ngx_chain_t                 *first;
    ngx_chain_t                 *last;    /* it is written to */
    ngx_uint_t                   failed;  /* no memory: not whole */
} ngx_cs_text_t;


/* pool: where the buffers are, and what stays until the text is sent */
void ngx_cs_text_init(ngx_cs_text_t *text, ngx_pool_t *pool);

/* as ngx_sprintf() */
void ngx_cs_text_printf(ngx_cs_text_t *text, const char *fmt, ...);

/*
 * Room for so many bytes in one piece, to be filled at once: they are a part
 * of the text already.  NULL: no memory.
 */
u_char *ngx_cs_text_room(ngx_cs_text_t *text, size_t len);

/*
 * Answers a request with 200 and the text, as a content handler's last step.
 * Its pool is the request's.  type: of the content, a constant.
 */
ngx_int_t ngx_cs_text_send(ngx_http_request_t *r, ngx_cs_text_t *text,
    ngx_str_t *type);


#endif /* _NGX_CS_OPERATOR_TEXT_H_INCLUDED_ */
