/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Asking less as a task ages; see the header.
 */


#include "clear/pace.h"


#define CLEAR_PACE_ID    24        /* digits of an ObjectId */
#define CLEAR_PACE_TIME  8         /* those of them that are its time */


static int64_t clear_pace_time(const unsigned char *task_id, size_t len);
static int clear_pace_digit(unsigned char c);


int64_t
clear_pace_age(const unsigned char *task_id, size_t len, int64_t wall,
    int64_t seen)
{
    int64_t  age, born;

    born = clear_pace_time(task_id, len);
    age = wall - born;

    return (born >= 0 && age >= 0 && age <= CLEAR_PACE_OLDEST) ? age : seen;
}


/* ms since the epoch, or -1 where it is not an ObjectId */

static int64_t
clear_pace_time(const unsigned char *task_id, size_t len)
{
    int      digit;
    size_t   i;
    int64_t  seconds;

    if (len != CLEAR_PACE_ID) {
        return -1;
    }

    seconds = 0;

    for (i = 0; i < len; i++) {
        digit = clear_pace_digit(task_id[i]);

        if (digit < 0) {
            return -1;
        }

        if (i < CLEAR_PACE_TIME) {
            seconds = seconds * 16 + digit;
        }
    }

    return seconds * 1000;
}


static int
clear_pace_digit(unsigned char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    c |= 0x20;

    return (c >= 'a' && c <= 'f') ? c - 'a' + 10 : -1;
}


int64_t
clear_pace(int64_t ttl, int64_t max, int percent, int64_t age)
{
    int64_t  share;

    if (age <= 0) {
        return ttl;
    }

    /* of what is left over after the hundreds, so that no age overflows */

    share = age / 100 * percent + age % 100 * percent / 100;

    share = (share > ttl) ? share : ttl;

    return (share < max) ? share : max;
}
