/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Which tenants may fetch now; see the header.
 *
 * A table of breakers (core/ways.h), each known by its key's digest.
 *
 * Only what is wrong takes a place.  In a full set, what pauses nobody goes
 * first, the least recently used of it; then a pause for a credential, of which
 * strangers can make as many as they can make up tokens; each time the one that
 * ends first.  Nothing goes for what is worth less.
 */


#include "upstream/breakers.h"

#include "core/ways.h"
#include "upstream/failing.h"


#define NGX_CS_BREAKERS_SETS  128
#define NGX_CS_BREAKERS_WAYS  8
#define NGX_CS_BREAKERS       (NGX_CS_BREAKERS_SETS * NGX_CS_BREAKERS_WAYS)

/* bytes of a tenant whose digest is remembered */
#define NGX_CS_BREAKERS_LAST  512


typedef struct {
    u_char                       digest[NGX_CS_DIGEST_LEN];
    u_char                       id[NGX_CS_DIGEST_LEN];
    int64_t                      used;     /* mono ms; 0: free */
    clear_breaker_t              breaker;
    size_t                       integration_id_len;
    size_t                       upstream_len;
    u_char                       integration_id[NGX_CS_BREAKERS_NAME];
    u_char                       upstream[NGX_CS_BREAKERS_NAME];
} ngx_cs_breaker_node_t;


typedef struct {
    ngx_cs_breaker_node_t        nodes[NGX_CS_BREAKERS];
    int64_t                      until;    /* nobody's fetches are held back
                                              from then on, mono ms */
    ngx_cs_failing_t             failing;
} ngx_cs_breakers_t;


static ngx_cs_breakers_t *ngx_cs_breakers_lock(void);
static void ngx_cs_breakers_unlock(void);
static void ngx_cs_breakers_note(ngx_cs_breakers_t *breakers,
    clear_breaker_t *breaker);
static ngx_int_t ngx_cs_breakers_tenant(ngx_str_t *tenant, u_char *digest);
static ngx_cs_breaker_node_t *ngx_cs_breakers_look(ngx_cs_breakers_t *breakers,
    ngx_cs_breaker_key_t *key, clear_pass_t *pass, ngx_uint_t counted);
static ngx_cs_breaker_node_t *ngx_cs_breakers_find(ngx_cs_breakers_t *breakers,
    ngx_cs_breaker_key_t *key);
static void ngx_cs_breakers_make(ngx_cs_breaker_node_t *node,
    ngx_cs_breaker_key_t *key);
static size_t ngx_cs_breakers_name(u_char *dst, ngx_str_t *name);
static void ngx_cs_breakers_keep(ngx_cs_breakers_t *breakers,
    ngx_cs_breaker_node_t *node);
static int64_t ngx_cs_breakers_worth(void *place);


ngx_cs_block_t  ngx_cs_breakers_block = {
    ngx_string("clear_status tenants"),
    sizeof(ngx_cs_breakers_t),
    NULL
};


static ngx_cs_ways_t  ngx_cs_breakers_ways = {
    NGX_CS_BREAKERS_SETS,
    NGX_CS_BREAKERS_WAYS,
    sizeof(ngx_cs_breaker_node_t),
    NGX_CS_DIGEST_LEN,
    ngx_cs_breakers_worth
};


ngx_int_t
ngx_cs_breakers_key(ngx_str_t *tenant, ngx_str_t *integration_id,
    ngx_str_t *upstream, ngx_str_t *token, ngx_cs_breaker_key_t *key)
{
    u_char  parts[2 * NGX_CS_DIGEST_LEN];

    key->integration_id = *integration_id;
    key->upstream = *upstream;

    return (ngx_cs_breakers_tenant(tenant, parts) == NGX_OK
            && ngx_cs_digest(token->data, token->len,
                             parts + NGX_CS_DIGEST_LEN)
               == NGX_OK
            && ngx_cs_digest(parts, sizeof(parts), key->digest) == NGX_OK
            && ngx_cs_digest(integration_id->data, integration_id->len,
                             key->id)
               == NGX_OK)
           ? NGX_OK : NGX_ERROR;
}


clear_breaker_e
ngx_cs_breakers_enter(ngx_cs_breaker_key_t *key, clear_breaker_conf_t *conf,
    int64_t probe_time, clear_pass_t *pass, ngx_uint_t counted, int64_t *wait,
    clear_pause_e *kind)
{
    clear_breaker_e         rc;
    ngx_cs_breakers_t      *breakers;
    ngx_cs_breaker_node_t  *node;

    rc = CLEAR_BREAKER_GO;
    pass->probe = 0;

    breakers = ngx_cs_breakers_lock();
    if (breakers == NULL) {
        return rc;
    }

    node = ngx_cs_breakers_look(breakers, key, pass, counted);

    if (node) {
        node->used = ngx_current_msec;
        rc = clear_breaker_enter(&node->breaker, conf, ngx_current_msec,
                                 probe_time, pass, wait);
        *kind = node->breaker.kind;
        ngx_cs_breakers_note(breakers, &node->breaker);
    }

    ngx_cs_breakers_unlock();

    return rc;
}


