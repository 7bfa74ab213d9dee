/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Reads a database of answers; see the header.
 *
 * In WAL mode no writer makes a reader wait.  What does is the recovery of the
 * log by whoever is the first to open it, which is when nginx starts and many
 * ask: so it waits, in its thread, for as long as anybody waits for it.
 */


#include "tier/disk_reader.h"

#include "tier/disk_file.h"


/* a larger one was not written by us */
#define NGX_CS_DISK_RECORD_MAX  (64 * 1024 * 1024)

#define NGX_CS_DISK_READ                                                     \
    "PRAGMA query_only = ON;"                                                \
    "PRAGMA mmap_size = 0;"                                                  \
    "PRAGMA cache_size = -2048;"


static int ngx_cs_disk_reader_open(ngx_cs_disk_reader_t *reader);
static int ngx_cs_disk_reader_step(ngx_cs_disk_reader_t *reader,
    ngx_cs_disk_look_t *look);


void
ngx_cs_disk_look(ngx_cs_disk_reader_t *reader, ngx_cs_disk_look_t *look)
{
    int  rc;

    look->data = NULL;
    look->rc = NGX_DECLINED;

    /* another file may be in its place, or none */

    if (reader->db && ngx_cs_disk_inode(reader->file) != reader->inode) {
        ngx_cs_disk_reader_close(reader);
    }

    rc = reader->db ? SQLITE_OK : ngx_cs_disk_reader_open(reader);

    if (rc == SQLITE_OK) {
        rc = ngx_cs_disk_reader_step(reader, look);
    }

    if (rc == SQLITE_OK || rc == SQLITE_CANTOPEN || rc == NGX_CS_DISK_NEWER) {
        return;
    }

    look->inode = reader->inode;
    look->error = sqlite3_errstr(rc);
    look->rc = ngx_cs_disk_broken(rc) ? NGX_ABORT : NGX_ERROR;

    /* whoever holds the lock makes no reader close */

    if ((rc & 0xff) != SQLITE_BUSY) {
        ngx_cs_disk_reader_close(reader);
    }
}


static int
ngx_cs_disk_reader_open(ngx_cs_disk_reader_t *reader)
{
    int  rc;

    reader->inode = ngx_cs_disk_inode(reader->file);

    rc = ngx_cs_disk_open(reader->file, reader->timeout, &reader->db,
                          &reader->inode);

    if (rc == SQLITE_OK) {

        /* the log is the writer's to move into the file */

        (void) sqlite3_db_config(reader->db,
                                 SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);

        rc = sqlite3_exec(reader->db, NGX_CS_DISK_READ, NULL, NULL, NULL);
    }

    if (rc == SQLITE_OK) {
        rc = sqlite3_prepare_v3(reader->db,
                                "SELECT record, owner FROM answer"
                                " WHERE key = ?",
                                -1, SQLITE_PREPARE_PERSISTENT, &reader->stmt,
                                NULL);
    }

    /* what is open has a statement */

    if (rc != SQLITE_OK) {
        ngx_cs_disk_reader_close(reader);
    }

    return rc;
}


static int
ngx_cs_disk_reader_step(ngx_cs_disk_reader_t *reader, ngx_cs_disk_look_t *look)
{
    int     rc, len;
    u_char *p;

    (void) sqlite3_bind_blob(reader->stmt, 1, look->key, NGX_CS_SEAL_KEY,
                             SQLITE_STATIC);

    rc = sqlite3_step(reader->stmt);

    if (rc == SQLITE_ROW) {
        p = (u_char *) sqlite3_column_blob(reader->stmt, 0);
        len = sqlite3_column_bytes(reader->stmt, 0);

        look->owner = sqlite3_column_int64(reader->stmt, 1);

        if (p && len > 0 && len <= NGX_CS_DISK_RECORD_MAX) {
            look->data = ngx_alloc(len, ngx_cycle->log);

            if (look->data) {
                ngx_memcpy(look->data, p, len);
                look->len = len;
                look->rc = NGX_OK;
            }
        }
    }

    if (rc == SQLITE_ROW || rc == SQLITE_DONE) {
        (void) sqlite3_reset(reader->stmt);
        return SQLITE_OK;
    }

    return sqlite3_reset(reader->stmt);
}


void
ngx_cs_disk_reader_close(ngx_cs_disk_reader_t *reader)
{
    (void) sqlite3_finalize(reader->stmt);
    (void) sqlite3_close(reader->db);

    reader->stmt = NULL;
    reader->db = NULL;
}
