/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Writes a zone's finished answers to its database; see the header.
 *
 * In a transaction purges come first and answers after them, so that an answer
 * that came after a purge stays; but for the last time, when the zone may still
 * have what is purged.  What was taken from the zone counts as saved
 * once the transaction is, else it is taken again.
 *
 * A file that is not the one that the zone was saved in, as after a reload
 * with a disk, or another, or where a damaged one was, gets all that the zone
 * has: it is walked, some of it in a turn.
 */


#include "tier/disk_writer.h"

#include "tier/disk.h"
#include "tier/disk_file.h"
#include "tier/disk_trim.h"
#include "tier/memory.h"
#include "tier/record.h"
#include "zone/zone.h"


/* from one transaction to the next, and where more waits; ms */
#define NGX_CS_DISK_TICK     1000
#define NGX_CS_DISK_SOON     20

/* the longest that it waits for another's lock, and where it opens the file to
 * end, when nginx kills it soon, ms */
#define NGX_CS_DISK_BUSY     2000
#define NGX_CS_DISK_BRIEF    500

/* after an error, ms */
#define NGX_CS_DISK_RETRY    10000

/* answers and bytes of a transaction at the most, and of one pool */
#define NGX_CS_DISK_ANSWERS  4096
#define NGX_CS_DISK_BYTES    (16 * 1024 * 1024)
#define NGX_CS_DISK_POOL     65536

/* transactions at the end, unless purges need more */
#define NGX_CS_DISK_LAST     8

/* steps of the walk through the zone in a turn */
#define NGX_CS_DISK_STEPS    2048

/* what is there already keeps its id: a higher one is one more */
#define NGX_CS_DISK_INSERT                                                   \
    "INSERT INTO answer (key, owner, fetched, record) VALUES (?, ?, ?, ?)"   \
    " ON CONFLICT (key) DO UPDATE SET owner = excluded.owner,"               \
    " fetched = excluded.fetched, record = excluded.record"

#define NGX_CS_DISK_WRITE                                                    \
    "PRAGMA journal_mode = WAL;"                                             \
    "PRAGMA synchronous = NORMAL;"                                           \
    "PRAGMA wal_autocheckpoint = 1000;"                                      \
    "PRAGMA journal_size_limit = 4194304;"                                   \
    "PRAGMA mmap_size = 0;"                                                  \
    "PRAGMA secure_delete = ON;"


typedef struct {
    ngx_cs_disk_t               *disk;
    sqlite3                     *db;       /* NULL: not open */
    sqlite3_stmt                *insert;
    ino_t                        inode;
    int                          failed;   /* the error that was logged */
    uint64_t                     after;    /* no attempt before, ms */
    ngx_cs_disk_trim_t           trim;
    ngx_cs_memory_t              memory;
    ngx_cs_walk_t                walk;
    ngx_pool_t                  *walking;  /* NULL: no walk */
} ngx_cs_disk_writer_t;


static ngx_cs_disk_writer_t *ngx_cs_disk_writer_create(ngx_cs_disk_t *disk);
static void ngx_cs_disk_writer_exit(void);
static ngx_msec_t ngx_cs_disk_write(ngx_cs_disk_writer_t *w);
static int ngx_cs_disk_ready(ngx_cs_disk_writer_t *w);
static int ngx_cs_disk_writer_open(ngx_cs_disk_writer_t *w);
static uint64_t ngx_cs_disk_place(ngx_cs_disk_writer_t *w);
static int ngx_cs_disk_walk_begin(ngx_cs_disk_writer_t *w);
static int ngx_cs_disk_walk(ngx_cs_disk_writer_t *w, ngx_uint_t *more);
static void ngx_cs_disk_walk_end(ngx_cs_disk_writer_t *w);
static int ngx_cs_disk_replace(ngx_cs_disk_writer_t *w, int rc);
static void ngx_cs_disk_writer_close(ngx_cs_disk_writer_t *w);
static int ngx_cs_disk_transaction(ngx_cs_disk_writer_t *w, ngx_uint_t *more);
static int ngx_cs_disk_answers(ngx_cs_disk_writer_t *w, ngx_uint_t *more);
static int ngx_cs_disk_insert(ngx_cs_disk_writer_t *w, ngx_cs_key_t *key,
    ngx_cs_answer_t *answer, ngx_pool_t *pool);
