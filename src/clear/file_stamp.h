/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * By what a file is known to be another than the one that was read: device,
 * inode, size and times, so that a write, a rename over it and a change of a
 * link on its way are all seen.
 * Plain C: no nginx, no allocation, no state.
 */


#ifndef _CLEAR_FILE_STAMP_H_INCLUDED_
#define _CLEAR_FILE_STAMP_H_INCLUDED_


#include <stdint.h>
#include <sys/stat.h>


typedef struct {
    uint64_t             device;
    uint64_t             inode;      /* 0: there is no file */
    int64_t              size;
    struct timespec      modified;
    struct timespec      changed;
} clear_file_stamp_t;


/* info: of stat() or fstat(), or NULL: there is no file */
void clear_file_stamp(clear_file_stamp_t *stamp, const struct stat *info);

/* 1 where both are of the same file, with what seems the same content */
int clear_file_stamp_same(const clear_file_stamp_t *a,
    const clear_file_stamp_t *b);

/*
 * 1 where the file was changed a moment before, now in s: its times have the
 * kernel's tick for a grain, so that a further write may show the same.
 */
int clear_file_stamp_recent(const clear_file_stamp_t *stamp, int64_t now);


#endif /* _CLEAR_FILE_STAMP_H_INCLUDED_ */
