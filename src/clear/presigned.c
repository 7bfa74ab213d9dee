/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * When a presigned URL expires; see the header.
 *
 * A scheme is a date, a duration, or both; a URL that speaks in several of
 * them ends with the first that ends.
 */


#define _GNU_SOURCE

#include "clear/presigned.h"

#include <string.h>
#include <time.h>


/* the longest value that can be right: "2026-11-24T10:20:30.1234567Z" */
#define CLEAR_PRESIGNED_VALUE  40

/* no URL lives longer, in seconds: ten years */
#define CLEAR_PRESIGNED_LONG   (10LL * 366 * 86400)

/* no URL lives to the year 3000; a number over it is not in seconds */
#define CLEAR_PRESIGNED_LAST   32503680000LL


typedef struct {
    int64_t                  amz_date;
    int64_t                  amz_expires;
    int64_t                  goog_date;
    int64_t                  goog_expires;
    int64_t                  expires;
    int64_t                  st;
    int64_t                  se;
    int64_t                  ske;
    int64_t                  session;
} clear_presigned_query_t;


static void clear_presigned_argument(const unsigned char *p,
    const unsigned char *last, clear_presigned_query_t *u);
static int clear_presigned_named(const unsigned char *p, size_t len,
    const char *name);
static size_t clear_presigned_decode(const unsigned char *p,
    const unsigned char *last, char *dst);
static int clear_presigned_hex(unsigned char c);
static int64_t clear_presigned_number(const char *p);
static int64_t clear_presigned_basic_date(const char *p);
static int64_t clear_presigned_extended_date(const char *p);
static int64_t clear_presigned_time(const char *digits, size_t len,
    const char *tail);
static int64_t clear_presigned_first(int64_t a, int64_t b);


void
clear_presigned(const unsigned char *url, size_t len,
    clear_presigned_t *presigned)
{
    int64_t                   end, span;
    const unsigned char      *p, *last, *amp;
    clear_presigned_query_t   u;

    memset(&u, 0xff, sizeof(clear_presigned_query_t));     /* all -1 */

    last = memchr(url, '#', len);
    last = last ? last : url + len;

    p = memchr(url, '?', (size_t) (last - url));

    while (p) {
        p++;
        amp = memchr(p, '&', (size_t) (last - p));
        clear_presigned_argument(p, amp ? amp : last, &u);
        p = amp;
    }

    end = clear_presigned_first(u.expires, clear_presigned_first(u.se, u.ske));
    span = clear_presigned_first(u.amz_expires, u.goog_expires);

    if (u.amz_date >= 0 && u.amz_expires >= 0) {
        end = clear_presigned_first(end, u.amz_date + u.amz_expires);
    }

    if (u.goog_date >= 0 && u.goog_expires >= 0) {
        end = clear_presigned_first(end, u.goog_date + u.goog_expires);
    }

    if (u.st >= 0 && u.se >= u.st) {
        span = clear_presigned_first(span, u.se - u.st);
    }

    presigned->expires = end;
    presigned->span = span;
    presigned->session = (u.session >= 0);
}


static void
clear_presigned_argument(const unsigned char *p, const unsigned char *last,
    clear_presigned_query_t *u)
{
    char                  value[CLEAR_PRESIGNED_VALUE + 1];
    size_t                len;
    int64_t               n;
    const unsigned char  *eq;

    eq = memchr(p, '=', (size_t) (last - p));

    if (eq == NULL) {
        return;
    }

    len = (size_t) (eq - p);

    /* longer than any other value, and of no interest itself */

    if (clear_presigned_named(p, len, "x-amz-security-token")) {
        u->session = 0;
        return;
    }

    if (clear_presigned_decode(eq + 1, last, value) == 0) {
        return;
    }

    if (clear_presigned_named(p, len, "x-amz-date")) {
        u->amz_date = clear_presigned_basic_date(value);

    } else if (clear_presigned_named(p, len, "x-goog-date")) {
        u->goog_date = clear_presigned_basic_date(value);

    } else if (clear_presigned_named(p, len, "st")) {
        u->st = clear_presigned_extended_date(value);

    } else if (clear_presigned_named(p, len, "se")) {
        u->se = clear_presigned_extended_date(value);

    } else if (clear_presigned_named(p, len, "ske")) {
        u->ske = clear_presigned_extended_date(value);

    } else if (clear_presigned_named(p, len, "expires")) {
        n = clear_presigned_number(value);
        u->expires = (n < CLEAR_PRESIGNED_LAST) ? n : -1;

    } else {
        n = clear_presigned_number(value);

        if (n > CLEAR_PRESIGNED_LONG) {
            return;
        }

        if (clear_presigned_named(p, len, "x-amz-expires")) {
            u->amz_expires = n;

        } else if (clear_presigned_named(p, len, "x-goog-expires")) {
            u->goog_expires = n;
        }
    }
}


