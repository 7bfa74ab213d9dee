/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Prometheus' text format; see the header.
 */


#include "operator/exposition.h"


void
ngx_cs_exposition_head(ngx_cs_text_t *t, char *name, char *type, char *help)
{
    ngx_cs_text_printf(t, "# HELP clear_status_%s %s\n"
                          "# TYPE clear_status_%s %s\n",
                       name, help, name, type);
}


void
ngx_cs_exposition_histogram(ngx_cs_text_t *t, ngx_cs_histogram_t *h)
{
    char               *comma, *open, *close;
    u_char              seconds[2 * NGX_INT64_LEN];
    ngx_uint_t          i;
    ngx_cs_unit_t      *unit;
    ngx_atomic_uint_t   n;

    unit = h->unit;
    comma = h->labels.len ? "," : "";
    open = h->labels.len ? "{" : "";
    close = h->labels.len ? "}" : "";
    n = 0;

    for (i = 0; i < h->n - 1; i++) {
        n += h->buckets[i];

        (void) ngx_sprintf(seconds, unit->format, h->bounds[i] / unit->scale,
                           h->bounds[i] % unit->scale);
        ngx_cs_text_printf(t,
                           "clear_status_%s_bucket{%V%sle=\"%s\"} %uA\n",
                           h->name, &h->labels, comma, seconds, n);
    }

    n += h->buckets[i];

    (void) ngx_sprintf(seconds, unit->format, h->sum / unit->scale,
                       h->sum % unit->scale);
    ngx_cs_text_printf(t,
                       "clear_status_%s_bucket{%V%sle=\"+Inf\"} %uA\n"
                       "clear_status_%s_sum%s%V%s %s\n"
                       "clear_status_%s_count%s%V%s %uA\n",
                       h->name, &h->labels, comma, n,
                       h->name, open, &h->labels, close, seconds,
                       h->name, open, &h->labels, close, n);
}
