/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The file of a database of answers; see the header.
 *
 * A page of 16 kilobytes holds 23 answers of 607 bytes.  The index on the key
 * also finds all answers for a task, whose digest comes first in it; the one
 * on the owner serves purges alone, and the one on the time tells the oldest.
 */


#include "tier/disk_file.h"

#include <sqlite3.h>


#define NGX_CS_DISK_SCHEMA                                                   \
    "PRAGMA page_size = 16384;"                                              \
    "PRAGMA auto_vacuum = INCREMENTAL;"                                      \
    "PRAGMA secure_delete = ON;"                                             \
    "BEGIN;"                                                                 \
    "CREATE TABLE answer (id INTEGER PRIMARY KEY, key BLOB NOT NULL,"        \
    " owner INTEGER NOT NULL, fetched INTEGER NOT NULL,"                     \
    " record BLOB NOT NULL);"                                                \
    "CREATE UNIQUE INDEX answer_key ON answer (key);"                        \
    "CREATE INDEX answer_owner ON answer (owner);"                           \
    "CREATE INDEX answer_fetched ON answer (fetched);"                       \
    "PRAGMA application_id = 1131180627;"                                    \
    "PRAGMA user_version = 1;"                                               \
    "COMMIT;"

_Static_assert(NGX_CS_DISK_APPLICATION == 1131180627
               && NGX_CS_DISK_VERSION == 1,
               "what is made is what is opened");


static int ngx_cs_disk_ours(sqlite3 *db);
static int ngx_cs_disk_number(sqlite3 *db, const char *sql, int64_t *value);


int
ngx_cs_disk_open(char *file, ngx_msec_t busy, sqlite3 **db, ino_t *inode)
{
    int          rc;
    struct stat  st;

    *db = NULL;

    if (stat(file, &st) != 0) {
        return (ngx_errno == NGX_EACCES) ? SQLITE_PERM : SQLITE_CANTOPEN;
    }

    /* SQLite would take it for a new one */

    if (!S_ISREG(st.st_mode) || st.st_size == 0) {
        return SQLITE_NOTADB;
    }

    *inode = st.st_ino;

    rc = sqlite3_open_v2(file, db,
                         SQLITE_OPEN_READWRITE|SQLITE_OPEN_NOMUTEX, NULL);

    if (rc == SQLITE_OK) {
        (void) sqlite3_extended_result_codes(*db, 1);
        (void) sqlite3_busy_timeout(*db, (int) ngx_min(busy, INT_MAX));
        rc = ngx_cs_disk_ours(*db);
    }

    /* what is there and another user's is not what is not there */

    if ((rc & 0xff) == SQLITE_CANTOPEN
        && sqlite3_system_errno(*db) == NGX_EACCES)
    {
        rc = SQLITE_PERM;
    }

    if (rc != SQLITE_OK) {
        (void) sqlite3_close(*db);
        *db = NULL;
    }

    return rc;
}


static int
ngx_cs_disk_ours(sqlite3 *db)
{
    int      rc;
    int64_t  application, version;

    rc = ngx_cs_disk_number(db, "PRAGMA application_id", &application);

    if (rc == SQLITE_OK) {
        rc = ngx_cs_disk_number(db, "PRAGMA user_version", &version);
    }

    if (rc != SQLITE_OK) {
        return rc;
    }

    if (application != NGX_CS_DISK_APPLICATION || version < 1) {
        return SQLITE_NOTADB;
    }

    return (version > NGX_CS_DISK_VERSION) ? NGX_CS_DISK_NEWER : SQLITE_OK;
}


static int
ngx_cs_disk_number(sqlite3 *db, const char *sql, int64_t *value)
{
    int            rc;
    sqlite3_stmt  *stmt;

    rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);

    if (rc != SQLITE_OK) {
        return rc;
    }

    rc = sqlite3_step(stmt);
    *value = (rc == SQLITE_ROW) ? sqlite3_column_int64(stmt, 0) : -1;

    (void) sqlite3_finalize(stmt);

    return (rc == SQLITE_ROW || rc == SQLITE_DONE) ? SQLITE_OK : rc;
}


int64_t
ngx_cs_disk_value(sqlite3 *db, const char *sql)
{
    int64_t  value;

    return (ngx_cs_disk_number(db, sql, &value) == SQLITE_OK) ? value : -1;
}


int
ngx_cs_disk_create(char *file)
{
    int       rc;
    char      name[NGX_MAX_PATH];
    ngx_fd_t  fd;
    sqlite3  *db;

    if (ngx_snprintf((u_char *) name, sizeof(name), "%s.new%Z", file)
        == (u_char *) name + sizeof(name))
    {
        return SQLITE_CANTOPEN;
    }

    (void) ngx_delete_file(name);

    fd = ngx_open_file(name, NGX_FILE_RDWR, NGX_FILE_CREATE_OR_OPEN, 0600);

    if (fd == NGX_INVALID_FILE) {
        return (ngx_errno == NGX_ENOSPC) ? SQLITE_FULL : SQLITE_CANTOPEN;
    }

    (void) ngx_close_file(fd);

    rc = sqlite3_open_v2(name, &db,
                         SQLITE_OPEN_READWRITE|SQLITE_OPEN_NOMUTEX, NULL);

    if (rc == SQLITE_OK) {
        rc = sqlite3_exec(db, NGX_CS_DISK_SCHEMA, NULL, NULL, NULL);
    }

    (void) sqlite3_close(db);

    if (rc == SQLITE_OK) {
        ngx_cs_disk_forget_log(file);

        if (ngx_rename_file(name, file) == NGX_FILE_ERROR) {
            rc = SQLITE_CANTOPEN;
        }
    }

    if (rc != SQLITE_OK) {
        (void) ngx_delete_file(name);
    }

    return rc;
}


void
ngx_cs_disk_forget_log(char *file)
{
    u_char      name[NGX_MAX_PATH];
    ngx_uint_t  i;

    static char  *suffixes[] = { "-wal", "-shm" };

    for (i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        (void) ngx_snprintf(name, NGX_MAX_PATH, "%s%s%Z", file, suffixes[i]);
        (void) ngx_delete_file(name);
    }
}


ino_t
ngx_cs_disk_inode(char *file)
{
    struct stat  st;

    return (stat(file, &st) == 0) ? st.st_ino : 0;
}


ngx_uint_t
ngx_cs_disk_broken(int rc)
{
    rc &= 0xff;

    return rc == SQLITE_CORRUPT || rc == SQLITE_NOTADB || rc == SQLITE_FORMAT;
}
