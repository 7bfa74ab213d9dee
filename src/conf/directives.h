/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The directives that need more than nginx's own setters: each reads its
 * parameters into the configuration, and refuses bad ones with a word on what
 * is wrong with them.
 */


#ifndef _NGX_CS_CONF_DIRECTIVES_H_INCLUDED_
#define _NGX_CS_CONF_DIRECTIVES_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


/* words that a time may be instead; the post of a directive with a time */

typedef struct {
    unsigned                     off:1;
    unsigned                     forever:1;
} ngx_cs_time_t;


/*
 * As ngx_command_t's set.  The post of the setters of msec, num and size is an
 * ngx_conf_num_bounds_t, of which high may be -1, or NULL.  Each returns
 * NGX_CONF_OK or an error.
 */

char *ngx_cs_set_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_cs_set_cache(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_cs_set_credential(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_cs_set_time(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_cs_set_msec(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_cs_set_max_age(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_cs_set_num(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_cs_set_rate(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_cs_set_size(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_cs_set_http_version(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_cs_set_file(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_cs_set_proxy(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_cs_set_dashboard_body(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/*
 * Gives a location its content handler, and notes whose it is; an error where
 * it has one.
 */
char *ngx_cs_set_handler(ngx_conf_t *cf, ngx_command_t *cmd, void *conf,
    ngx_http_handler_pt handler);

/*
 * A time in ms, or one of the words, of which words may be NULL.
 * NGX_OK or NGX_ERROR: it is neither.
 */
ngx_int_t ngx_cs_parse_time(ngx_str_t *value, ngx_cs_time_t *words,
    int64_t *time);


#endif /* _NGX_CS_CONF_DIRECTIVES_H_INCLUDED_ */
