/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The "wait" of a Prefer header field; see the header.
 *
 * Prefer     = 1#preference
 * preference = parameter *( OWS ";" [ OWS parameter ] )
 * parameter  = token [ BWS "=" BWS word ]
 */


#include "clear/prefer.h"

#include "clear/list.h"


static int clear_prefer_preference(clear_list_t *list, void *data);
static int clear_prefer_parameter(clear_list_t *list, clear_str_t *name,
    clear_str_t *value);
static int clear_prefer_other(clear_list_t *list);
static int64_t clear_prefer_seconds(const clear_str_t *value);


int
clear_prefer_wait(const unsigned char *line, size_t len, int64_t *seconds)
{
    return clear_list_find(line, len, clear_prefer_preference, seconds);
}


/* 1 where it is a wait; data receives the seconds */

static int
clear_prefer_preference(clear_list_t *list, void *data)
{
    int64_t  *seconds = data;

    int          good;
    clear_str_t  name, value;

    good = clear_prefer_parameter(list, &name, &value);

    if (!clear_list_is(&name, "wait")) {
        return 0;
    }

    good = good && clear_list_parameters(list, clear_prefer_other);
    *seconds = good ? clear_prefer_seconds(&value) : 0;

    return 1;
}


/* 1, or 0 where it is not well formed; the name may be there all the same */

static int
clear_prefer_parameter(clear_list_t *list, clear_str_t *name,
    clear_str_t *value)
{
    value->data = NULL;
    value->len = 0;

    if (!clear_list_token(list, name)) {
        return 0;
    }

    clear_list_blanks(list);

    if (!clear_list_char(list, '=')) {
        return 1;
    }

    clear_list_blanks(list);

    return clear_list_word(list, value);
}


/* one that says nothing to us */

static int
clear_prefer_other(clear_list_t *list)
{
    clear_str_t  name, value;

    return clear_prefer_parameter(list, &name, &value);
}


static int64_t
clear_prefer_seconds(const clear_str_t *value)
{
    size_t   i;
    int64_t  seconds;

    seconds = 0;

    for (i = 0; i < value->len; i++) {

        if (value->data[i] < '0' || value->data[i] > '9') {
            return 0;
        }

        seconds = seconds * 10 + (value->data[i] - '0');

        if (seconds > CLEAR_PREFER_MAX) {
            seconds = CLEAR_PREFER_MAX;
        }
    }

    return seconds;
}
