/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Which tenants may fetch now, over all workers and reloads: a breaker
 * (clear/breaker.h) for each tenant and token that something is wrong with, in
 * a small shared memory of its own, as it counts for locations without a zone
 * too.  For those it also counts each task's failures.
 */


#ifndef _NGX_CS_UPSTREAM_BREAKERS_H_INCLUDED_
#define _NGX_CS_UPSTREAM_BREAKERS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "clear/breaker.h"
#include "core/block.h"
#include "core/digest.h"


/*
 * Whose breaker.  The token is a part of it, also where it is none of the
 * tenant: what is refused is a token, and a new one begins anew.  The strings
 * are for people, and the maker's.
 */

typedef struct {
    u_char                       digest[NGX_CS_DIGEST_LEN];  /* of both */
    u_char                       id[NGX_CS_DIGEST_LEN];  /* of the integration
                                                            id, for a purge */
    ngx_str_t                    integration_id;
    ngx_str_t                    upstream;
} ngx_cs_breaker_key_t;


/* of the names that people are shown; what is longer is cut */
#define NGX_CS_BREAKERS_NAME  128


/* one that pauses */

typedef struct {
    clear_pause_e                kind;
    ngx_uint_t                   asked;    /* by Retry-After */
    ngx_uint_t                   probed;   /* one fetch is out to see */
    int64_t                      left;     /* ms */
    size_t                       integration_id_len;
    size_t                       upstream_len;
    u_char                       integration_id[NGX_CS_BREAKERS_NAME];
    u_char                       upstream[NGX_CS_BREAKERS_NAME];
} ngx_cs_paused_t;


/* without its zone no tenant ever pauses */
extern ngx_cs_block_t  ngx_cs_breakers_block;

/* upstream: its URL.  NGX_OK or NGX_ERROR: OpenSSL cannot */
ngx_int_t ngx_cs_breakers_key(ngx_str_t *tenant, ngx_str_t *integration_id,
    ngx_str_t *upstream, ngx_str_t *token, ngx_cs_breaker_key_t *key);

/*
 * May a fetch start?  As clear_breaker_enter(); *kind receives why not.
 * counted: pass->down is set; else it is set here.
 */
clear_breaker_e ngx_cs_breakers_enter(ngx_cs_breaker_key_t *key,
    clear_breaker_conf_t *conf, int64_t probe_time, clear_pass_t *pass,
    ngx_uint_t counted, int64_t *wait, clear_pause_e *kind);

/*
 * A fetch that was let in has ended.  As clear_breaker_leave().  counted: who
 * gave pass->down counts on; else that is done here.
 */
int64_t ngx_cs_breakers_leave(ngx_cs_breaker_key_t *key,
    clear_breaker_conf_t *conf, clear_pass_t *pass, ngx_uint_t counted,
    clear_upstream_e upstream, int64_t retry_after);

/*
 * How long no fetch may start, ms; 0: it may now.  As clear_breaker_left();
 * counted: down is right, else it is looked for here.
 */
int64_t ngx_cs_breakers_left(ngx_cs_breaker_key_t *key,
    clear_breaker_conf_t *conf, clear_pass_t *pass, ngx_uint_t counted);

/* 0 where nobody's fetches are held back, without the lock */
ngx_uint_t ngx_cs_breakers_any(void);

/*
 * Ends the pauses of an integration id, or, with NULL, all.  Without memory
 * for a digest it ends all.
 */
void ngx_cs_breakers_lift(ngx_str_t *integration_id);

/* the same, of those ids whose digests begin with len bytes */
void ngx_cs_breakers_lift_digest(u_char *digest, size_t len);

/* how many tenants' fetches are held back now: a number for people */
ngx_uint_t ngx_cs_breakers_paused(int64_t now);

/* which they are, size of them at most.  Returns how many paused has now */
ngx_uint_t ngx_cs_breakers_list(int64_t now, ngx_cs_paused_t *paused,
    ngx_uint_t size);


#endif /* _NGX_CS_UPSTREAM_BREAKERS_H_INCLUDED_ */
