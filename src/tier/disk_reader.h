/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Reads a database of answers, in a thread: one at a time for each reader.
 */


#ifndef _NGX_CS_TIER_DISK_READER_H_INCLUDED_
#define _NGX_CS_TIER_DISK_READER_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "tier/disk_block.h"


typedef struct sqlite3       ngx_cs_sqlite_t;
typedef struct sqlite3_stmt  ngx_cs_sqlite_stmt_t;


/* begins with zeroes but for the file and the time-out */

typedef struct {
    char                        *file;
    ngx_msec_t                   timeout;  /* of a look that waits for a lock */
    ngx_cs_sqlite_t             *db;       /* NULL: not open */
    ngx_cs_sqlite_stmt_t        *stmt;
    ino_t                        inode;
} ngx_cs_disk_reader_t;


/* what one look brings */

typedef struct {
    u_char                       key[NGX_CS_SEAL_KEY];
    ngx_int_t                    rc;
    const char                  *error;    /* SQLite's word, or NULL */
    u_char                      *data;     /* seal and record; ngx_free() */
    size_t                       len;
    int64_t                      owner;
    ino_t                        inode;    /* of the file that was looked in */
} ngx_cs_disk_look_t;


/*
 * Looks look->key up; sets look->rc:
 *
 * NGX_OK        here it is
 * NGX_DECLINED  not there, or there is no database
 * NGX_ABORT     the file is damaged, whose inode is in look->inode
 * NGX_ERROR     an error, in look->error
 */
void ngx_cs_disk_look(ngx_cs_disk_reader_t *reader, ngx_cs_disk_look_t *look);

void ngx_cs_disk_reader_close(ngx_cs_disk_reader_t *reader);


#endif /* _NGX_CS_TIER_DISK_READER_H_INCLUDED_ */
