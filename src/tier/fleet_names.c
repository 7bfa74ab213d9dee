/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What a question is called in Redis; see the header.
 *
 *     prefix:1:DIGEST      an entry; the digest begins with the task's
 *     prefix:1:t:DIGEST    a tenant
 *     prefix:1:purges      purges
 *     prefix:1:cNN         a channel of entries
 *     prefix:1:purged      the channel of purges
 *
 * The 1 is the version of all this: another one is another fleet.
 */


#include "tier/fleet_names.h"

#include "core/digest.h"


#define NGX_CS_FLEET_VERSION  ":1:"


static ngx_int_t ngx_cs_fleet_names_make(ngx_pool_t *pool,
    ngx_cs_fleet_t *fleet, char *kind, ngx_str_t *rest, ngx_str_t *name);
static ngx_int_t ngx_cs_fleet_names_hex(ngx_pool_t *pool, u_char *digest,
    size_t len, ngx_str_t *hex);


ngx_int_t
ngx_cs_fleet_names(ngx_pool_t *pool, ngx_cs_fleet_t *fleet, ngx_str_t *tenant,
    ngx_str_t *task_id, ngx_cs_fleet_names_t *names)
{
    u_char     digest[NGX_CS_DIGEST_LEN];
    int64_t    owner;
    ngx_str_t  id, hex;

    if (fleet->id_of(tenant, &id) != NGX_OK
        || ngx_cs_seal_key(tenant, task_id, names->key) != NGX_OK
        || ngx_cs_seal_owner(&id, &owner) != NGX_OK
        || ngx_cs_digest(tenant->data, tenant->len, digest) != NGX_OK
        || ngx_cs_fleet_names_hex(pool, names->key, NGX_CS_SEAL_KEY,
                                  &names->hex)
           != NGX_OK
        || ngx_cs_fleet_names_hex(pool, (u_char *) &owner, sizeof(owner),
                                  &names->id)
           != NGX_OK
        || ngx_cs_fleet_names_hex(pool, digest, NGX_CS_SEAL_KEY, &hex)
           != NGX_OK
        || ngx_cs_fleet_names_make(pool, fleet, "t:", &hex, &names->tenant)
           != NGX_OK
        || ngx_cs_fleet_names_make(pool, fleet, "", &names->hex, &names->entry)
           != NGX_OK
        || ngx_cs_fleet_names_of_purges(pool, fleet, &names->purges, NULL)
           != NGX_OK
        || ngx_cs_fleet_names_of_channel(pool, fleet,
                                    ngx_cs_fleet_names_channel(names->hex.data),
                                         &names->channel)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    names->task.data = names->hex.data;
    names->task.len = 2 * NGX_CS_SEAL_TASK;

    /* whose message it is, so that nobody listens to himself */

    names->message.len = NGX_CS_FLEET_HEX + NGX_CS_FLEET_OWNER;
    names->message.data = ngx_pnalloc(pool, names->message.len);

    if (names->message.data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(names->message.data, names->hex.data, NGX_CS_FLEET_HEX);
    ngx_memcpy(names->message.data + NGX_CS_FLEET_HEX,
               ngx_cs_zone_id(fleet->shm_zone), NGX_CS_FLEET_OWNER);

    return NGX_OK;
}


ngx_int_t
ngx_cs_fleet_names_copy(ngx_pool_t *pool, ngx_cs_fleet_names_t *to,
    ngx_cs_fleet_names_t *from)
{
    ngx_str_t  *strings[7];
    ngx_uint_t  i;

    *to = *from;

    strings[0] = &to->hex;
    strings[1] = &to->id;
    strings[2] = &to->entry;
    strings[3] = &to->purges;
    strings[4] = &to->tenant;
    strings[5] = &to->channel;
    strings[6] = &to->message;

    for (i = 0; i < 7; i++) {
        strings[i]->data = ngx_pstrdup(pool, strings[i]);
        if (strings[i]->data == NULL) {
            return NGX_ERROR;
        }
    }

    to->task.data = to->hex.data;

    return NGX_OK;
}


ngx_uint_t
ngx_cs_fleet_names_channel(u_char *hex)
{
    ngx_int_t  n;

    n = ngx_hextoi(hex, 2);

    return (n == NGX_ERROR) ? 0 : (ngx_uint_t) n % NGX_CS_FLEET_CHANNELS;
}


ngx_int_t
ngx_cs_fleet_names_of_channel(ngx_pool_t *pool, ngx_cs_fleet_t *fleet,
    ngx_uint_t n, ngx_str_t *name)
{
    u_char     digits[NGX_INT_T_LEN];
    ngx_str_t  number;

    number.data = digits;
    number.len = ngx_sprintf(digits, "%02ui", n) - digits;

    return ngx_cs_fleet_names_make(pool, fleet, "c", &number, name);
}


ngx_int_t
ngx_cs_fleet_names_of_all(ngx_pool_t *pool, ngx_cs_fleet_t *fleet,
    ngx_str_t *pattern)
{
    ngx_str_t  any = ngx_string("*");

    return ngx_cs_fleet_names_make(pool, fleet, "", &any, pattern);
}


ngx_int_t
ngx_cs_fleet_names_of_purges(ngx_pool_t *pool, ngx_cs_fleet_t *fleet,
    ngx_str_t *key, ngx_str_t *channel)
{
    ngx_str_t  none = ngx_null_string;

    if (ngx_cs_fleet_names_make(pool, fleet, "purges", &none, key) != NGX_OK) {
        return NGX_ERROR;
    }

    return channel ? ngx_cs_fleet_names_make(pool, fleet, "purged", &none,
                                             channel)
                   : NGX_OK;
}


static ngx_int_t
ngx_cs_fleet_names_make(ngx_pool_t *pool, ngx_cs_fleet_t *fleet, char *kind,
    ngx_str_t *rest, ngx_str_t *name)
{
    u_char  *p;

    p = ngx_pnalloc(pool, fleet->redis->prefix.len
                          + sizeof(NGX_CS_FLEET_VERSION) + ngx_strlen(kind)
                          + rest->len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    name->data = p;
    name->len = ngx_sprintf(p, "%V" NGX_CS_FLEET_VERSION "%s%V",
                            &fleet->redis->prefix, kind, rest)
                - p;

    return NGX_OK;
}


static ngx_int_t
ngx_cs_fleet_names_hex(ngx_pool_t *pool, u_char *digest, size_t len,
    ngx_str_t *hex)
{
    hex->data = ngx_pnalloc(pool, 2 * len);
    if (hex->data == NULL) {
        return NGX_ERROR;
    }

    hex->len = ngx_hex_dump(hex->data, digest, len) - hex->data;

    return NGX_OK;
}
