/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The value of a Retry-After header field; see the header.
 */


#define _GNU_SOURCE

#include "clear/retry_after.h"

#include <string.h>
#include <time.h>


typedef struct {
    const unsigned char     *p;
    const unsigned char     *last;
} clear_date_t;


static int clear_retry_after_trim(clear_date_t *s, const unsigned char *value,
    size_t len);
static int64_t clear_retry_after_seconds(clear_date_t s);
static int64_t clear_retry_after_date(clear_date_t *s);
static int clear_date_form(clear_date_t s, const char *form, struct tm *tm);
static int clear_date_number(clear_date_t *s, int digits, int *n);
static int clear_date_name(clear_date_t *s, const char *names, int *n);
static int clear_date_sane(const struct tm *tm);


int64_t
clear_retry_after_parse(const unsigned char *value, size_t len,
    const unsigned char *date, size_t date_len, int64_t now)
{
    int64_t       seconds, until, then;
    clear_date_t  s;

    if (!clear_retry_after_trim(&s, value, len)) {
        return -1;
    }

    seconds = clear_retry_after_seconds(s);

    if (seconds < 0) {
        until = clear_retry_after_date(&s);

        if (until < 0) {
            return -1;
        }

        then = clear_retry_after_trim(&s, date, date_len)
               ? clear_retry_after_date(&s) : -1;

        if (then < 0) {
            then = now;
        }

        seconds = (until > then) ? until - then : 0;
    }

    return seconds < INT32_MAX ? seconds : INT32_MAX;
}


/* returns 0 where nothing is left */

static int
clear_retry_after_trim(clear_date_t *s, const unsigned char *value,
    size_t len)
{
    while (len && (value[0] == ' ' || value[0] == '\t')) {
        value++;
        len--;
    }

    while (len && (value[len - 1] == ' ' || value[len - 1] == '\t')) {
        len--;
    }

    if (len == 0) {
        return 0;
    }

    s->p = value;
    s->last = value + len;

    return 1;
}


/*
 * delay-seconds = 1*DIGIT; more of them than fit are just too many.  Some send
 * a fraction, which is rounded up.
 */

static int64_t
clear_retry_after_seconds(clear_date_t s)
{
    int64_t  n, more;

    if (*s.p < '0' || *s.p > '9') {
        return -1;
    }

    for (n = 0; s.p < s.last && *s.p >= '0' && *s.p <= '9'; s.p++) {
        if (n < INT32_MAX) {
            n = n * 10 + (*s.p - '0');
        }
    }

    if (s.p == s.last) {
        return n;
    }

    if (*s.p++ != '.' || s.p == s.last) {
        return -1;
    }

    for (more = 0; s.p < s.last; s.p++) {

        if (*s.p < '0' || *s.p > '9') {
            return -1;
        }

        if (*s.p != '0') {
            more = 1;
        }
    }

    return n + more;
}


/*
 * RFC 9110, section 5.6.7: IMF-fixdate, and the obsolete forms of RFC 850 and
 * asctime().  In a form, w is a day's short name, W its long one, d a day of
 * two digits, e one that may begin with a space, b a month, y a year of four
 * digits, Y one of two, h m s the time; all else stands for itself.
 */

static int64_t
clear_retry_after_date(clear_date_t *s)
{
    size_t              i;
    struct tm           tm;
    static const char  *forms[] = {
        "w, d b y h:m:s GMT",
        "W, d-b-Y h:m:s GMT",
        "w b e h:m:s y"
    };

    for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        memset(&tm, 0, sizeof(struct tm));

        if (clear_date_form(*s, forms[i], &tm) && clear_date_sane(&tm)) {
            return (int64_t) timegm(&tm);
        }
    }

    return -1;
}


static int
clear_date_form(clear_date_t s, const char *form, struct tm *tm)
{
    int  ok, day;

    for (ok = 1; ok && *form; form++) {

        switch (*form) {

        case 'w':
            ok = clear_date_name(&s, "Sun Mon Tue Wed Thu Fri Sat ", &day);
            break;

        case 'W':
            ok = clear_date_name(&s, "Sunday Monday Tuesday Wednesday "
                                     "Thursday Friday Saturday ", &day);
            break;

        case 'b':
            ok = clear_date_name(&s, "Jan Feb Mar Apr May Jun Jul Aug Sep "
                                     "Oct Nov Dec ", &tm->tm_mon);
            break;

        case 'e':
            if (s.p < s.last && *s.p == ' ') {
                s.p++;
                ok = clear_date_number(&s, 1, &tm->tm_mday);
                break;
            }

            /* fall through */

        case 'd':
            ok = clear_date_number(&s, 2, &tm->tm_mday);
            break;

        case 'y':
            ok = clear_date_number(&s, 4, &tm->tm_year);
            tm->tm_year -= 1900;
            break;

        case 'Y':
            /* RFC 9110 has it at most 50 years ahead; this holds to 2049 */
            ok = clear_date_number(&s, 2, &tm->tm_year);
            tm->tm_year += (tm->tm_year < 70) ? 100 : 0;
            break;

        case 'h':
            ok = clear_date_number(&s, 2, &tm->tm_hour);
            break;

        case 'm':
            ok = clear_date_number(&s, 2, &tm->tm_min);
            break;

        case 's':
            ok = clear_date_number(&s, 2, &tm->tm_sec);
            break;

        default:
            ok = (s.p < s.last && *s.p++ == (unsigned char) *form);
        }
    }

    return ok && s.p == s.last;
}


static int
clear_date_number(clear_date_t *s, int digits, int *n)
{
    for (*n = 0; digits; digits--) {

        if (s->p == s->last || *s->p < '0' || *s->p > '9') {
            return 0;
        }

        *n = *n * 10 + (*s->p++ - '0');
    }

    return 1;
}


/* one of the names, each of which ends with a space; *n is its number */

static int
clear_date_name(clear_date_t *s, const char *names, int *n)
{
    size_t       len;
    const char  *end;

    for (*n = 0; *names; (*n)++) {
        end = strchr(names, ' ');
        len = (size_t) (end - names);

        if ((size_t) (s->last - s->p) >= len
            && memcmp(s->p, names, len) == 0)
        {
            s->p += len;
            return 1;
        }

        names = end + 1;
    }

    return 0;
}


/* timegm() turns a day that its month does not have into another */

static int
clear_date_sane(const struct tm *tm)
{
    struct tm  day;

    memset(&day, 0, sizeof(struct tm));

    day.tm_year = tm->tm_year;
    day.tm_mon = tm->tm_mon;
    day.tm_mday = tm->tm_mday;

    (void) timegm(&day);

    return day.tm_mday == tm->tm_mday
           && tm->tm_hour <= 23
           && tm->tm_min <= 59
           && tm->tm_sec <= 60
           && tm->tm_year >= 70;
}
