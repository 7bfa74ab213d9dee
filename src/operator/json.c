/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * JSON as it is written (RFC 8259); see the header.
 */


#include "operator/json.h"

#include "clear/utf8.h"


static u_char *ngx_cs_json_mend(ngx_pool_t *pool, u_char *data, size_t *len);
static void ngx_cs_json_name(ngx_cs_json_t *j, char *name);


void
ngx_cs_json_init(ngx_cs_json_t *j, ngx_cs_text_t *text)
{
    j->text = text;
    j->next = 0;
}


void
ngx_cs_json_open(ngx_cs_json_t *j, char *name, char *bracket)
{
    ngx_cs_json_name(j, name);
    ngx_cs_text_printf(j->text, "%s", bracket);

    j->next = 0;
}


void
ngx_cs_json_close(ngx_cs_json_t *j, char *bracket)
{
    ngx_cs_text_printf(j->text, "%s", bracket);

    j->next = 1;
}


void
ngx_cs_json_int(ngx_cs_json_t *j, char *name, int64_t value)
{
    ngx_cs_json_name(j, name);
    ngx_cs_text_printf(j->text, "%L", value);
}


void
ngx_cs_json_bool(ngx_cs_json_t *j, char *name, ngx_uint_t value)
{
    ngx_cs_json_name(j, name);
    ngx_cs_text_printf(j->text, "%s", value ? "true" : "false");
}


void
ngx_cs_json_string(ngx_cs_json_t *j, char *name, u_char *data, size_t len)
{
    u_char  *p;

    ngx_cs_json_name(j, name);

    if (!clear_utf8_valid(data, len)) {
        data = ngx_cs_json_mend(j->text->pool, data, &len);

        if (data == NULL) {
            j->text->failed = 1;
            return;
        }
    }

    p = ngx_cs_text_room(j->text, len + ngx_escape_json(NULL, data, len)
                                  + sizeof("\"\"") - 1);
    if (p == NULL) {
        return;
    }

    *p++ = '"';
    p = (u_char *) ngx_escape_json(p, data, len);
    *p = '"';
}


/* what is no UTF-8 becomes U+FFFD, byte for byte (RFC 8259, section 8.1) */

static u_char *
ngx_cs_json_mend(ngx_pool_t *pool, u_char *data, size_t *len)
{
    u_char  *start, *p, *end;
    size_t   n;

    start = ngx_pnalloc(pool, 3 * *len);
    if (start == NULL) {
        return NULL;
    }

    p = start;
    end = data + *len;

    while (data < end) {
        n = clear_utf8_length(data, end - data);

        if (n) {
            p = ngx_cpymem(p, data, n);
            data += n;

        } else {
            p = ngx_cpymem(p, "\xef\xbf\xbd", 3);
            data++;
        }
    }

    *len = p - start;

    return start;
}


static void
ngx_cs_json_name(ngx_cs_json_t *j, char *name)
{
    if (j->next) {
        ngx_cs_text_printf(j->text, ",");
    }

    j->next = 1;

    if (name) {
        ngx_cs_text_printf(j->text, "\"%s\":", name);
    }
}
