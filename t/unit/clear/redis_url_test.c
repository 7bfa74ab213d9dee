/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The URL of a Redis: its parts, and what is wrong with one that is none.
 */


#include "unit.h"

#include "clear/redis_url.h"


static void
check(const char *text, const char *expected)
{
    char                 shown[1024];
    size_t               i, n;
    const char          *err;
    clear_redis_url_t    url;

    err = clear_redis_url(text, strlen(text), &url);

    if (err) {
        assert_string_equal(err, expected);
        return;
    }

    n = sprintf(shown, "%s", url.tls ? "tls" : "plain");

    for (i = 0; i < url.nhosts; i++) {
        n += sprintf(shown + n, " %.*s|%u", (int) url.hosts[i].len,
                     url.hosts[i].name, url.hosts[i].port);
    }

    if (url.master) {
        n += sprintf(shown + n, " of %.*s", (int) url.master_len, url.master);
    }

    sprintf(shown + n, " db %u", url.db);

    assert_string_equal(shown, expected);
}


static void
parts_are_found(void **state)
{
    (void) state;

    check("redis://a", "plain a|6379 db 0");
    check("redis://a/", "plain a|6379 db 0");
    check("redis://a.b-c_d:1/12", "plain a.b-c_d|1 db 12");
    check("rediss://10.0.0.1:65535/65535", "tls 10.0.0.1|65535 db 65535");
    check("redis://[::1]", "plain ::1|6379 db 0");
    check("rediss://[fe80::1.2.3.4]:7/1", "tls fe80::1.2.3.4|7 db 1");
    check("redis+sentinel://a/m", "plain a|26379 of m db 0");
    check("redis+sentinel://a/m/", "plain a|26379 of m db 0");
    check("redis+sentinel://a:1,[::2]:3,b/My.master-1_x/7",
          "plain a|1 ::2|3 b|26379 of My.master-1_x db 7");
    check("rediss+sentinel://a/m/7", "tls a|26379 of m db 7");
}


static void
what_is_wrong_is_told(void **state)
{
    (void) state;

    check("", "must begin with \"redis://\", \"rediss://\", "
              "\"redis+sentinel://\" or \"rediss+sentinel://\"");
    check("redis://", "must have a host");
    check("redis://u:p@a", "may have no user: write user= and password_file=");
    check("redis://:1", "must have a host");
    check("redis://a,b", "may have several hosts with Sentinel only");
    check("redis://a b", "has a host that is none");
    check("redis://a?x", "has a host that is none");
    check("redis://[::1", "has an address without its \"]\"");
    check("redis://[]", "has an address that is none");
    check("redis://[a.example]", "has an address that is none");
    check("redis://[::1]1", "has a port that is none");
    check("redis://a:", "has a port that is none");
    check("redis://a:0", "has a port that is none");
    check("redis://a:65536", "has a port that is none");
    check("redis://a:000001", "has a port that is none");
    check("redis://a/b", "has a database that is no number up to 65535");
    check("redis://a/1/2", "has a database that is no number up to 65535");
    check("redis+sentinel://a",
          "must have the master's name behind its Sentinels");
    check("redis+sentinel://a/",
          "must have the master's name behind its Sentinels");
    check("redis+sentinel://a/m*", "has a master's name that is none");
    check("redis+sentinel://a,/m", "must have a host");
    check("redis+sentinel://1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17/m",
          "has too many hosts");
}


static void
lengths_have_bounds(void **state)
{
    char  text[1024], name[CLEAR_REDIS_HOST_MAX + 2];

    (void) state;

    memset(name, 'a', sizeof(name));

    sprintf(text, "redis://%.*s", CLEAR_REDIS_HOST_MAX + 1, name);
    check(text, "has a host that is none");

    sprintf(text, "redis+sentinel://a/%.*s", CLEAR_REDIS_MASTER_MAX + 1, name);
    check(text, "has a master's name that is none");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(parts_are_found),
        cmocka_unit_test(what_is_wrong_is_told),
        cmocka_unit_test(lengths_have_bounds)
    };

    return unit_run(tests);
}
