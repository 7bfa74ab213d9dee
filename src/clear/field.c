/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What may be sent as the value of a header field; see the header.
 */


#include "clear/field.h"


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