static void ngx_cs_disk_writer_failed(ngx_cs_disk_writer_t *w, int rc);


/* of this process */
static ngx_array_t  *ngx_cs_disk_writers;


ngx_msec_t
ngx_cs_disk_writer(void *data)
{
    ngx_cs_disk_t *disk = data;

    ngx_cs_disk_writer_t  *w;

    w = disk->worker;

    if (w == NULL) {
        w = ngx_cs_disk_writer_create(disk);

        if (w == NULL) {
            return NGX_CS_DISK_RETRY;
        }
    }

    if (w->after > ngx_current_msec) {
        return ngx_min(w->after - ngx_current_msec, NGX_CS_DISK_TICK);
    }

    return ngx_cs_disk_write(w);
}


static ngx_cs_disk_writer_t *
ngx_cs_disk_writer_create(ngx_cs_disk_t *disk)
{
    ngx_cs_disk_writer_t  *w, **writer;

    if (ngx_cs_disk_writers == NULL) {
        ngx_cs_disk_writers = ngx_array_create(ngx_cycle->pool, 1,
                                               sizeof(void *));

        /* nginx ends this process without a word to its modules */

        if (ngx_cs_disk_writers == NULL
            || atexit(ngx_cs_disk_writer_exit) != 0)
        {
            return NULL;
        }
    }

    writer = ngx_array_push(ngx_cs_disk_writers);
    if (writer == NULL) {
        return NULL;
    }

    *writer = NULL;

    w = ngx_pcalloc(ngx_cycle->pool, sizeof(ngx_cs_disk_writer_t));
    if (w == NULL) {
        return NULL;
    }

    w->disk = disk;
    w->trim.disk = disk;
    w->memory.disk = disk->block;
    w->memory.fleet = disk->fleet;

    *writer = w;
    disk->worker = w;

    ngx_cs_zone_attach(disk->shm_zone, ngx_cycle->log);
    ngx_cs_zone_saver(disk->shm_zone);

    return w;
}


static void
ngx_cs_disk_writer_exit(void)
{
    ngx_uint_t              i, n;
    ngx_cs_disk_writer_t   *w, **writers;

    writers = ngx_cs_disk_writers->elts;

    for (i = 0; i < ngx_cs_disk_writers->nelts; i++) {
        w = writers[i];

        if (w == NULL) {
            continue;
        }

        w->trim.last = 1;

        for (n = 0; n < NGX_CS_DISK_LAST || w->trim.left; n++) {
            if (ngx_cs_disk_write(w) != NGX_CS_DISK_SOON) {
                break;
            }
        }

        ngx_cs_disk_writer_close(w);
        ngx_cs_zone_detach(w->disk->shm_zone);
    }
}


static ngx_msec_t
ngx_cs_disk_write(ngx_cs_disk_writer_t *w)
{
    int                   rc;
    ngx_uint_t            more;
    ngx_cs_disk_block_t  *block;

    more = 0;
    w->trim.left = 0;
    block = w->disk->block->data;

    rc = ngx_cs_disk_ready(w);

    if (rc == SQLITE_OK && w->walking) {
        rc = ngx_cs_disk_walk(w, &more);
    }

    if (rc == SQLITE_OK) {
        rc = ngx_cs_disk_transaction(w, &more);
    }

    if (rc == SQLITE_OK) {

        if (w->failed) {
            ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                          "\"%s\" is written again", w->disk->file);
        }

        w->failed = 0;
        block->failing = 0;

        return more ? NGX_CS_DISK_SOON : NGX_CS_DISK_TICK;
    }

    if (ngx_cs_disk_broken(rc) && !w->trim.last) {
        rc = ngx_cs_disk_replace(w, rc);

        if (rc == SQLITE_OK) {
            return NGX_CS_DISK_SOON;
        }
    }

    ngx_cs_disk_writer_failed(w, rc);
    block->failing = 1;

    return NGX_CS_DISK_TICK;
}


