/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What a caller's own location allows a fetch: time, size, and the token that
 * it is made with.  None of it is part of a key, so that locations may share
 * answers; but a failure that one's limits caused is none of another's, who
 * allows more or has another token.
 */


#ifndef _NGX_CS_CORE_LIMITS_H_INCLUDED_
#define _NGX_CS_CORE_LIMITS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "core/answer.h"


typedef struct {
    ngx_msec_t                   timeout;          /* of the whole fetch */
    ngx_msec_t                   connect_timeout;
    size_t                       max_body_size;
    ngx_str_t                    token;            /* or its file's path */
} ngx_cs_limits_t;


/* notes in a failure which of the limits caused it */
void ngx_cs_limits_note(ngx_cs_answer_t *answer, ngx_cs_limited_e limited,
    ngx_cs_limits_t *limits);

/*
 * 1 where an answer is a failure of a fetch that allowed less than these
 * limits, or had another token, so that another fetch may bring what it did
 * not; else 0.
 */
ngx_uint_t ngx_cs_limits_wider(ngx_cs_limits_t *limits,
    ngx_cs_answer_t *answer);


#endif /* _NGX_CS_CORE_LIMITS_H_INCLUDED_ */
