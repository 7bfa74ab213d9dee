/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What is said on a new connection, all at once: HELLO with the login, which
 * tells whether the peer is a master, SELECT, and a PING, which a server that
 * is loading or busy refuses while it takes HELLO.  A Sentinel is asked for its
 * master.  HELLO needs no permission in an ACL.
 */


#include "redis/link.h"

#include "clear/redis_url.h"


/* "version 2": what this hiredis reads */
#define NGX_CS_REDIS_HELLO_ARGS  7


static ngx_int_t ngx_cs_redis_login_hello(ngx_cs_redis_link_t *link,
    ngx_cs_redis_reply_pt told);
static ngx_int_t ngx_cs_redis_login_ask(ngx_cs_redis_link_t *link);
static void ngx_cs_redis_login_greeted(ngx_cs_redis_link_t *link, void *owner,
    redisReply *reply);
static void ngx_cs_redis_login_still(ngx_cs_redis_link_t *link, void *owner,
    redisReply *reply);
static void ngx_cs_redis_login_sentinel(ngx_cs_redis_link_t *link, void *owner,
    redisReply *reply);
static void ngx_cs_redis_login_selected(ngx_cs_redis_link_t *link, void *owner,
    redisReply *reply);
static void ngx_cs_redis_login_done(ngx_cs_redis_link_t *link, void *owner,
    redisReply *reply);
static void ngx_cs_redis_login_master(ngx_cs_redis_link_t *link, void *owner,
    redisReply *reply);
static ngx_int_t ngx_cs_redis_login_role(ngx_cs_redis_link_t *link,
    redisReply *reply);
static char *ngx_cs_redis_login_field(redisReply *reply, char *name);
static void ngx_cs_redis_login_refused(ngx_cs_redis_link_t *link,
    redisReply *reply);


void
ngx_cs_redis_login(ngx_cs_redis_link_t *link)
{
    link->state = NGX_CS_REDIS_LOGIN;

    ngx_cs_redis_link_limit(link, ngx_cs_redis_link_patience(link));

    if (ngx_cs_redis_wire_open(link) != NGX_OK
        || ngx_cs_redis_login_ask(link) != NGX_OK)
    {
        ngx_cs_redis_link_fail(link, NGX_CS_REDIS_AWAY, "no memory");
    }
}


