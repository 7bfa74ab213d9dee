/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Whether a caller wants a stream of events; see the header.
 *
 * Accept      = #( media-range [ weight ] )
 * media-range = type "/" subtype *( OWS ";" OWS [ parameter ] )
 * weight      = OWS ";" OWS "q=" qvalue
 */


#include "clear/accept.h"

#include "clear/list.h"


static int clear_accept_range(clear_list_t *list, void *data);
static int clear_accept_parameter(clear_list_t *list);
static int clear_accept_weight(const clear_str_t *value);


int
clear_accept_events(const unsigned char *line, size_t len)
{
    return clear_list_find(line, len, clear_accept_range, NULL);
}


/* 1 where it is the one */

static int
clear_accept_range(clear_list_t *list, void *data)
{
    clear_str_t  type, subtype;

    (void) data;

    if (!clear_list_token(list, &type)
        || !clear_list_char(list, '/')
        || !clear_list_token(list, &subtype)
        || !clear_list_is(&type, "text")
        || !clear_list_is(&subtype, "event-stream"))
    {
        return 0;
    }

    return clear_list_parameters(list, clear_accept_parameter);
}


/* 1 where it is well formed and no weight of 0 */

static int
clear_accept_parameter(clear_list_t *list)
{
    clear_str_t  name, value;

    if (!clear_list_token(list, &name)
        || !clear_list_char(list, '=')
        || !clear_list_word(list, &value))
    {
        return 0;
    }

    return !clear_list_is(&name, "q") || clear_accept_weight(&value);
}


/* RFC 9110, section 12.4.2: 0 to 1 with up to three digits; 1 if not 0 */

static int
clear_accept_weight(const clear_str_t *value)
{
    int     some;
    size_t  i;

    if (value->len == 0 || value->len > 5
        || (value->data[0] != '0' && value->data[0] != '1')
        || (value->len > 1 && value->data[1] != '.'))
    {
        return 0;
    }

    some = (value->data[0] == '1');

    for (i = 2; i < value->len; i++) {

        if (value->data[i] < '0' || value->data[i] > '9'
            || (value->data[0] == '1' && value->data[i] != '0'))
        {
            return 0;
        }

        some |= (value->data[i] != '0');
    }

    return some;
}
