/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What a request asks for; see the header.
 */


#include "request/ask.h"

#include "request/trace.h"


ngx_int_t
ngx_cs_ask(ngx_http_request_t *r, ngx_cs_ctx_t *ctx, ngx_cs_ask_t *ask)
{
    ngx_int_t              rc;
    ngx_str_t             *token;
    ngx_cs_conf_t         *conf;
    ngx_cs_limits_t       *limits;
    ngx_cs_lookup_t       *lookup;
    ngx_cs_secret_file_t  *file;
    ngx_cs_credentials_t  *credentials;

    conf = ctx->conf;
    credentials = &conf->credentials.fixed;

    if (!ngx_cs_credentials_fixed(&conf->credentials)) {
        credentials = &ask->varying;

        rc = ngx_cs_credentials_get(r, &conf->credentials, &conf->fetch.url,
                                    credentials);
        if (rc != NGX_OK) {
            return rc;
        }
    }

    ask->credentials = credentials;

    ask->key.tenant = credentials->tenant;
    ask->key.task_id = ctx->task_id;
    ask->key.hash = credentials->hash
                    ^ ngx_murmur_hash2(ctx->task_id.data, ctx->task_id.len);

    /* of this caller's location, whoever's fetch it will share */

    file = conf->credentials.token_file;

    token = file ? ngx_cs_secret_file_path(file)
            : credentials->token_path.len ? &credentials->token_path
                                          : &credentials->token;

    limits = &ctx->limits;
    limits->timeout = conf->fetch.timeout;
    limits->connect_timeout = conf->fetch.connect_timeout;
    limits->max_body_size = conf->fetch.max_body_size;
    limits->token = *token;

    lookup = &ask->lookup;
    lookup->shm_zone = conf->shm_zone;
    lookup->key = &ask->key;
    lookup->freshness = &conf->freshness;
    lookup->limits = limits;
    lookup->pool = r->pool;
    lookup->ticket = 0;
    lookup->outcome.expired = 0;

    return NGX_OK;
}


void
ngx_cs_ask_question(ngx_http_request_t *r, ngx_cs_ctx_t *ctx,
    ngx_cs_ask_t *ask)
{
    ngx_cs_conf_t             *conf;
    ngx_cs_question_t         *question;
    ngx_http_core_loc_conf_t  *clcf;

    conf = ctx->conf;
    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    question = &ask->question;

    question->fetch = &conf->fetch;
    question->freshness = &conf->freshness;
    question->breaker = &conf->breaker;
    question->token_file = conf->credentials.token_file;
    question->token_path = ask->credentials->token_path;
    question->token = ask->credentials->token;
    question->integration_id = ask->credentials->integration_id;
    question->tenant = ask->credentials->tenant;
    question->task_id = ctx->task_id;
    question->background = 0;
    question->seen = 0;
    question->down = 0;
    question->leased = 0;
    question->url = &conf->fetch.url;
    question->timeout = conf->fetch.timeout;
    question->limits = ctx->limits;
    question->log = clcf->error_log;

    ngx_cs_trace(r, question);
}