static ngx_int_t
ngx_cs_redis_login_ask(ngx_cs_redis_link_t *link)
{
    ngx_str_t  argv[3];
    u_char     db[NGX_INT_T_LEN];

    if (link->sentinel) {
        ngx_str_set(&argv[0], "SENTINEL");
        ngx_str_set(&argv[1], "GET-MASTER-ADDR-BY-NAME");
        argv[2] = link->redis->master;

        return (ngx_cs_redis_login_hello(link, ngx_cs_redis_login_sentinel)
                != NGX_OK)
               ? NGX_ERROR
               : ngx_cs_redis_wire_send(link, 3, argv,
                                        ngx_cs_redis_login_master, link, NULL);
    }

    if (ngx_cs_redis_login_hello(link, ngx_cs_redis_login_greeted) != NGX_OK) {
        return NGX_ERROR;
    }

    if (link->redis->db) {
        ngx_str_set(&argv[0], "SELECT");
        argv[1].data = db;
        argv[1].len = ngx_sprintf(db, "%ui", link->redis->db) - db;

        if (ngx_cs_redis_wire_send(link, 2, argv, ngx_cs_redis_login_selected,
                                   link, NULL)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    ngx_str_set(&argv[0], "PING");

    return ngx_cs_redis_wire_send(link, 1, argv, ngx_cs_redis_login_done, link,
                                  NULL);
}


static ngx_int_t
ngx_cs_redis_login_hello(ngx_cs_redis_link_t *link, ngx_cs_redis_reply_pt told)
{
    ngx_str_t   argv[NGX_CS_REDIS_HELLO_ARGS], *password;
    ngx_uint_t  n;

    n = 0;

    ngx_str_set(&argv[n], "HELLO");
    n++;
    ngx_str_set(&argv[n], "2");
    n++;

    if (link->redis->password) {
        password = link->redis->password(link->redis->password_data,
                                         link->worker->log);

        ngx_str_set(&argv[n], "AUTH");
        n++;
        argv[n] = link->redis->user;

        if (argv[n].len == 0) {
            ngx_str_set(&argv[n], "default");
        }

        n++;
        argv[n++] = *password;

        link->secret = 1;
    }

    ngx_str_set(&argv[n], "SETNAME");
    n++;
    ngx_str_set(&argv[n], "clear_status");
    n++;

    return ngx_cs_redis_wire_send(link, n, argv, told, link, NULL);
}


ngx_int_t
ngx_cs_redis_login_again(ngx_cs_redis_link_t *link)
{
    ngx_str_t  argv[2];

    ngx_str_set(&argv[0], "HELLO");
    ngx_str_set(&argv[1], "2");

    return ngx_cs_redis_wire_send(link, 2, argv, ngx_cs_redis_login_still,
                                  link, NULL);
}


static void
ngx_cs_redis_login_greeted(ngx_cs_redis_link_t *link, void *owner,
    redisReply *reply)
{
    if (reply) {
        (void) ngx_cs_redis_login_role(link, reply);
    }
}


static void
ngx_cs_redis_login_still(ngx_cs_redis_link_t *link, void *owner,
    redisReply *reply)
{
    if (reply && ngx_cs_redis_login_role(link, reply) == NGX_OK) {
        link->beating = 0;
        ngx_cs_redis_link_good(link);
        ngx_cs_redis_link_limit(link, NGX_CS_REDIS_BEAT);
    }
}


/* it may have no login, or no user of that name, and answer all the same */

static void
ngx_cs_redis_login_sentinel(ngx_cs_redis_link_t *link, void *owner,
    redisReply *reply)
{
    /* void */
}


static void
ngx_cs_redis_login_selected(ngx_cs_redis_link_t *link, void *owner,
    redisReply *reply)
{
    if (reply && reply->type == REDIS_REPLY_ERROR) {

        if (clear_redis_error(reply->str, reply->len) == CLEAR_REDIS_OTHER) {
            ngx_cs_redis_link_fail(link, NGX_CS_REDIS_WRONG,
                                   "it has no database of that number");
            return;
        }

        ngx_cs_redis_login_refused(link, reply);
    }
}


static void
ngx_cs_redis_login_done(ngx_cs_redis_link_t *link, void *owner,
    redisReply *reply)
{
    if (reply == NULL) {
        return;
    }

    if (reply->type == REDIS_REPLY_ERROR) {
        ngx_cs_redis_login_refused(link, reply);
        return;
    }

    if (reply->type != REDIS_REPLY_STATUS
        || ngx_strcmp(reply->str, "PONG") != 0)
    {
        ngx_cs_redis_link_fail(link, NGX_CS_REDIS_NONSENSE,
                               "it does not answer as Redis does");
        return;
    }

    ngx_cs_redis_link_up(link);
}


static void
ngx_cs_redis_login_master(ngx_cs_redis_link_t *link, void *owner,
    redisReply *reply)
{
    ngx_int_t  port;
    ngx_str_t  name;

    if (reply == NULL) {
        return;
    }

    if (reply->type == REDIS_REPLY_ERROR) {
        ngx_cs_redis_login_refused(link, reply);
        return;
    }

    if (reply->type == REDIS_REPLY_NIL) {
        ngx_cs_redis_link_fail(link, NGX_CS_REDIS_WRONG,
                               "Sentinel knows no master of that name");
        return;
    }

    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2
        || reply->element[0]->type != REDIS_REPLY_STRING
        || reply->element[1]->type != REDIS_REPLY_STRING
        || reply->element[0]->len == 0
        || reply->element[0]->len > CLEAR_REDIS_HOST_MAX)
    {
        ngx_cs_redis_link_fail(link, NGX_CS_REDIS_NONSENSE,
                               "it does not answer as Sentinel does");
        return;
    }

    name.data = (u_char *) reply->element[0]->str;
    name.len = reply->element[0]->len;

    port = ngx_atoi((u_char *) reply->element[1]->str,
                    reply->element[1]->len);

    if (port < 1 || port > 65535) {
        ngx_cs_redis_link_fail(link, NGX_CS_REDIS_NONSENSE,
                               "it does not answer as Sentinel does");
        return;
    }

    ngx_cs_redis_connect_to(link, &name, (in_port_t) port);
}


/* NGX_OK, or NGX_ERROR: the link failed */

static ngx_int_t
ngx_cs_redis_login_role(ngx_cs_redis_link_t *link, redisReply *reply)
{
    char  *mode, *role;

    if (reply->type == REDIS_REPLY_ERROR) {
        ngx_cs_redis_login_refused(link, reply);
        return NGX_ERROR;
    }

    mode = ngx_cs_redis_login_field(reply, "mode");
    role = ngx_cs_redis_login_field(reply, "role");

    if (mode && ngx_strcmp(mode, "cluster") == 0) {
        ngx_cs_redis_link_fail(link, NGX_CS_REDIS_SAYS + CLEAR_REDIS_CLUSTER,
                               clear_redis_error_text(CLEAR_REDIS_CLUSTER));
        return NGX_ERROR;
    }

    if (mode && ngx_strcmp(mode, "sentinel") == 0) {
        ngx_cs_redis_link_fail(link, NGX_CS_REDIS_WRONG,
                               "it is a Sentinel, which needs "
                               "\"redis+sentinel://\"");
        return NGX_ERROR;
    }

    if (role && ngx_strcmp(role, "master") != 0) {
        ngx_cs_redis_link_fail(link, NGX_CS_REDIS_SAYS + CLEAR_REDIS_READONLY,
                               clear_redis_error_text(CLEAR_REDIS_READONLY));
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* of what is a map in version 3 */

static char *
ngx_cs_redis_login_field(redisReply *reply, char *name)
{
    size_t       i;
    redisReply  *value;

    if (reply->type != REDIS_REPLY_ARRAY) {
        return NULL;
    }

    for (i = 0; i + 1 < reply->elements; i += 2) {
        value = reply->element[i + 1];

        if (reply->element[i]->type == REDIS_REPLY_STRING
            && ngx_strcmp(reply->element[i]->str, name) == 0)
        {
            return (value->type == REDIS_REPLY_STRING) ? value->str : NULL;
        }
    }

    return NULL;
}


static void
ngx_cs_redis_login_refused(ngx_cs_redis_link_t *link, redisReply *reply)
{
    clear_redis_error_e  error;

    error = clear_redis_error(reply->str, reply->len);

    ngx_cs_redis_link_fail(link, NGX_CS_REDIS_SAYS + error,
                           clear_redis_error_text(error));
}
