/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The file of a database of answers: its name, its form, and how it is opened.
 * With its users, the reader and the writer, alone includes sqlite3.h; nothing
 * here is called on the event loop, as all of it may block.
 */


#ifndef _NGX_CS_TIER_DISK_FILE_H_INCLUDED_
#define _NGX_CS_TIER_DISK_FILE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <sqlite3.h>


/* "ClrS", and the version of the tables */
#define NGX_CS_DISK_APPLICATION  0x436c7253
#define NGX_CS_DISK_VERSION      1

/* beside SQLite's result codes: a later version's, which is left alone */
#define NGX_CS_DISK_NEWER        1000


/*
 * Opens a database that is there, as long as it is ours, for one thread at a
 * time.  busy: how long it waits for another's lock, ms.  inode: receives the
 * file's.  Returns SQLITE_OK and the database in *db; or NGX_CS_DISK_NEWER;
 * SQLITE_NOTADB for a file that is empty, damaged or foreign; SQLITE_CANTOPEN
 * where there is none; SQLITE_PERM where it may not be opened; or another of
 * SQLite's.
 */
int ngx_cs_disk_open(char *file, ngx_msec_t busy, sqlite3 **db,
    ino_t *inode);

/*
 * Makes a new database under that name, whole or not at all, for its owner
 * alone.  Returns SQLITE_OK or an error of SQLite's.
 */
int ngx_cs_disk_create(char *file);

/* deletes the log of a database that is gone, as it would be taken for that of
 * the next one of this name */
void ngx_cs_disk_forget_log(char *file);

/* the inode of what stands under that name now; 0: nothing, or what ngx_errno
 * says */
ino_t ngx_cs_disk_inode(char *file);

/* 1 where an error says that the file itself is broken, else 0 */
ngx_uint_t ngx_cs_disk_broken(int rc);

/* one value of a statement without arguments; -1 where there is none */
int64_t ngx_cs_disk_value(sqlite3 *db, const char *sql);


#endif /* _NGX_CS_TIER_DISK_FILE_H_INCLUDED_ */
