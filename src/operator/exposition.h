/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What each metric of Prometheus' text format begins with, and histograms.
 */


#ifndef _NGX_CS_OPERATOR_EXPOSITION_H_INCLUDED_
#define _NGX_CS_OPERATOR_EXPOSITION_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "operator/text.h"
#include "zone/zone.h"


/* what is counted in a smaller unit than the second, which is shown */

typedef struct {
    ngx_uint_t                    scale;     /* so many in a second */
    char                         *format;    /* of seconds and the rest */
} ngx_cs_unit_t;


/* how long something took */

typedef struct {
    char                         *name;
    ngx_str_t                     labels;    /* or empty */
    ngx_cs_unit_t                *unit;      /* of bounds and sum */
    ngx_uint_t                   *bounds;    /* one less than buckets */
    ngx_atomic_t                 *buckets;
    ngx_uint_t                    n;         /* of buckets */
    ngx_atomic_uint_t             sum;
} ngx_cs_histogram_t;


/* a zone of which samples are */

typedef struct {
    ngx_str_t                     label;     /* its name, escaped */
    ngx_cs_zone_stat_t            stat;
} ngx_cs_sample_t;


/* names are without "clear_status_" */

void ngx_cs_exposition_head(ngx_cs_text_t *t, char *name, char *type,
    char *help);
void ngx_cs_exposition_histogram(ngx_cs_text_t *t, ngx_cs_histogram_t *h);


#endif /* _NGX_CS_OPERATOR_EXPOSITION_H_INCLUDED_ */