/* an open database, whose file is still the one under its name */

static int
ngx_cs_disk_ready(ngx_cs_disk_writer_t *w)
{
    ino_t                 inode;
    ngx_atomic_uint_t     damaged;
    ngx_cs_disk_block_t  *block;

    block = w->disk->block->data;
    inode = ngx_cs_disk_inode(w->disk->file);

    if (w->db && inode != w->inode) {
        ngx_cs_disk_writer_close(w);
    }

    /* of a file that is gone: another one may have its inode later */

    damaged = block->damaged;

    if (damaged) {
        (void) ngx_atomic_cmp_set(&block->damaged, damaged, 0);
    }

    if (inode && damaged == (ngx_atomic_uint_t) inode) {
        return SQLITE_CORRUPT;
    }

    return w->db ? SQLITE_OK : ngx_cs_disk_writer_open(w);
}


static int
ngx_cs_disk_writer_open(ngx_cs_disk_writer_t *w)
{
    int  rc;

    /*
     * What cannot be looked at, but is there, is not to be replaced.  At the
     * end nothing is, as whoever comes after us may be at it.
     */

    if (!w->trim.last
        && ngx_cs_disk_inode(w->disk->file) == 0 && ngx_errno == NGX_ENOENT)
    {

        /* the folder may be gone too */

        (void) ngx_create_dir(w->disk->path->name.data, 0700);

        rc = ngx_cs_disk_create(w->disk->file);

        if (rc != SQLITE_OK) {
            return rc;
        }

        if (w->inode) {
            ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                          "\"%s\" was gone, a new one begins with what zone "
                          "\"%V\" has", w->disk->file,
                          &w->disk->shm_zone->shm.name);
        }

        /* its inode may be one that we know */

        ngx_cs_zone_set_saved_in(w->disk->shm_zone, 0);
    }

    rc = ngx_cs_disk_open(w->disk->file,
                          w->trim.last ? NGX_CS_DISK_BRIEF : NGX_CS_DISK_BUSY,
                          &w->db, &w->inode);

    if (rc == SQLITE_OK) {
        rc = sqlite3_exec(w->db, NGX_CS_DISK_WRITE, NULL, NULL, NULL);
    }

    if (rc == SQLITE_OK) {
        rc = sqlite3_prepare_v3(w->db,
                                NGX_CS_DISK_INSERT,
                                -1, SQLITE_PREPARE_PERSISTENT, &w->insert,
                                NULL);
    }

    if (rc == SQLITE_OK) {
        rc = ngx_cs_memory_recall(&w->memory, w->db, ngx_cs_disk_place(w));
    }

    w->trim.counted = 0;

    if (rc == SQLITE_OK
        && ngx_cs_zone_saved_in(w->disk->shm_zone) != ngx_cs_disk_place(w))
    {
        rc = ngx_cs_disk_walk_begin(w);
    }

    if (rc != SQLITE_OK) {
        ngx_cs_disk_writer_close(w);
    }

    return rc;
}


/* the file, by its name and what it is */

static uint64_t
ngx_cs_disk_place(ngx_cs_disk_writer_t *w)
{
    uint64_t  name, place;

    name = ngx_crc32_long((u_char *) w->disk->file,
                          ngx_strlen(w->disk->file));
    place = name << 32 ^ (uint64_t) w->inode;

    return place ? place : 1;
}


static int
ngx_cs_disk_walk_begin(ngx_cs_disk_writer_t *w)
{
    ngx_cs_disk_walk_end(w);

    ngx_memzero(&w->walk, sizeof(ngx_cs_walk_t));

    w->walking = ngx_create_pool(NGX_MIN_POOL_SIZE, ngx_cycle->log);

    return w->walking ? SQLITE_OK : SQLITE_NOMEM;
}