int64_t
ngx_cs_breakers_leave(ngx_cs_breaker_key_t *key, clear_breaker_conf_t *conf,
    clear_pass_t *pass, ngx_uint_t counted, clear_upstream_e upstream,
    int64_t retry_after)
{
    int64_t                 pause;
    ngx_cs_breakers_t      *breakers;
    ngx_cs_breaker_node_t  *node, fresh;

    breakers = ngx_cs_breakers_lock();
    if (breakers == NULL) {
        return 0;
    }

    if (!counted) {
        ngx_cs_failing_set(&breakers->failing, key->digest, pass->task,
                           pass->down, upstream);
    }

    node = ngx_cs_breakers_find(breakers, key);

    if (node == NULL) {
        ngx_cs_breakers_make(&fresh, key);
        node = &fresh;
    }

    pause = clear_breaker_leave(&node->breaker, conf, ngx_current_msec, pass,
                                upstream, retry_after);
    ngx_cs_breakers_note(breakers, &node->breaker);

    node->used = clear_breaker_idle(&node->breaker)
                 ? 0 : ngx_max(ngx_current_msec, 1);

    if (node == &fresh && node->used) {
        ngx_cs_breakers_keep(breakers, node);
    }

    ngx_cs_breakers_unlock();

    return pause;
}


int64_t
ngx_cs_breakers_left(ngx_cs_breaker_key_t *key, clear_breaker_conf_t *conf,
    clear_pass_t *pass, ngx_uint_t counted)
{
    int64_t                 left;
    ngx_cs_breakers_t      *breakers;
    ngx_cs_breaker_node_t  *node;

    breakers = ngx_cs_breakers_lock();
    if (breakers == NULL) {
        return 0;
    }

    node = ngx_cs_breakers_look(breakers, key, pass, counted);

    left = node ? clear_breaker_left(&node->breaker, conf, ngx_current_msec,
                                     pass->down)
                : 0;

    ngx_cs_breakers_unlock();

    return left;
}


/* most often nobody's are, and hits ask */

ngx_uint_t
ngx_cs_breakers_any(void)
{
    ngx_cs_breakers_t  *breakers;

    if (ngx_cs_breakers_block.zone == NULL) {
        return 0;
    }

    breakers = ngx_cs_breakers_block.zone->data;

    return (int64_t) ngx_current_msec < breakers->until;
}


void
ngx_cs_breakers_lift(ngx_str_t *integration_id)
{
    u_char  id[NGX_CS_DIGEST_LEN];

    if (integration_id == NULL
        || ngx_cs_digest(integration_id->data, integration_id->len, id)
           != NGX_OK)
    {
        ngx_cs_breakers_lift_digest(id, 0);
        return;
    }

    ngx_cs_breakers_lift_digest(id, NGX_CS_DIGEST_LEN);
}


void
ngx_cs_breakers_lift_digest(u_char *digest, size_t len)
{
    ngx_uint_t              i;
    ngx_cs_breakers_t      *breakers;
    ngx_cs_breaker_node_t  *node;

    breakers = ngx_cs_breakers_lock();
    if (breakers == NULL) {
        return;
    }

    for (i = 0; i < NGX_CS_BREAKERS; i++) {
        node = &breakers->nodes[i];

        if (ngx_memcmp(node->id, digest, len) == 0) {
            ngx_memzero(node, sizeof(ngx_cs_breaker_node_t));
        }
    }

    ngx_cs_breakers_unlock();
}


/* without the lock, as nothing is decided by it */

ngx_uint_t
ngx_cs_breakers_paused(int64_t now)
{
    ngx_uint_t              i, n;
    ngx_cs_breakers_t      *breakers;
    ngx_cs_breaker_node_t  *node;

    if (ngx_cs_breakers_block.zone == NULL) {
        return 0;
    }

    breakers = ngx_cs_breakers_block.zone->data;
    n = 0;

    for (i = 0; i < NGX_CS_BREAKERS; i++) {
        node = &breakers->nodes[i];
        n += node->used && clear_breaker_paused(&node->breaker, now);
    }

    return n;
}


