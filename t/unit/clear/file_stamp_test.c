/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Whether a file is still the one that was read.
 */


#include "unit.h"

#include "clear/file_stamp.h"


#define NOW  1795590030


static struct stat
some_file(void)
{
    struct stat  info;

    memset(&info, 0, sizeof(info));

    info.st_dev = 1;
    info.st_ino = 2;
    info.st_size = 3;
    info.st_mtim.tv_sec = NOW;
    info.st_ctim.tv_sec = NOW;

    return info;
}


static int
same(struct stat *a, struct stat *b)
{
    clear_file_stamp_t  first, second;

    clear_file_stamp(&first, a);
    clear_file_stamp(&second, b);

    return clear_file_stamp_same(&first, &second);
}


static void
each_part_tells(void **state)
{
    struct stat  a, b;

    (void) state;

    a = some_file();
    b = a;
    assert_true(same(&a, &b));
    assert_true(same(NULL, NULL));
    assert_false(same(&a, NULL));

    b.st_dev++;
    assert_false(same(&a, &b));

    b = a;
    b.st_ino++;
    assert_false(same(&a, &b));

    b = a;
    b.st_size++;
    assert_false(same(&a, &b));

    b = a;
    b.st_mtim.tv_nsec++;
    assert_false(same(&a, &b));

    b = a;
    b.st_mtim.tv_sec--;
    assert_false(same(&a, &b));

    b = a;
    b.st_ctim.tv_sec++;
    assert_false(same(&a, &b));
}


static void
a_change_is_recent_for_two_seconds(void **state)
{
    struct stat         info;
    clear_file_stamp_t  stamp;

    (void) state;

    info = some_file();
    clear_file_stamp(&stamp, &info);

    assert_true(clear_file_stamp_recent(&stamp, NOW));
    assert_true(clear_file_stamp_recent(&stamp, NOW + 1));
    assert_false(clear_file_stamp_recent(&stamp, NOW + 2));

    /* a clock that is behind: the file is read once more, no harm */

    assert_true(clear_file_stamp_recent(&stamp, NOW - 100));

    clear_file_stamp(&stamp, NULL);
    assert_int_equal(stamp.inode, 0);
    assert_false(clear_file_stamp_recent(&stamp, NOW));
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(each_part_tells),
        cmocka_unit_test(a_change_is_recent_for_two_seconds)
    };

    return unit_run(tests);
}