static int
ngx_cs_disk_walk(ngx_cs_disk_writer_t *w, ngx_uint_t *more)
{
    ngx_int_t   rc;
    ngx_uint_t  i;

    rc = NGX_AGAIN;

    for (i = 0; rc == NGX_AGAIN && i < NGX_CS_DISK_STEPS; i++) {
        rc = ngx_cs_zone_save_all(w->disk->shm_zone, &w->walk, w->walking);
    }

    if (rc == NGX_ERROR) {
        return SQLITE_NOMEM;
    }

    if (rc == NGX_DONE) {
        ngx_cs_disk_walk_end(w);
        ngx_cs_zone_set_saved_in(w->disk->shm_zone, ngx_cs_disk_place(w));

    } else {
        *more = 1;
    }

    return SQLITE_OK;
}


static void
ngx_cs_disk_walk_end(ngx_cs_disk_writer_t *w)
{
    if (w->walking) {
        ngx_destroy_pool(w->walking);
        w->walking = NULL;
    }
}


/* the damaged file, which somebody may want to look at, and a new one */

static int
ngx_cs_disk_replace(ngx_cs_disk_writer_t *w, int rc)
{
    u_char                damaged[NGX_MAX_PATH];
    ngx_cs_disk_block_t  *block;

    ngx_cs_disk_writer_close(w);

    (void) ngx_snprintf(damaged, NGX_MAX_PATH, "%s.damaged%Z", w->disk->file);

    if (ngx_rename_file((u_char *) w->disk->file, damaged) == NGX_FILE_ERROR) {
        return SQLITE_CANTOPEN;
    }

    ngx_cs_disk_forget_log(w->disk->file);

    ngx_log_error(NGX_LOG_ALERT, ngx_cycle->log, 0,
                  "\"%s\" is damaged or foreign: %s, it is now \"%s\", and "
                  "a new one begins",
                  w->disk->file, sqlite3_errstr(rc), damaged);

    block = w->disk->block->data;
    block->replaced = (ngx_atomic_uint_t) ngx_time();

    return ngx_cs_disk_writer_open(w);
}


static void
ngx_cs_disk_writer_close(ngx_cs_disk_writer_t *w)
{
    (void) sqlite3_finalize(w->insert);
    (void) sqlite3_close(w->db);

    w->insert = NULL;
    w->db = NULL;
}


static int
ngx_cs_disk_transaction(ngx_cs_disk_writer_t *w, ngx_uint_t *more)
{
    int  rc;

    w->trim.db = w->db;
    w->trim.more = 0;

    rc = sqlite3_exec(w->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);

    if (rc != SQLITE_OK) {
        return rc;
    }

    if (!w->trim.last) {
        rc = ngx_cs_disk_trim_purge(&w->trim);
    }

    if (rc == SQLITE_OK) {
        rc = ngx_cs_disk_answers(w, more);
    }

    /* the zone may still have what a worker is about to purge there */

    if (rc == SQLITE_OK && w->trim.last) {
        rc = ngx_cs_disk_trim_purge(&w->trim);
    }

    if (rc == SQLITE_OK) {
        rc = ngx_cs_disk_trim_old(&w->trim);
    }

    if (rc == SQLITE_OK) {
        rc = ngx_cs_memory_keep(&w->memory, w->db, w->trim.last);
    }

    if (rc == SQLITE_OK) {
        rc = sqlite3_exec(w->db, "COMMIT", NULL, NULL, NULL);
    }

    if (rc != SQLITE_OK) {
        (void) sqlite3_exec(w->db, "ROLLBACK", NULL, NULL, NULL);
    }

    ngx_cs_zone_saved(w->disk->shm_zone, rc == SQLITE_OK);

    if (rc == SQLITE_OK) {
        ngx_cs_memory_kept(&w->memory);

        /* a mark may have waited for what was purged */

        *more |= w->memory.late && w->trim.ndone;

        rc = ngx_cs_disk_trim_done(&w->trim);
        *more |= w->trim.more;
    }

    return rc;
}


