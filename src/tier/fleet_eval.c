/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * A script sent to Redis; see the header.
 */


#include "tier/fleet_eval.h"


ngx_int_t
ngx_cs_fleet_eval(ngx_cs_fleet_t *fleet, ngx_cs_redis_call_t *call,
    ngx_str_t *script, ngx_str_t *keys, ngx_uint_t nkeys, ngx_str_t *args,
    ngx_uint_t nargs)
{
    u_char      digits[NGX_INT_T_LEN];
    ngx_str_t   argv[3 + NGX_CS_FLEET_EVAL_MAX];
    ngx_uint_t  argc;

    if (nkeys + nargs > NGX_CS_FLEET_EVAL_MAX) {
        return NGX_ERROR;
    }

    ngx_str_set(&argv[0], "EVAL");
    argv[1] = *script;
    argv[2].data = digits;
    argv[2].len = ngx_sprintf(digits, "%ui", nkeys) - digits;

    argc = 3;

    while (nkeys--) {
        argv[argc++] = *keys++;
    }

    while (nargs--) {
        argv[argc++] = *args++;
    }

    return ngx_cs_redis_call(fleet->redis, call, argc, argv);
}


void
ngx_cs_fleet_eval_number(ngx_str_t *arg, int64_t n,
    u_char digits[NGX_INT64_LEN])
{
    arg->data = digits;
    arg->len = ngx_sprintf(digits, "%L", n) - digits;
}
