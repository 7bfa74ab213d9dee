/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The directives for those who wait; see the header.
 */


#include "conf/waiting.h"

#include "conf/conf.h"
#include "conf/directives.h"


static char *ngx_cs_waiting_time(ngx_conf_t *cf, ngx_str_t *value,
    ngx_str_t *word, ngx_uint_t off, ngx_msec_t *time);
static char *ngx_cs_waiting_invalid(ngx_conf_t *cf, ngx_str_t *value);


char *
ngx_cs_set_wait(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_cs_loc_conf_t *clcf = conf;

    ngx_int_t            n;
    ngx_str_t           *value;
    ngx_cs_hold_conf_t  *hold;

    hold = &clcf->conf.hold;

    if (hold->wait != NGX_CONF_UNSET_MSEC) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_cs_waiting_time(cf, &value[1], &value[1],
                            cf->args->nelts == 2, &hold->wait)
        != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (cf->args->nelts == 2) {

        /* with "off" it may still bound streams, as above */

        if (hold->wait) {
            hold->max = 1000;
        }

        return NGX_CONF_OK;
    }

    n = (ngx_strncmp(value[2].data, "max=", 4) == 0)
        ? ngx_atoi(value[2].data + 4, value[2].len - 4) : NGX_ERROR;

    if (n == NGX_ERROR || n == 0) {
        return ngx_cs_waiting_invalid(cf, &value[2]);
    }

    hold->max = n;

    return NGX_CONF_OK;
}


char *
ngx_cs_set_events(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_cs_loc_conf_t *clcf = conf;

    ngx_str_t           *value, time;
    ngx_cs_hold_conf_t  *hold;

    hold = &clcf->conf.hold;

    if (hold->events != NGX_CONF_UNSET_MSEC) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_cs_waiting_time(cf, &value[1], &value[1],
                            cf->args->nelts == 2, &hold->events)
        != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (cf->args->nelts == 2) {
        hold->heartbeat = 15000;
        return NGX_CONF_OK;
    }

    if (ngx_strncmp(value[2].data, "heartbeat=", 10) != 0) {
        return ngx_cs_waiting_invalid(cf, &value[2]);
    }

    time.data = value[2].data + 10;
    time.len = value[2].len - 10;

    return ngx_cs_waiting_time(cf, &value[2], &time, 0, &hold->heartbeat);
}


/* clear_status_pass of the same location sets the handler */

char *
ngx_cs_set_notify(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_cs_loc_conf_t *clcf = conf;

    if (clcf->notify.line) {
        return "is duplicate";
    }

    ngx_cs_place(cf, &clcf->notify);

    return NGX_CONF_OK;
}


/* word: the time in value; off: it may be "off" */

static char *
ngx_cs_waiting_time(ngx_conf_t *cf, ngx_str_t *value, ngx_str_t *word,
    ngx_uint_t off, ngx_msec_t *time)
{
    int64_t        ms;
    ngx_uint_t     is_off;
    ngx_cs_time_t  words = { 1, 0 };

    is_off = (ngx_strcmp(word->data, "off") == 0);

    if (ngx_cs_parse_time(word, off ? &words : NULL, &ms) != NGX_OK
        || (ms == 0 && !is_off))
    {
        return ngx_cs_waiting_invalid(cf, value);
    }

    *time = (ngx_msec_t) ms;

    return NGX_CONF_OK;
}


static char *
ngx_cs_waiting_invalid(ngx_conf_t *cf, ngx_str_t *value)
{
    ngx_str_t  *directive;

    directive = cf->args->elts;

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid value \"%V\" in \"%V\"", value, directive);

    return NGX_CONF_ERROR;
}
