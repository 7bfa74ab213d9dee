/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The task id that a caller asks for; see the header.
 */


#include "clear/task_id.h"

#include <string.h>

#include "clear/utf8.h"
#include "clear/word.h"


static const unsigned char *clear_task_id_end(const unsigned char *p,
    const unsigned char *last, unsigned char c);
static int clear_task_id_is_name(const unsigned char *p,
    const unsigned char *last);
static clear_task_id_e clear_task_id_decode(const unsigned char *p,
    const unsigned char *last, unsigned char *id, size_t *id_len);
static int clear_task_id_byte(const unsigned char **p,
    const unsigned char *last);
static int clear_task_id_hex(unsigned char c);
static clear_task_id_e clear_task_id_check(const unsigned char *p, size_t len);


size_t
clear_task_id_plain(const unsigned char *args, size_t len,
    const unsigned char **id)
{
    size_t                n, i;
    const unsigned char  *p;
    static const char     name[] = "taskId=";

    n = len - (sizeof(name) - 1);

    if (len < sizeof(name) || n > CLEAR_TASK_ID_MAX
        || memcmp(args, name, sizeof(name) - 1) != 0)
    {
        return 0;
    }

    p = args + sizeof(name) - 1;

    for (i = 0; n - i >= CLEAR_WORD_SIZE; i += CLEAR_WORD_SIZE) {
        if (clear_word_outside(clear_word(p + i), ',', '~')) {
            return 0;
        }
    }

    for ( /* void */ ; i < n; i++) {
        if (p[i] < ',' || p[i] > '~') {
            return 0;
        }
    }

    *id = p;

    return n;
}


clear_task_id_e
clear_task_id_parse(const unsigned char *args, size_t len, unsigned char *id,
    size_t *id_len)
{
    int                   found;
    const unsigned char  *p, *end, *eq, *last;
    const unsigned char  *value, *value_end;

    found = 0;
    value = NULL;
    value_end = NULL;

    if (args == NULL) {
        return CLEAR_TASK_ID_MISSING;
    }

    last = args + len;

    for (p = args; p <= last; p = end + 1) {
        end = clear_task_id_end(p, last, '&');
        eq = clear_task_id_end(p, end, '=');

        if (!clear_task_id_is_name(p, eq)) {
            continue;
        }

        if (found++) {
            return CLEAR_TASK_ID_REPEATED;
        }

        value = (eq < end) ? eq + 1 : end;
        value_end = end;
    }

    if (!found) {
        return CLEAR_TASK_ID_MISSING;
    }

    return clear_task_id_decode(value, value_end, id, id_len);
}


static const unsigned char *
clear_task_id_end(const unsigned char *p, const unsigned char *last,
    unsigned char c)
{
    const unsigned char  *end;

    end = (p < last) ? memchr(p, c, last - p) : NULL;

    return end ? end : last;
}


static int
clear_task_id_is_name(const unsigned char *p, const unsigned char *last)
{
    size_t             i;
    static const char  name[] = "taskId";

    for (i = 0; p < last; i++) {
        if (clear_task_id_byte(&p, last) != name[i] || name[i] == '\0') {
            return 0;
        }
    }

    return name[i] == '\0';
}


static clear_task_id_e
clear_task_id_decode(const unsigned char *p, const unsigned char *last,
    unsigned char *id, size_t *id_len)
{
    int     c;
    size_t  n;

    for (n = 0; p < last; n++) {

        if (n == CLEAR_TASK_ID_MAX) {
            return CLEAR_TASK_ID_TOO_LONG;
        }

        c = clear_task_id_byte(&p, last);

        if (c < 0) {
            return CLEAR_TASK_ID_BAD_ESCAPE;
        }

        id[n] = (unsigned char) c;
    }

    if (n == 0) {
        return CLEAR_TASK_ID_EMPTY;
    }

    *id_len = n;

    return clear_task_id_check(id, n);
}


/* the next decoded byte, or -1 for a "%" that begins no escape */

static int
clear_task_id_byte(const unsigned char **p, const unsigned char *last)
{
    int            high, low;
    unsigned char  c;

    c = *(*p)++;

    if (c == '+') {
        return ' ';
    }

    if (c != '%') {
        return c;
    }

    if (last - *p < 2) {
        return -1;
    }

    high = clear_task_id_hex((*p)[0]);
    low = clear_task_id_hex((*p)[1]);

    if (high < 0 || low < 0) {
        return -1;
    }

    *p += 2;

    return high * 16 + low;
}


static int
clear_task_id_hex(unsigned char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    c |= 0x20;

    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }

    return -1;
}


static clear_task_id_e
clear_task_id_check(const unsigned char *p, size_t len)
{
    size_t  n;

    while (len) {

        if (*p < 0x20 || *p == 0x7f) {
            return CLEAR_TASK_ID_CONTROL;
        }

        n = clear_utf8_length(p, len);

        if (n == 0) {
            return CLEAR_TASK_ID_BAD_UTF8;
        }

        p += n;
        len -= n;
    }

    return CLEAR_TASK_ID_OK;
}


size_t
clear_task_id_escape(const unsigned char *id, size_t len, unsigned char *dst)
{
    size_t             i;
    unsigned char      c, *p;
    static const char  hex[] = "0123456789ABCDEF";

    p = dst;

    for (i = 0; i < len; i++) {
        c = id[i];

        if ((c >= '0' && c <= '9')
            || (c >= 'a' && c <= 'z')
            || (c >= 'A' && c <= 'Z')
            || c == '-' || c == '.' || c == '_' || c == '~')
        {
            *p++ = c;

        } else {
            *p++ = '%';
            *p++ = (unsigned char) hex[c >> 4];
            *p++ = (unsigned char) hex[c & 0xf];
        }
    }

    return (size_t) (p - dst);
}


const char *
clear_task_id_strerror(clear_task_id_e rc)
{
    switch (rc) {

    case CLEAR_TASK_ID_OK:
        return NULL;

    case CLEAR_TASK_ID_MISSING:
        return "is missing";

    case CLEAR_TASK_ID_EMPTY:
        return "must not be empty";

    case CLEAR_TASK_ID_REPEATED:
        return "must be given once";

    case CLEAR_TASK_ID_TOO_LONG:
        return "must not be longer than 256 bytes";

    case CLEAR_TASK_ID_CONTROL:
        return "must not contain control characters";

    case CLEAR_TASK_ID_BAD_UTF8:
        return "must be UTF-8";

    default:
        return "has a broken percent-encoding";
    }
}