static int
ngx_cs_disk_answers(ngx_cs_disk_writer_t *w, ngx_uint_t *more)
{
    int               rc;
    size_t            bytes;
    ngx_int_t         next;
    ngx_uint_t        n;
    ngx_pool_t       *pool;
    ngx_cs_key_t      key;
    ngx_cs_answer_t   answer;

    pool = ngx_create_pool(NGX_CS_DISK_POOL, ngx_cycle->log);
    if (pool == NULL) {
        return SQLITE_NOMEM;
    }

    rc = SQLITE_OK;
    bytes = 0;

    for (n = 0; rc == SQLITE_OK; n++) {

        if (n == NGX_CS_DISK_ANSWERS || bytes > NGX_CS_DISK_BYTES) {
            *more = 1;
            break;
        }

        next = ngx_cs_zone_unsaved(w->disk->shm_zone, pool, &key, &answer);

        if (next != NGX_OK) {
            rc = (next == NGX_ERROR) ? SQLITE_NOMEM : SQLITE_OK;
            break;
        }

        bytes += answer.body.len;

        rc = ngx_cs_disk_insert(w, &key, &answer, pool);

        ngx_reset_pool(pool);
    }

    ngx_destroy_pool(pool);

    return rc;
}


static int
ngx_cs_disk_insert(ngx_cs_disk_writer_t *w, ngx_cs_key_t *key,
    ngx_cs_answer_t *answer, ngx_pool_t *pool)
{
    int              rc;
    size_t           len;
    u_char          *p, digests[NGX_CS_SEAL_KEY];
    int64_t          owner;
    ngx_str_t        id;
    clear_record_t   record;

    ngx_cs_record(answer, &record);

    len = NGX_CS_SEAL + CLEAR_RECORD_HEAD + record.body.len;

    p = ngx_pnalloc(pool, len);
    if (p == NULL) {
        return SQLITE_NOMEM;
    }

    clear_record_write(&record, p + NGX_CS_SEAL);

    if (w->disk->id_of(&key->tenant, &id) != NGX_OK
        || ngx_cs_seal_owner(&id, &owner) != NGX_OK
        || ngx_cs_seal_key(&key->tenant, &key->task_id, digests) != NGX_OK
        || ngx_cs_seal(digests, p + NGX_CS_SEAL, len - NGX_CS_SEAL, p)
           != NGX_OK)
    {
        return SQLITE_NOMEM;
    }

    (void) sqlite3_bind_blob(w->insert, 1, digests, NGX_CS_SEAL_KEY,
                             SQLITE_STATIC);
    (void) sqlite3_bind_int64(w->insert, 2, owner);
    (void) sqlite3_bind_int64(w->insert, 3, record.fetched);
    (void) sqlite3_bind_blob64(w->insert, 4, p, len, SQLITE_STATIC);

    rc = sqlite3_step(w->insert);
    (void) sqlite3_reset(w->insert);

    return (rc == SQLITE_DONE) ? SQLITE_OK : rc;
}


/* an error is told once, and not again until another one comes or it ends */

static void
ngx_cs_disk_writer_failed(ngx_cs_disk_writer_t *w, int rc)
{
    ngx_err_t  err;

    err = w->db ? sqlite3_system_errno(w->db) : 0;

    if (w->failed != rc) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, err,
                      "\"%s\" cannot be written: %s, answers wait in zone "
                      "\"%V\"", w->disk->file,
                      rc == NGX_CS_DISK_NEWER
                      ? "a later version of the module made it, which is "
                        "left alone"
                      : sqlite3_errstr(rc),
                      &w->disk->zone);
    }

    w->failed = rc;
    w->after = ngx_current_msec + NGX_CS_DISK_RETRY;

    ngx_cs_disk_writer_close(w);
}