ngx_uint_t
ngx_cs_breakers_list(int64_t now, ngx_cs_paused_t *paused, ngx_uint_t size)
{
    int64_t                 until;
    ngx_uint_t              i, n;
    clear_breaker_t        *breaker;
    ngx_cs_paused_t        *p;
    ngx_cs_breakers_t      *breakers;
    ngx_cs_breaker_node_t  *node;

    breakers = ngx_cs_breakers_lock();
    if (breakers == NULL) {
        return 0;
    }

    n = 0;

    for (i = 0; i < NGX_CS_BREAKERS; i++) {
        node = &breakers->nodes[i];
        breaker = &node->breaker;

        if (!node->used || !clear_breaker_paused(breaker, now)) {
            continue;
        }

        if (n == size) {
            break;
        }

        p = &paused[n++];
        until = ngx_max(breaker->until, breaker->probe_until);

        p->kind = breaker->kind;
        p->asked = breaker->asked;
        p->probed = breaker->probe_until > now;
        p->left = until - now;
        p->integration_id_len = node->integration_id_len;
        p->upstream_len = node->upstream_len;
        ngx_memcpy(p->integration_id, node->integration_id,
                   NGX_CS_BREAKERS_NAME);
        ngx_memcpy(p->upstream, node->upstream, NGX_CS_BREAKERS_NAME);
    }

    ngx_cs_breakers_unlock();

    return n;
}


static ngx_cs_breakers_t *
ngx_cs_breakers_lock(void)
{
    if (ngx_cs_breakers_block.zone == NULL) {
        return NULL;
    }

    ngx_cs_block_lock(ngx_cs_breakers_block.zone);

    return ngx_cs_breakers_block.zone->data;
}


static void
ngx_cs_breakers_unlock(void)
{
    ngx_cs_block_unlock(ngx_cs_breakers_block.zone);
}


static void
ngx_cs_breakers_note(ngx_cs_breakers_t *breakers, clear_breaker_t *breaker)
{
    breakers->until = ngx_max(breakers->until, breaker->until);
    breakers->until = ngx_max(breakers->until, breaker->probe_until);
}


/* most often it is the same as the last time */

static ngx_int_t
ngx_cs_breakers_tenant(ngx_str_t *tenant, u_char *digest)
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


/* before a fetch: its breaker or NULL, and how often its task went down */

static ngx_cs_breaker_node_t *
ngx_cs_breakers_look(ngx_cs_breakers_t *breakers, ngx_cs_breaker_key_t *key,
    clear_pass_t *pass, ngx_uint_t counted)
{
    if (!counted) {
        pass->down = ngx_cs_failing_get(&breakers->failing, key->digest,
                                        pass->task);
    }

    return ngx_cs_breakers_find(breakers, key);
}


static ngx_cs_breaker_node_t *
ngx_cs_breakers_find(ngx_cs_breakers_t *breakers, ngx_cs_breaker_key_t *key)
{
    ngx_cs_breaker_node_t  *node;

    node = ngx_cs_ways_find(&ngx_cs_breakers_ways, breakers->nodes,
                            key->digest);

    return (node && node->used) ? node : NULL;
}


static void
ngx_cs_breakers_make(ngx_cs_breaker_node_t *node, ngx_cs_breaker_key_t *key)
{
    ngx_memzero(node, sizeof(ngx_cs_breaker_node_t));

    ngx_memcpy(node->digest, key->digest, NGX_CS_DIGEST_LEN);
    ngx_memcpy(node->id, key->id, NGX_CS_DIGEST_LEN);

    node->integration_id_len = ngx_cs_breakers_name(node->integration_id,
                                                    &key->integration_id);
    node->upstream_len = ngx_cs_breakers_name(node->upstream, &key->upstream);
}


/* cut between characters of UTF-8 */

static size_t
ngx_cs_breakers_name(u_char *dst, ngx_str_t *name)
{
    size_t  len;

    len = name->len;

    if (len > NGX_CS_BREAKERS_NAME) {
        len = NGX_CS_BREAKERS_NAME;

        while (len && (name->data[len] & 0xc0) == 0x80) {
            len--;
        }
    }

    ngx_memcpy(dst, name->data, len);

    return len;
}


static void
ngx_cs_breakers_keep(ngx_cs_breakers_t *breakers, ngx_cs_breaker_node_t *node)
{
    ngx_cs_breaker_node_t  *victim;

    victim = ngx_cs_ways_find(&ngx_cs_breakers_ways, breakers->nodes,
                              node->digest);

    if (victim == NULL) {
        victim = ngx_cs_ways_least(&ngx_cs_breakers_ways, breakers->nodes,
                                   node->digest);
    }

    if (ngx_cs_breakers_worth(node) >= ngx_cs_breakers_worth(victim)) {
        *victim = *node;
    }
}


/* see above: when it was used, then when its pause ends, then likewise */

static int64_t
ngx_cs_breakers_worth(void *place)
{
    ngx_cs_breaker_node_t *node = place;

    int64_t  until;

    if (node->used == 0) {
        return INT64_MIN;
    }

    if (!clear_breaker_paused(&node->breaker, ngx_current_msec)) {
        return INT64_MIN / 2 + node->used;
    }

    until = ngx_max(node->breaker.until, node->breaker.probe_until);

    return (node->breaker.kind == CLEAR_PAUSE_CREDENTIAL)
           ? until : until + INT64_MAX / 2;
}
