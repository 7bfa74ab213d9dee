/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What an error reply of Redis says; see the header.  The words are those of
 * server.c, scripting.c and cluster.c in Redis 6 to 8 and Valkey.
 */


#include "clear/redis_error.h"

#include <string.h>

#include "clear/table.h"


static clear_redis_error_e clear_redis_error_word(const char *text,
    size_t len);


static const struct {
    const char           *word;
    clear_redis_error_e   error;
} clear_redis_words[] = {
    { "LOADING", CLEAR_REDIS_LOADING },
    { "BUSY", CLEAR_REDIS_BUSY },
    { "NOAUTH", CLEAR_REDIS_NOAUTH },
    { "WRONGPASS", CLEAR_REDIS_WRONGPASS },
    { "NOPERM", CLEAR_REDIS_NOPERM },
    { "READONLY", CLEAR_REDIS_READONLY },
    { "MASTERDOWN", CLEAR_REDIS_MASTERDOWN },
    { "OOM", CLEAR_REDIS_OOM },
    { "MISCONF", CLEAR_REDIS_MISCONF },
    { "NOREPLICAS", CLEAR_REDIS_NOREPLICAS },
    { "MOVED", CLEAR_REDIS_CLUSTER },
    { "ASK", CLEAR_REDIS_CLUSTER },
    { "CROSSSLOT", CLEAR_REDIS_CLUSTER },
    { "CLUSTERDOWN", CLEAR_REDIS_CLUSTER },
    { "TRYAGAIN", CLEAR_REDIS_CLUSTER },
    { "DENIED", CLEAR_REDIS_DENIED }
};


static const char  *clear_redis_texts[] = {
    "answers",
    "is loading its data",
    "is busy with a script",
    "asks for a login",
    "refuses user or password",
    "refuses the user a command, a key or a channel",
    "is a replica",
    "is a replica without its master",
    "has no memory left for more",
    "takes no writes as it cannot save them",
    "takes no writes as it has too few replicas",
    "belongs to a Redis Cluster, which is not supported",
    "is in protected mode",
    "answered with an error"
};

clear_table(clear_redis_texts, CLEAR_REDIS_ERRORS - 1);


/*
 * Redis 6 wraps what a command in a script says: "ERR Error running script
 * (call to f_...): @user_script:7: -READONLY You can't ...", also without the
 * "-" where the script was written so.
 */

clear_redis_error_e
clear_redis_error(const char *text, size_t len)
{
    size_t               i;
    clear_redis_error_e  error;

    static const char  wrapped[] = "ERR Error running script";

    if (len < sizeof(wrapped) - 1
        || memcmp(text, wrapped, sizeof(wrapped) - 1) != 0)
    {
        return clear_redis_error_word(text, len);
    }

    for (i = sizeof(wrapped) - 1; i + 2 < len; i++) {

        if (text[i] != ':' || text[i + 1] != ' ') {
            continue;
        }

        error = (text[i + 2] == '-')
                ? clear_redis_error_word(text + i + 3, len - i - 3)
                : clear_redis_error_word(text + i + 2, len - i - 2);

        if (error != CLEAR_REDIS_OTHER) {
            return error;
        }
    }

    return CLEAR_REDIS_OTHER;
}


static clear_redis_error_e
clear_redis_error_word(const char *text, size_t len)
{
    size_t  i, n;

    for (n = 0; n < len && text[n] >= 'A' && text[n] <= 'Z'; n++) {
        /* void */
    }

    for (i = 0;
         i < sizeof(clear_redis_words) / sizeof(clear_redis_words[0]);
         i++)
    {
        if (n == strlen(clear_redis_words[i].word)
            && memcmp(text, clear_redis_words[i].word, n) == 0)
        {
            return clear_redis_words[i].error;
        }
    }

    return CLEAR_REDIS_OTHER;
}


const char *
clear_redis_error_text(clear_redis_error_e error)
{
    return ((unsigned) error < CLEAR_REDIS_ERRORS) ? clear_redis_texts[error]
                                                   : "";
}
