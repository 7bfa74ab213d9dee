/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * An answer as the gateway keeps and gives it: a success as upstream sent
 * it, or an error's envelope; and the key under which it is kept.
 * Plain data, shared by the zone, the flights and the reply.
 */


#ifndef _NGX_CS_CORE_ANSWER_H_INCLUDED_
#define _NGX_CS_CORE_ANSWER_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "clear/alloc.h"
#include "clear/envelope.h"
#include "clear/freshness.h"
#include "clear/table.h"


/* a strong entity tag with its quotes: 128 bits of SHA-256 in hexadecimal */
#define NGX_CS_ETAG_LEN  34


/* the status of a success, the only one; NGX_HTTP_OK to those who know HTTP */
#define NGX_CS_OK           200

/* of this gateway, where it cannot */
#define NGX_CS_UNAVAILABLE  503
#define NGX_CS_TIMED_OUT    504

/* with a 403 of its own */
#define NGX_CS_NO_CREDENTIALS                                                \
    "This gateway has no credentials for the request"


/*
 * tenant: upstream URL, integration id, where the token varies its digest, and
 * one of what is trusted or sent where that is not the default; each with its
 * length before it, so that no two tenants are equal whatever their parts
 * contain.  The hash covers both strings.
 */

typedef struct {
    ngx_str_t                    tenant;
    ngx_str_t                    task_id;
    uint32_t                     hash;
} ngx_cs_key_t;


/* who told an answer; a fetch went out where it was upstream */

typedef enum {
    NGX_CS_SOURCE_GATEWAY = 0,   /* nobody: this gateway's own error */
    NGX_CS_SOURCE_PAUSED,        /* nobody: the tenant's fetches pause */
    NGX_CS_SOURCE_QUEUE,         /* nobody: too many fetches at once */
    NGX_CS_SOURCE_DISK,
    NGX_CS_SOURCE_FLEET,         /* another gateway had it */
    NGX_CS_SOURCE_ELSEWHERE,     /* another gateway's fetch, waited for */
    NGX_CS_SOURCE_UPSTREAM
} ngx_cs_source_e;


/* which of the limits of a fetch's location caused a failure */

typedef enum {
    NGX_CS_LIMITED_NOT = 0,
    NGX_CS_LIMITED_TIME,
    NGX_CS_LIMITED_SIZE,
    NGX_CS_LIMITED_TOKEN
} ngx_cs_limited_e;


typedef struct {
    clear_stamp_t                stamp;        /* mono, ms */
    int64_t                      retry_until;  /* mono, ms; what upstream's
                                                  Retry-After said; or 0 */
    ngx_str_t                    body;
    ngx_uint_t                   status;       /* what the caller gets */
    uint64_t                     limit;        /* see core/limits.h */
    uint32_t                     upstream_status;  /* HTTP; 0: no response */
    uint32_t                     upstream_time;    /* ms */
    clear_workflow_e             workflow;     /* of a success */
    u_char                       etag[NGX_CS_ETAG_LEN];
    unsigned                     source:3;     /* ngx_cs_source_e */
    unsigned                     limited:2;    /* ngx_cs_limited_e */
    unsigned                     storable:1;   /* later requests may have it */
    unsigned                     urls:1;       /* carries presigned URLs */
    unsigned                     word:1;       /* upstream's own, good for
                                                  all gateways */
    unsigned                     down:8;       /* of upstream: so many fetches
                                                  of the task went down in a
                                                  row, with this one */
} ngx_cs_answer_t;

clear_fits(NGX_CS_SOURCE_UPSTREAM, 3);
clear_fits(NGX_CS_LIMITED_TOKEN, 2);


/* when another fetch may follow this error: mono, ms; 0: nobody said */

static ngx_inline int64_t
ngx_cs_answer_again(ngx_cs_answer_t *error)
{
    return (error->stamp.fresh_until == CLEAR_FOREVER)
           ? error->retry_until
           : ngx_max(error->retry_until, error->stamp.fresh_until);
}


/* for the plain floor: malloc's, whose failures nginx logs */
extern clear_alloc_t  ngx_cs_answer_memory;


/*
 * An error's envelope as an answer that is not stored.
 * NGX_OK or NGX_ERROR: no memory.
 */
ngx_int_t ngx_cs_answer_error(ngx_pool_t *pool, clear_error_t *error,
    ngx_cs_answer_t *answer);

/* the tag of an answer's body.  NGX_OK or NGX_ERROR: OpenSSL cannot */
ngx_int_t ngx_cs_answer_etag(ngx_cs_answer_t *answer);


#endif /* _NGX_CS_CORE_ANSWER_H_INCLUDED_ */
