/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Asking less as a task ages: how old a task is, and how long an answer on it
 * is fresh by that.
 * Plain C: no nginx, no allocation, no state; times are passed in.
 */


#ifndef _CLEAR_PACE_H_INCLUDED_
#define _CLEAR_PACE_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>


/* an id's time counts where it is within so many ms before now: 30 days */
#define CLEAR_PACE_OLDEST  INT64_C(2592000000)


/*
 * How old a task is, in ms: by its own id, where that is an ObjectId (24
 * hexadecimal digits, the first 8 of them its seconds since the epoch) of the
 * last 30 days, else the seen that is passed in.
 *
 * task_id, len: decoded.  wall: now, ms since the epoch.
 * seen: ms since the gateway first saw the task; 0 where it does not know.
 */
int64_t clear_pace_age(const unsigned char *task_id, size_t len,
    int64_t wall, int64_t seen);

/*
 * How long an answer is fresh, in ms: min(max, max(ttl, age * percent)).
 *
 * ttl, max: ms, ttl <= max.  percent: 1 to 100.  An age below 0 is 0.
 */
int64_t clear_pace(int64_t ttl, int64_t max, int percent, int64_t age);


#endif /* _CLEAR_PACE_H_INCLUDED_ */
