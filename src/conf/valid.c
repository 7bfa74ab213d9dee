/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The directive clear_status_valid; see the header.
 */


#include "conf/valid.h"

#include "conf/conf.h"
#include "conf/directives.h"


/* a longer state is like none that is known */
#define NGX_CS_VALID_STATE    64

/* of a task's age, where max is given without age */
#define NGX_CS_VALID_PERCENT  10


static ngx_int_t ngx_cs_valid_time(ngx_conf_t *cf, ngx_uint_t *last,
    clear_valid_t *valid);
static char *ngx_cs_valid_parameter(ngx_str_t *value, clear_valid_t *valid);
static char *ngx_cs_valid_check(clear_valid_t *valid);
static char *ngx_cs_valid_subject(ngx_str_t *value, clear_valid_t *valid);
static void ngx_cs_valid_known(ngx_conf_t *cf, ngx_str_t *state);
static ngx_uint_t ngx_cs_valid_distance(ngx_str_t *a, ngx_str_t *b);


char *
ngx_cs_set_valid(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_cs_loc_conf_t *clcf = conf;

    char           *err;
    ngx_str_t      *value;
    ngx_uint_t      i, last;
    clear_valid_t  *valid, time;

    if (clcf->valid == NULL) {
        clcf->valid = ngx_array_create(cf->pool, 4, sizeof(clear_valid_t));
        if (clcf->valid == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    ngx_memzero(&time, sizeof(clear_valid_t));

    if (ngx_cs_valid_time(cf, &last, &time) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;
    i = 1;

    do {
        valid = ngx_array_push(clcf->valid);
        if (valid == NULL) {
            return NGX_CONF_ERROR;
        }

        *valid = time;

        /* nothing named is "any" */

        err = (last > 1) ? ngx_cs_valid_subject(&value[i], valid) : NULL;

        if (err) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%s \"%V\" in \"%V\"",
                               err, &value[i], &cmd->name);
            return NGX_CONF_ERROR;
        }

        if (valid->state.data) {
            ngx_cs_valid_known(cf, &value[i]);
        }

    } while (++i < last);

    return NGX_CONF_OK;
}


/*
 * The time and what follows it, from the end; *last receives the place of the
 * time.
 */

static ngx_int_t
ngx_cs_valid_time(ngx_conf_t *cf, ngx_uint_t *last, clear_valid_t *valid)
{
    char           *err;
    ngx_str_t      *value;
    ngx_uint_t      i;
    ngx_cs_time_t   words = { 0, 1 };

    value = cf->args->elts;
    err = NULL;

    for (i = cf->args->nelts - 1; i > 1; i--) {

        if (ngx_strchr(value[i].data, '=') == NULL) {
            break;
        }

        err = ngx_cs_valid_parameter(&value[i], valid);
        if (err) {
            goto invalid;
        }
    }

    *last = i;

    if (ngx_cs_parse_time(&value[i], &words, &valid->ttl) != NGX_OK) {
        err = "invalid time value";
        goto invalid;
    }

    err = ngx_cs_valid_check(valid);
    if (err == NULL) {
        return NGX_OK;
    }

    i = cf->args->nelts - 1;

invalid:

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%s \"%V\" in \"%V\"",
                       err, &value[i], &value[0]);

    return NGX_ERROR;
}


static char *
ngx_cs_valid_parameter(ngx_str_t *value, clear_valid_t *valid)
{
    ngx_int_t  percent;
    ngx_str_t  s;

    if (ngx_strncmp(value->data, "max=", 4) == 0) {

        if (valid->max) {
            return "duplicate parameter";
        }

        s.data = value->data + 4;
        s.len = value->len - 4;

        return (ngx_cs_parse_time(&s, NULL, &valid->max) == NGX_OK
                && valid->max)
               ? NULL : "invalid time value";
    }

    if (ngx_strncmp(value->data, "age=", 4) == 0) {

        if (valid->percent) {
            return "duplicate parameter";
        }

        percent = (value->len > 5 && value->data[value->len - 1] == '%')
                  ? ngx_atoi(value->data + 4, value->len - 5) : NGX_ERROR;

        valid->percent = percent;

        return (percent >= 1 && percent <= 100)
               ? NULL : "not a share from 1% to 100%:";
    }

    return "invalid parameter";
}


static char *
ngx_cs_valid_check(clear_valid_t *valid)
{
    if (valid->max == 0) {
        return valid->percent ? "without \"max\" there can be no" : NULL;
    }

    if (valid->ttl == CLEAR_FOREVER) {
        return "what is fresh forever can have no";
    }

    if (valid->max < valid->ttl) {
        return "\"max\" is below the time it begins with:";
    }

    if (valid->percent == 0) {
        valid->percent = NGX_CS_VALID_PERCENT;
    }

    return NULL;
}


/* "any" leaves state and code empty */

static char *
ngx_cs_valid_subject(ngx_str_t *value, clear_valid_t *valid)
{
    size_t      i;
    ngx_int_t   code;
    ngx_uint_t  finished;

    static char  invalid[] = "invalid state or code";

    if (ngx_strcmp(value->data, "any") == 0) {
        return NULL;
    }

    code = ngx_atoi(value->data, value->len);

    if (code != NGX_ERROR) {
        valid->code = code;

        return (code < 400 || code > 599) ? invalid
               : valid->max ? "\"max\" cannot be for an error," : NULL;
    }

    for (i = 0; i < value->len; i++) {
        if ((value->data[i] < 'A' || value->data[i] > 'Z')
            && (value->data[i] < '0' || value->data[i] > '9')
            && value->data[i] != '_')
        {
            return invalid;
        }
    }

    valid->state.data = value->data;
    valid->state.len = value->len;

    finished = clear_freshness_terminal(clear_workflow(&valid->state));

    return (value->len == 0) ? invalid
           : (valid->max && finished)
             ? "\"max\" cannot be for a finished state," : NULL;
}


/* a new state is the operator's right, a slip of the pen is likelier */

static void
ngx_cs_valid_known(ngx_conf_t *cf, ngx_str_t *state)
{
    ngx_str_t   name, nearest;
    ngx_uint_t  i, n, least;

    ngx_str_null(&nearest);
    least = NGX_CS_VALID_STATE + 1;

    for (i = CLEAR_WORKFLOW_CREATED; i < CLEAR_WORKFLOW_OTHER; i++) {
        name.data = (u_char *) clear_workflow_names[i].data;
        name.len = clear_workflow_names[i].len;

        n = ngx_cs_valid_distance(state, &name);

        if (n == 0) {
            return;
        }

        if (n < least) {
            least = n;
            nearest = name;
        }
    }

    ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                       "\"clear_status_valid\" names a state that is not "
                       "documented, \"%V\", the nearest that is: \"%V\"",
                       state, &nearest);
}


/* how many letters to put in, leave out or change, as Levenshtein counts */

static ngx_uint_t
ngx_cs_valid_distance(ngx_str_t *a, ngx_str_t *b)
{
    ngx_uint_t  i, j, above, corner, row[NGX_CS_VALID_STATE + 1];

    if (a->len >= NGX_CS_VALID_STATE) {
        return NGX_CS_VALID_STATE;
    }

    for (i = 0; i <= a->len; i++) {
        row[i] = i;
    }

    for (j = 1; j <= b->len; j++) {
        corner = row[0];
        row[0] = j;

        for (i = 1; i <= a->len; i++) {
            above = row[i];

            row[i] = ngx_min(ngx_min(row[i - 1], above) + 1,
                             corner + (a->data[i - 1] != b->data[j - 1]));
            corner = above;
        }
    }

    return row[a->len];
}
