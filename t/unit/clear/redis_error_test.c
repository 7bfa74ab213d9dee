/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What an error reply says; the texts are those that Redis 6.0, 6.2 and 7.0,
 * and Valkey 8, answered with.
 */


#include "unit.h"

#include "clear/redis_error.h"


static void
first_words_are_known(void **state)
{
    size_t  i;

    static const struct {
        const char           *text;
        clear_redis_error_e   error;
    } cases[] = {
        { "LOADING Redis is loading the dataset in memory",
          CLEAR_REDIS_LOADING },
        { "BUSY Redis is busy running a script. You can only call SCRIPT KILL "
          "or SHUTDOWN NOSAVE.", CLEAR_REDIS_BUSY },
        { "NOAUTH Authentication required.", CLEAR_REDIS_NOAUTH },
        { "WRONGPASS invalid username-password pair or user is disabled.",
          CLEAR_REDIS_WRONGPASS },
        { "NOPERM this user has no permissions to run the 'ping' command",
          CLEAR_REDIS_NOPERM },
        { "READONLY You can't write against a read only replica.",
          CLEAR_REDIS_READONLY },
        { "ERR Error running script (call to f_1): @user_script:1: "
          "@user_script: 1: -READONLY You can't write against a read only "
          "replica.", CLEAR_REDIS_READONLY },
        { "ERR Error running script (call to f_1): @user_script:3: -OOM "
          "command not allowed when used memory > 'maxmemory'.",
          CLEAR_REDIS_OOM },
        { "OOM command not allowed when used memory > 'maxmemory'.",
          CLEAR_REDIS_OOM },
        { "MISCONF Redis is configured to save RDB snapshots, but it is "
          "currently unable to persist on disk.", CLEAR_REDIS_MISCONF },
        { "NOREPLICAS Not enough good replicas to write.",
          CLEAR_REDIS_NOREPLICAS },
        { "MASTERDOWN Link with MASTER is down and replica-serve-stale-data "
          "is set to 'no'.", CLEAR_REDIS_MASTERDOWN },
        { "MOVED 3999 127.0.0.1:6381", CLEAR_REDIS_CLUSTER },
        { "CROSSSLOT Keys in request don't hash to the same slot",
          CLEAR_REDIS_CLUSTER },
        { "CLUSTERDOWN Hash slot not served", CLEAR_REDIS_CLUSTER },
        { "DENIED Redis is running in protected mode", CLEAR_REDIS_DENIED },
        { "BUSYKEY Target key name already exists.", CLEAR_REDIS_OTHER },
        { "ERR unknown command 'FOO'", CLEAR_REDIS_OTHER },
        { "ERR READONLY", CLEAR_REDIS_OTHER },
        { "ERR Error running script (call to f_1): @user_script:1: WRONGTYPE "
          "Operation against a key", CLEAR_REDIS_OTHER },
        { "ERR Error running script: -", CLEAR_REDIS_OTHER },
        { "loading", CLEAR_REDIS_OTHER },
        { "", CLEAR_REDIS_OTHER }
    };

    (void) state;

    for (i = 0; i < unit_count(cases); i++) {
        if (clear_redis_error(cases[i].text, strlen(cases[i].text))
            != cases[i].error)
        {
            fail_msg("\"%s\" is not %d", cases[i].text, cases[i].error);
        }
    }
}


static void
each_has_words_for_people(void **state)
{
    int  i;

    (void) state;

    for (i = 0; i < CLEAR_REDIS_ERRORS; i++) {
        assert_true(strlen(clear_redis_error_text(i)) > 5);
    }

    assert_string_equal(clear_redis_error_text(CLEAR_REDIS_ERRORS), "");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(first_words_are_known),
        cmocka_unit_test(each_has_words_for_people)
    };

    return unit_run(tests);
}