static int
clear_presigned_named(const unsigned char *p, size_t len, const char *name)
{
    size_t         i;
    unsigned char  c;

    if (strlen(name) != len) {
        return 0;
    }

    for (i = 0; i < len; i++) {
        c = (p[i] >= 'A' && p[i] <= 'Z') ? (unsigned char) (p[i] | 0x20)
                                         : p[i];

        if (c != (unsigned char) name[i]) {
            return 0;
        }
    }

    return 1;
}


/* the length, 0 where the value is empty, too long or not text */

static size_t
clear_presigned_decode(const unsigned char *p, const unsigned char *last,
    char *dst)
{
    int            high, low;
    size_t         n;
    unsigned char  c;

    for (n = 0; p < last; n++) {
        c = *p++;

        if (c == '%') {

            if (last - p < 2) {
                return 0;
            }

            high = clear_presigned_hex(p[0]);
            low = clear_presigned_hex(p[1]);

            if (high < 0 || low < 0) {
                return 0;
            }

            c = (unsigned char) (high * 16 + low);
            p += 2;
        }

        if (n == CLEAR_PRESIGNED_VALUE || c < 0x20 || c >= 0x7f) {
            return 0;
        }

        dst[n] = (char) c;
    }

    dst[n] = '\0';

    return n;
}


static int
clear_presigned_hex(unsigned char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    c |= 0x20;

    return (c >= 'a' && c <= 'f') ? c - 'a' + 10 : -1;
}


static int64_t
clear_presigned_number(const char *p)
{
    int64_t  n;

    for (n = 0; *p; p++) {

        if (*p < '0' || *p > '9' || n > INT32_MAX * 1000LL) {
            return -1;
        }

        n = n * 10 + (*p - '0');
    }

    return n;
}


/* 20261124T102030Z */

static int64_t
clear_presigned_basic_date(const char *p)
{
    char  digits[14];

    /* terminated, so all 16 are there */

    if (strlen(p) != 16 || p[8] != 'T') {   /* NOLINT(clang-analyzer-core.*) */
        return -1;
    }

    memcpy(digits, p, 8);
    memcpy(digits + 8, p + 9, 6);

    return clear_presigned_time(digits, 14, p + 15);
}


/*
 * ISO 8601 as Azure has it: a date alone, with minutes, with seconds, or with
 * a fraction of them, which does not count; UTC, always with its Z.
 */

static int64_t
clear_presigned_extended_date(const char *p)
{
    char         digits[14];
    size_t       n;
    const char  *form;

    n = 0;

    for (form = "dddd-dd-ddTdd:dd:dd"; *form; form++, p++) {

        if (*form != 'd') {

            if (*p != *form) {
                break;
            }

            continue;
        }

        if (*p < '0' || *p > '9') {
            return -1;
        }

        digits[n++] = *p;
    }

    if (n == 14 && *p == '.') {
        p += 1 + strspn(p + 1, "0123456789");
    }

    if (n == 8 && *p == '\0') {
        return clear_presigned_time(digits, n, "Z");
    }

    return (n == 12 || n == 14) ? clear_presigned_time(digits, n, p) : -1;
}


/* year, month, day, and as far as they go hour, minute, second */

static int64_t
clear_presigned_time(const char *digits, size_t len, const char *tail)
{
    int        part[6];
    size_t     i;
    int64_t    midnight;
    struct tm  tm;

    if (strcmp(tail, "Z") != 0) {
        return -1;
    }

    memset(part, 0, sizeof(part));

    for (i = 0; i < len; i++) {

        if (digits[i] < '0' || digits[i] > '9') {
            return -1;
        }

        /* four digits of the year, then two each */

        part[i < 4 ? 0 : (i - 2) / 2] *= 10;
        part[i < 4 ? 0 : (i - 2) / 2] += digits[i] - '0';
    }

    if (part[0] < 1970 || part[1] < 1 || part[1] > 12
        || part[3] > 23 || part[4] > 59 || part[5] > 60)
    {
        return -1;
    }

    memset(&tm, 0, sizeof(struct tm));

    tm.tm_year = part[0] - 1900;
    tm.tm_mon = part[1] - 1;
    tm.tm_mday = part[2];

    midnight = (int64_t) timegm(&tm);

    /* timegm() turns a day that its month does not have into another */

    if (tm.tm_mday != part[2]) {
        return -1;
    }

    return midnight + part[3] * 3600 + part[4] * 60 + part[5];
}


static int64_t
clear_presigned_first(int64_t a, int64_t b)
{
    if (a < 0) {
        return b;
    }

    return (b < 0 || a < b) ? a : b;
}
