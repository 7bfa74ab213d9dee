/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * An answer -> status, header fields and body.  It tells the caller how the
 * answer was come by and for how long it is good; it decides nothing.
 */


#ifndef _NGX_CS_REQUEST_REPLY_H_INCLUDED_
#define _NGX_CS_REQUEST_REPLY_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "core/answer.h"
#include "core/counters.h"


/* no Retry-After, whatever the answer says */
#define NGX_CS_RETRY_NONE  (-1)


/* how the cache handled a request, in the words of RFC 9211, section 2 */

typedef struct {
    ngx_cs_cache_e               cache;
    ngx_str_t                    fwd;         /* the reason, or empty */
    ngx_str_t                    detail;      /* a token, or empty */
    ngx_uint_t                   fwd_status;  /* or 0 */
    ngx_msec_t                   max_age;     /* of Cache-Control at the most */
    int64_t                      retry_until; /* no fetch before, mono; or 0 */
    ngx_int_t                    retry_after; /* seconds, in the place of what
                                                 the answer says; or 0 */
    unsigned                     hit:1;
    unsigned                     tier:1;      /* of one, which detail names */
    unsigned                     stored:1;
    unsigned                     collapsed:1;
} ngx_cs_handling_t;


/* words for fwd and detail */

extern ngx_str_t  ngx_cs_fwd_miss;
extern ngx_str_t  ngx_cs_fwd_stale;
extern ngx_str_t  ngx_cs_fwd_bypass;

extern ngx_str_t  ngx_cs_detail_error;
extern ngx_str_t  ngx_cs_detail_revalidate;

/* why no fetch went out; source is PAUSED or QUEUE */
ngx_str_t ngx_cs_detail_unasked(ngx_cs_source_e source);


/*
 * Sends an answer.  Its body is not copied: it must live as long as the
 * request.  now: mono, ms.  Returns what ngx_http_output_filter() returned, or
 * an error as ngx_http_finalize_request() takes it.
 */
ngx_int_t ngx_cs_reply(ngx_http_request_t *r, ngx_cs_answer_t *answer,
    ngx_cs_handling_t *handling, int64_t now);

/*
 * Sends an error that is no answer from the API: the same envelope, without
 * a word on the cache.
 */
ngx_int_t ngx_cs_reply_error(ngx_http_request_t *r, clear_error_t *error);

/* sends what is no answer from the API: a status and a body, for now alone */
ngx_int_t ngx_cs_reply_plain(ngx_http_request_t *r, ngx_cs_answer_t *answer);

/* Cache-Control of an error: nobody keeps it */
ngx_int_t ngx_cs_reply_no_store(ngx_http_request_t *r);


/*
 * Adds a header field to the response, and returns it; NULL: no memory.  key
 * is a constant; neither it nor the value is copied.
 */

static ngx_inline ngx_table_elt_t *
ngx_cs_reply_push(ngx_http_request_t *r, char *key, size_t len, u_char *value,
    size_t value_len)
{
    ngx_list_t       *list;
    ngx_list_part_t  *last;
    ngx_table_elt_t  *h;

    list = &r->headers_out.headers;
    last = list->last;

    /* ngx_list_push(), which a hit needs five times, where there is room */

    if (last->nelts < list->nalloc) {
        h = (ngx_table_elt_t *) last->elts + last->nelts++;

    } else {
        h = ngx_list_push(list);
        if (h == NULL) {
            return NULL;
        }
    }

    h->hash = 1;
#if (nginx_version >= 1023000)
    h->next = NULL;
#endif
    h->key.len = len;
    h->key.data = (u_char *) key;
    h->value.len = value_len;
    h->value.data = value;

    return h;
}


/* as above: NGX_OK or NGX_ERROR */

static ngx_inline ngx_int_t
ngx_cs_reply_header(ngx_http_request_t *r, char *key, size_t len,
    u_char *value, size_t value_len)
{
    return ngx_cs_reply_push(r, key, len, value, value_len) ? NGX_OK
                                                            : NGX_ERROR;
}


#endif /* _NGX_CS_REQUEST_REPLY_H_INCLUDED_ */
