/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * By what a file is known to be another; see the header.
 */


#include "clear/file_stamp.h"

#include <string.h>


/* how long a change counts as recent, in s */
#define CLEAR_FILE_STAMP_RECENT  2


static int clear_file_stamp_time(const struct timespec *a,
    const struct timespec *b);


void
clear_file_stamp(clear_file_stamp_t *stamp, const struct stat *info)
{
    memset(stamp, 0, sizeof(clear_file_stamp_t));

    if (info) {
        stamp->device = (uint64_t) info->st_dev;
        stamp->inode = (uint64_t) info->st_ino;
        stamp->size = (int64_t) info->st_size;
        stamp->modified = info->st_mtim;
        stamp->changed = info->st_ctim;
    }
}


int
clear_file_stamp_same(const clear_file_stamp_t *a, const clear_file_stamp_t *b)
{
    return a->device == b->device
           && a->inode == b->inode
           && a->size == b->size
           && clear_file_stamp_time(&a->modified, &b->modified)
           && clear_file_stamp_time(&a->changed, &b->changed);
}


static int
clear_file_stamp_time(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}


int
clear_file_stamp_recent(const clear_file_stamp_t *stamp, int64_t now)
{
    return now - (int64_t) stamp->modified.tv_sec < CLEAR_FILE_STAMP_RECENT;
}
