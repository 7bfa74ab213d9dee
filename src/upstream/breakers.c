/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Which tenants may fetch now; see the header.
 *
 * A fixed table without pointers: sets of a few breakers, each known by the
 * SHA-256 of its tenant.  A worker that dies while it writes leaves at worst
 * one breaker with a wrong number in it, so nothing has to be repaired.  In a
 * full set the breaker that was used least recently is forgotten, which
 * costs no more than a few failed fetches.
 */


#include "upstream/breakers.h"

#include "core/block.h"
#include "core/digest.h"


#define NGX_CS_BREAKERS_SETS  256
#define NGX_CS_BREAKERS_WAYS  4

/* bytes of a tenant whose digest is remembered */
#define NGX_CS_BREAKERS_LAST  512


typedef struct {
    u_char                       digest[NGX_CS_DIGEST_LEN];
    int64_t                      used;     /* mono ms; 0: free */
    clear_breaker_t              breaker;
} ngx_cs_breaker_node_t;


typedef struct {
    ngx_cs_breaker_node_t        tenants[NGX_CS_BREAKERS_SETS]
                                        [NGX_CS_BREAKERS_WAYS];
} ngx_cs_breakers_t;


static clear_breaker_t *ngx_cs_breakers_lock(ngx_str_t *tenant, int64_t now);
static ngx_int_t ngx_cs_tenant_digest(ngx_str_t *tenant, u_char *digest);
static ngx_cs_breaker_node_t *ngx_cs_breakers_find(ngx_cs_breaker_node_t *set,
    u_char *digest);
static void ngx_cs_breakers_unlock(void);


/* of the configuration that this worker runs */
static ngx_shm_zone_t  *ngx_cs_breakers_zone;


clear_breaker_e
ngx_cs_breakers_enter(ngx_str_t *tenant, clear_breaker_conf_t *conf,
    int64_t now, int64_t probe_time, int64_t *wait, ngx_uint_t *status)
{
    clear_breaker_e   rc;
    clear_breaker_t  *breaker;

    breaker = ngx_cs_breakers_lock(tenant, now);
    if (breaker == NULL) {
        return CLEAR_BREAKER_GO;
    }

    rc = clear_breaker_enter(breaker, conf, now, probe_time, wait);
    *status = (rc == CLEAR_BREAKER_WAIT) ? breaker->status : 0;

    ngx_cs_breakers_unlock();

    return rc;
}


int64_t
ngx_cs_breakers_leave(ngx_str_t *tenant, clear_breaker_conf_t *conf,
    int64_t now, ngx_cs_breakers_e outcome)
{
    int64_t           pause, until;
    clear_breaker_t  *breaker;

    breaker = ngx_cs_breakers_lock(tenant, now);
    if (breaker == NULL) {
        return 0;
    }

    until = breaker->until;

    switch (outcome) {

    case NGX_CS_BREAKERS_UP:
        clear_breaker_success(breaker);
        break;

    case NGX_CS_BREAKERS_DOWN:
        clear_breaker_failure(breaker, conf, now);
        break;

    default:
        clear_breaker_abandon(breaker);
    }

    pause = (breaker->until > until) ? breaker->pause : 0;

    ngx_cs_breakers_unlock();

    return pause;
}


void
ngx_cs_breakers_wait(ngx_str_t *tenant, int64_t now, ngx_uint_t status,
    int64_t wait)
{
    clear_breaker_t  *breaker;

    breaker = ngx_cs_breakers_lock(tenant, now);

    if (breaker) {
        clear_breaker_wait(breaker, status, now, wait);
        ngx_cs_breakers_unlock();
    }
}


/* without the lock, as nothing is decided by it */

ngx_uint_t
ngx_cs_breakers_paused(int64_t now)
{
    ngx_uint_t         i, n, way;
    ngx_cs_breaker_node_t  *t;
    ngx_cs_breakers_t  *tenants;

    if (ngx_cs_breakers_zone == NULL) {
        return 0;
    }

    tenants = ngx_cs_breakers_zone->data;
    n = 0;

    for (i = 0; i < NGX_CS_BREAKERS_SETS; i++) {
        for (way = 0; way < NGX_CS_BREAKERS_WAYS; way++) {
            t = &tenants->tenants[i][way];
            n += clear_breaker_paused(&t->breaker, now);
        }
    }

    return n;
}


static clear_breaker_t *
ngx_cs_breakers_lock(ngx_str_t *tenant, int64_t now)
{
    u_char             digest[NGX_CS_DIGEST_LEN];
    ngx_uint_t         n;
    ngx_cs_breaker_node_t  *t;
    ngx_cs_breakers_t  *tenants;

    if (ngx_cs_breakers_zone == NULL
        || ngx_cs_tenant_digest(tenant, digest) != NGX_OK)
    {
        return NULL;
    }

    tenants = ngx_cs_breakers_zone->data;

    n = digest[0] % NGX_CS_BREAKERS_SETS;

    ngx_cs_block_lock(ngx_cs_breakers_zone);

    t = ngx_cs_breakers_find(tenants->tenants[n], digest);
    t->used = now;

    return &t->breaker;
}


/* most often it is the same as the last time */

static ngx_int_t
ngx_cs_tenant_digest(ngx_str_t *tenant, u_char *digest)
{
    static size_t  len;
    static u_char  last[NGX_CS_BREAKERS_LAST];
    static u_char  last_digest[NGX_CS_DIGEST_LEN];

    if (tenant->len == len && ngx_memcmp(tenant->data, last, len) == 0) {
        ngx_memcpy(digest, last_digest, NGX_CS_DIGEST_LEN);
        return NGX_OK;
    }

    if (ngx_cs_digest(tenant->data, tenant->len, digest) != NGX_OK) {
        return NGX_ERROR;
    }

    if (tenant->len <= NGX_CS_BREAKERS_LAST) {
        len = tenant->len;
        ngx_memcpy(last, tenant->data, len);
        ngx_memcpy(last_digest, digest, NGX_CS_DIGEST_LEN);
    }

    return NGX_OK;
}


static ngx_cs_breaker_node_t *
ngx_cs_breakers_find(ngx_cs_breaker_node_t *set, u_char *digest)
{
    ngx_uint_t        i;
    ngx_cs_breaker_node_t  *oldest;

    oldest = &set[0];

    for (i = 0; i < NGX_CS_BREAKERS_WAYS; i++) {

        if (ngx_memcmp(set[i].digest, digest, NGX_CS_DIGEST_LEN) == 0) {
            return &set[i];
        }

        if (set[i].used < oldest->used) {
            oldest = &set[i];
        }
    }

    ngx_memzero(&oldest->breaker, sizeof(clear_breaker_t));
    ngx_memcpy(oldest->digest, digest, NGX_CS_DIGEST_LEN);

    return oldest;
}


static void
ngx_cs_breakers_unlock(void)
{
    ngx_cs_block_unlock(ngx_cs_breakers_zone);
}


ngx_shm_zone_t *
ngx_cs_breakers_add(ngx_conf_t *cf, void *tag)
{
    ngx_str_t  name = ngx_string("clear_status tenants");

    return ngx_cs_block_add(cf, &name,
                            sizeof(ngx_cs_breakers_t),
                            tag);
}


void
ngx_cs_breakers_init_process(ngx_shm_zone_t *shm_zone)
{
    ngx_cs_breakers_zone = shm_zone;
}
