/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What a caller's own location allows a fetch; see the header.
 */


#include "core/limits.h"

#include "core/digest.h"


static uint64_t ngx_cs_limits_token(ngx_str_t *token);


void
ngx_cs_limits_note(ngx_cs_answer_t *answer, ngx_cs_limited_e limited,
    ngx_cs_limits_t *limits)
{
    answer->limited = limited;

    switch (limited) {

    case NGX_CS_LIMITED_TIME:
        answer->limit = (uint64_t) ngx_min(limits->timeout, 0xffffffff) << 32
                        | ngx_min(limits->connect_timeout, 0xffffffff);
        break;

    case NGX_CS_LIMITED_SIZE:
        answer->limit = limits->max_body_size;
        break;

    case NGX_CS_LIMITED_TOKEN:
        answer->limit = ngx_cs_limits_token(&limits->token);
        break;

    default:
        break;
    }
}


ngx_uint_t
ngx_cs_limits_wider(ngx_cs_limits_t *limits, ngx_cs_answer_t *answer)
{
    switch (answer->limited) {

    case NGX_CS_LIMITED_TIME:
        return limits->timeout > answer->limit >> 32
               || limits->connect_timeout > (answer->limit & 0xffffffff);

    case NGX_CS_LIMITED_SIZE:
        return limits->max_body_size > answer->limit;

    case NGX_CS_LIMITED_TOKEN:
        return answer->limit != ngx_cs_limits_token(&limits->token);

    default:
        return 0;
    }
}


/* enough of a digest to tell one from another, and nothing of the token */

static uint64_t
ngx_cs_limits_token(ngx_str_t *token)
{
    u_char    digest[NGX_CS_DIGEST_LEN];
    uint64_t  first;

    if (ngx_cs_digest(token->data, token->len, digest) != NGX_OK) {
        return 0;
    }

    ngx_memcpy(&first, digest, sizeof(uint64_t));

    return first;
}
