/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What may be sent as a header field; see the header.
 */


#include "clear/field.h"

#include <string.h>


#define CLEAR_REQUEST_ID_MAX   128
#define CLEAR_TRACESTATE_MAX   512


static int clear_field_in(const unsigned char *p, size_t len,
    const char *set);


static const char  clear_hexadecimal[] = "0123456789abcdef";


int
clear_field_name(const unsigned char *p, size_t len)
{
    return len > 0
           && clear_field_in(p, len, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                     "abcdefghijklmnopqrstuvwxyz"
                                     "0123456789!#$%&'*+-.^_`|~");
}


int
clear_field_value(const unsigned char *p, size_t len)
{
    size_t  i;

    if (len == 0 || p[0] == ' ' || p[len - 1] == ' ') {
        return 0;
    }

    for (i = 0; i < len; i++) {
        if (p[i] < 0x20 || p[i] == 0x7f) {
            return 0;
        }
    }

    return 1;
}


int
clear_field_request_id(const unsigned char *p, size_t len)
{
    return len > 0 && len <= CLEAR_REQUEST_ID_MAX
           && clear_field_in(p, len, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                     "abcdefghijklmnopqrstuvwxyz"
                                     "0123456789-_.~+/=:");
}


int
clear_field_traceparent(const unsigned char *p, size_t len)
{
    size_t             i;
    const char        *form;
    static const char  parts[] = "hh-hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh"
                                 "-hhhhhhhhhhhhhhhh-hh";

    if (len != sizeof(parts) - 1) {
        return 0;
    }

    for (i = 0, form = parts; i < len; i++, form++) {
        if (!clear_field_in(p + i, 1, *form == 'h' ? clear_hexadecimal : "-")) {
            return 0;
        }
    }

    return memcmp(p, "ff", 2) != 0
           && !clear_field_in(p + 3, 32, "0")
           && !clear_field_in(p + 36, 16, "0");
}


int
clear_field_tracestate(const unsigned char *p, size_t len)
{
    size_t  i;

    if (len > CLEAR_TRACESTATE_MAX || !clear_field_value(p, len)) {
        return 0;
    }

    for (i = 0; i < len; i++) {
        if (p[i] > 0x7e) {
            return 0;
        }
    }

    return 1;
}


/* whether all bytes are of the set */

static int
clear_field_in(const unsigned char *p, size_t len, const char *set)
{
    size_t  i;

    for (i = 0; i < len; i++) {
        if (p[i] == '\0' || strchr(set, p[i]) == NULL) {
            return 0;
        }
    }

    return 1;
}
