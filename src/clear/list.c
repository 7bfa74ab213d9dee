/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What the parsers of header fields share; see the header.
 */


#include "clear/list.h"

#include <stdint.h>
#include <string.h>


static void clear_list_skip(clear_list_t *list);
static int clear_list_quoted(clear_list_t *list, clear_str_t *s);
static int clear_list_tchar(unsigned char c);


/* a bit for each character of a token (RFC 9110, section 5.6.2) */

static const uint32_t  clear_list_tchars[] = {
    0x00000000,
    0x03ff6cfa,    /* 0x20 on: ! # $ % & ' * + - . 0 to 9 */
    0xc7fffffe,    /* 0x40 on: A to Z ^ _ */
    0x57ffffff,    /* 0x60 on: ` a to z | ~ */
    0, 0, 0, 0
};


int
clear_list_find(const unsigned char *line, size_t len,
    int (*member)(clear_list_t *list, void *data), void *data)
{
    clear_list_t  list;

    list.p = line;
    list.last = line + len;

    while (list.p < list.last) {
        clear_list_blanks(&list);

        if (member(&list, data)) {
            return 1;
        }

        clear_list_skip(&list);
    }

    return 0;
}


/* behind the next comma that is in no quoted string, or to the end */

static void
clear_list_skip(clear_list_t *list)
{
    clear_str_t  s;

    while (list->p < list->last && !clear_list_char(list, ',')) {

        if (!clear_list_word(list, &s) && list->p < list->last) {
            list->p++;
        }
    }
}


void
clear_list_blanks(clear_list_t *list)
{
    while (list->p < list->last && (*list->p == ' ' || *list->p == '\t')) {
        list->p++;
    }
}


int
clear_list_char(clear_list_t *list, unsigned char c)
{
    if (list->p == list->last || *list->p != c) {
        return 0;
    }

    list->p++;

    return 1;
}


int
clear_list_token(clear_list_t *list, clear_str_t *s)
{
    s->data = list->p;

    while (list->p < list->last && clear_list_tchar(*list->p)) {
        list->p++;
    }

    s->len = (size_t) (list->p - s->data);

    return s->len != 0;
}


int
clear_list_word(clear_list_t *list, clear_str_t *s)
{
    return clear_list_char(list, '"') ? clear_list_quoted(list, s)
                                      : clear_list_token(list, s);
}


/* behind its first quote; to the end where there is no other */

static int
clear_list_quoted(clear_list_t *list, clear_str_t *s)
{
    s->data = list->p;

    while (list->p < list->last && *list->p != '"') {

        if (*list->p == '\\' && list->last - list->p > 1) {
            list->p++;
        }

        list->p++;
    }

    s->len = (size_t) (list->p - s->data);

    return clear_list_char(list, '"');
}


int
clear_list_parameters(clear_list_t *list,
    int (*parameter)(clear_list_t *list))
{
    for ( ;; ) {
        clear_list_blanks(list);

        if (list->p == list->last || *list->p == ',') {
            return 1;
        }

        if (!clear_list_char(list, ';')) {
            return 0;
        }

        clear_list_blanks(list);

        if (list->p < list->last && *list->p != ';' && *list->p != ','
            && !parameter(list))
        {
            return 0;
        }
    }
}


int
clear_list_is(const clear_str_t *s, const char *name)
{
    size_t         i;
    unsigned char  c;

    if (s->len != strlen(name)) {
        return 0;
    }

    for (i = 0; i < s->len; i++) {
        c = s->data[i];

        if (c >= 'A' && c <= 'Z') {
            c |= 0x20;
        }

        if (c != (unsigned char) name[i]) {
            return 0;
        }
    }

    return 1;
}


static int
clear_list_tchar(unsigned char c)
{
    return clear_list_tchars[c >> 5] >> (c & 0x1f) & 1;
}
