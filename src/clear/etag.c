/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The entity tags that a caller has; see the header.
 *
 * If-None-Match = "*" / #entity-tag
 * entity-tag    = [ "W/" ] DQUOTE *etagc DQUOTE, in which "\" escapes nothing
 */


#include "clear/etag.h"

#include <string.h>

#include "clear/list.h"


clear_etag_e
clear_etag_listed(const unsigned char *line, size_t len,
    const unsigned char *tag, size_t tag_len)
{
    clear_list_t          list;
    const unsigned char  *start;

    list.p = line;
    list.last = line + len;

    clear_list_blanks(&list);

    if (clear_list_char(&list, '*')) {
        clear_list_blanks(&list);
        return (list.p == list.last) ? CLEAR_ETAG_ANY : CLEAR_ETAG_OTHER;
    }

    for ( ;; ) {
        while (clear_list_char(&list, ',') || clear_list_char(&list, ' ')
               || clear_list_char(&list, '\t'))
        {
            /* empty elements and blanks */
        }

        if (list.last - list.p > 2 && memcmp(list.p, "W/", 2) == 0) {
            list.p += 2;
        }

        start = list.p;

        if (!clear_list_char(&list, '"')) {
            return CLEAR_ETAG_OTHER;
        }

        while (list.p < list.last && *list.p != '"') {
            list.p++;
        }

        if (!clear_list_char(&list, '"')) {
            return CLEAR_ETAG_OTHER;
        }

        if ((size_t) (list.p - start) == tag_len
            && memcmp(start, tag, tag_len) == 0)
        {
            return CLEAR_ETAG_LISTED;
        }
    }
}
