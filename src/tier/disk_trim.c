/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What goes out of a database; see the header.
 */


#include "tier/disk_trim.h"

#include "core/alive.h"
#include "core/wall.h"
#include "tier/disk_file.h"


/* answers that a step deletes, and pages that it gives back, at the most */
#define NGX_CS_DISK_STEP     2000
#define NGX_CS_DISK_PAGES    256

/* answers in a page at the most, about */
#define NGX_CS_DISK_IN_PAGE  32

#define NGX_CS_DISK_EXCESS                                                   \
    "DELETE FROM answer WHERE id IN ("                                       \
    "SELECT id FROM (SELECT id FROM answer WHERE fetched > ?2 LIMIT ?1)"     \
    " UNION ALL "                                                            \
    "SELECT id FROM (SELECT id FROM answer ORDER BY fetched LIMIT ?1)"       \
    " LIMIT ?1)"

/* how often old ones are looked for, and how far other gateways' clocks may be
 * ahead, ms */
#define NGX_CS_DISK_AGING    60000

/* so many answers are counted each time, which is a walk through an index;
 * more of them as often as old ones are looked for */
#define NGX_CS_DISK_FEW      10000

/* a worker that purges the zone for longer has died, ms */
#define NGX_CS_DISK_PATIENCE 60000

/* fetched until ?1 or after ?2, which is now; the index is not for these */
#define NGX_CS_DISK_PURGED(which)                                            \
    "DELETE FROM answer WHERE id IN (SELECT id FROM answer WHERE" which      \
    " (+fetched <= ?1 OR +fetched > ?2) LIMIT 2000)"


static int ngx_cs_disk_delete(ngx_cs_disk_trim_t *trim,
    ngx_cs_disk_purge_t *purge, ngx_uint_t *n);
static int ngx_cs_disk_run(sqlite3_stmt *stmt);
static int ngx_cs_disk_size(ngx_cs_disk_trim_t *trim);
static void ngx_cs_disk_forget_damaged(ngx_cs_disk_trim_t *trim,
    ngx_uint_t all);
static void ngx_cs_disk_overwrite(u_char *name, off_t size);
static int64_t ngx_cs_disk_count(ngx_cs_disk_trim_t *trim);
static void ngx_cs_disk_measure(ngx_cs_disk_trim_t *trim);


int
ngx_cs_disk_trim_purge(ngx_cs_disk_trim_t *trim)
{
    int                   rc;
    ngx_uint_t            i, n, walking;
    ngx_shm_zone_t       *block;
    ngx_cs_disk_purge_t   purge;

    rc = SQLITE_OK;
    block = trim->disk->block;

    trim->ndone = 0;
    trim->left = 0;

    for (i = 0; rc == SQLITE_OK && i < NGX_CS_DISK_PURGES; i++) {

        if (ngx_cs_disk_purge_get(block, i, &purge) != NGX_OK) {
            continue;
        }

        /* an answer that the zone still has would come after it */

        walking = ngx_cs_alive(purge.pid)
                  && ngx_cs_wall() - purge.until < NGX_CS_DISK_PATIENCE;

        if (walking && !trim->last) {
            continue;
        }

        trim->purged = 1;

        rc = ngx_cs_disk_delete(trim, &purge, &n);

        if (rc != SQLITE_OK || n == NGX_CS_DISK_STEP) {
            trim->left = 1;
            trim->more = 1;

        } else if (!walking) {
            trim->done[trim->ndone].place = i;
            trim->done[trim->ndone++].serial = purge.serial;
        }
    }

    return rc;
}


static int
ngx_cs_disk_delete(ngx_cs_disk_trim_t *trim, ngx_cs_disk_purge_t *purge,
    ngx_uint_t *n)
{
    int            rc;
    u_char         first[NGX_CS_SEAL_KEY], last[NGX_CS_SEAL_KEY];
    sqlite3_stmt  *stmt;

    static const char  *where[] = {
        NULL,
        NGX_CS_DISK_PURGED(" key BETWEEN ?3 AND ?4 AND"),
        NGX_CS_DISK_PURGED(" owner = ?5 AND"),
        NGX_CS_DISK_PURGED("")
    };

    ngx_memset(first, 0, sizeof(first));
    ngx_memset(last, 0xff, sizeof(last));
    ngx_memcpy(first, purge->task, NGX_CS_SEAL_TASK);
    ngx_memcpy(last, purge->task, NGX_CS_SEAL_TASK);

    rc = sqlite3_prepare_v2(trim->db, where[purge->kind], -1, &stmt, NULL);

    if (rc != SQLITE_OK) {
        return rc;
    }

    (void) sqlite3_bind_int64(stmt, 1, purge->until);
    (void) sqlite3_bind_int64(stmt, 2, ngx_cs_wall());

    if (purge->kind == NGX_CS_DISK_PURGE_TASK) {
        (void) sqlite3_bind_blob(stmt, 3, first, sizeof(first), SQLITE_STATIC);
        (void) sqlite3_bind_blob(stmt, 4, last, sizeof(last), SQLITE_STATIC);
    }

    if (purge->kind == NGX_CS_DISK_PURGE_OWNER) {
        (void) sqlite3_bind_int64(stmt, 5, purge->owner);
    }

    rc = ngx_cs_disk_run(stmt);
    *n = sqlite3_changes(trim->db);

    return rc;
}


static int
ngx_cs_disk_run(sqlite3_stmt *stmt)
{
    int  rc;

    rc = sqlite3_step(stmt);
    (void) sqlite3_finalize(stmt);

    return (rc == SQLITE_DONE || rc == SQLITE_ROW) ? SQLITE_OK : rc;
}


/* ids are in no order of age: what the fleet has comes late, what the zone had
 * before in the order of its buckets */

int
ngx_cs_disk_trim_old(ngx_cs_disk_trim_t *trim)
{
    int            rc;
    int64_t        now;
    sqlite3_stmt  *stmt;

    rc = ngx_cs_disk_size(trim);
    now = ngx_cs_wall();

    if (rc != SQLITE_OK
        || (now >= trim->aged && now - trim->aged < NGX_CS_DISK_AGING))
    {
        return rc;
    }

    rc = sqlite3_prepare_v2(trim->db,
                            "DELETE FROM answer WHERE id IN (SELECT id"
                            " FROM answer WHERE fetched < ?"
                            " ORDER BY fetched LIMIT 2000)",
                            -1, &stmt, NULL);

    if (rc != SQLITE_OK) {
        return rc;
    }

    (void) sqlite3_bind_int64(stmt, 1, now - trim->disk->keep);

    rc = ngx_cs_disk_run(stmt);

    if (rc == SQLITE_OK && sqlite3_changes(trim->db) == 0) {
        trim->aged = now;
        ngx_cs_disk_forget_damaged(trim, 0);

    } else {
        trim->purged = 1;
        trim->more = 1;
    }

    return rc;
}


/*
 * As many as the pages that are too many, and their indexes: first those of the
 * future, as of before a clock was set back, else what is new would go at once;
 * and the oldest.
 */

static int
ngx_cs_disk_size(ngx_cs_disk_trim_t *trim)
{
    int            rc;
    int64_t        size, pages, unused, over, most, answers;
    sqlite3_stmt  *stmt;

    size = ngx_cs_disk_value(trim->db, "PRAGMA page_size");
    pages = ngx_cs_disk_value(trim->db, "PRAGMA page_count");
    unused = ngx_cs_disk_value(trim->db, "PRAGMA freelist_count");

    if (size <= 0 || pages < 0 || unused < 0) {
        return SQLITE_OK;
    }

    over = (pages - unused) - trim->disk->max_size / size;

    if (over <= 0) {
        return SQLITE_OK;
    }

    answers = ngx_cs_disk_count(trim);

    rc = sqlite3_prepare_v2(trim->db, NGX_CS_DISK_EXCESS, -1, &stmt, NULL);

    if (rc != SQLITE_OK) {
        return rc;
    }

    /* answers of many pages are fewer than those that fit in one */

    most = ngx_min(over * NGX_CS_DISK_IN_PAGE, NGX_CS_DISK_STEP);
    over = 1 + answers * over / pages;

    if (over > most) {
        over = most;
        trim->more = 1;
    }

    (void) sqlite3_bind_int64(stmt, 1, over);
    (void) sqlite3_bind_int64(stmt, 2, ngx_cs_wall() + NGX_CS_DISK_AGING);

    return ngx_cs_disk_run(stmt);
}


int
ngx_cs_disk_trim_done(ngx_cs_disk_trim_t *trim)
{
    int         rc, unmoved, moved;
    char        sql[64];
    int64_t     unused;
    ngx_uint_t  i;

    rc = SQLITE_OK;
    unused = ngx_cs_disk_value(trim->db, "PRAGMA freelist_count");

    if (unused > 0) {
        (void) ngx_snprintf((u_char *) sql, sizeof(sql),
                            "PRAGMA incremental_vacuum(%d)%Z",
                            NGX_CS_DISK_PAGES);

        rc = sqlite3_exec(trim->db, sql, NULL, NULL, NULL);

        trim->more |= (unused > NGX_CS_DISK_PAGES);
    }

    /* a reader may be at the log still: then at the next step */

    trim->wipe |= trim->purged;

    if (rc == SQLITE_OK && trim->wipe
        && sqlite3_wal_checkpoint_v2(trim->db, NULL,
                                     SQLITE_CHECKPOINT_TRUNCATE, &unmoved,
                                     &moved)
           == SQLITE_OK)
    {
        trim->wipe = 0;
    }

    if (trim->ndone) {
        trim->counted = 0;
        ngx_cs_disk_forget_damaged(trim, 1);
    }

    for (i = 0; i < trim->ndone; i++) {
        ngx_cs_disk_purge_done(trim->disk->block, &trim->done[i]);
    }

    trim->purged = 0;

    ngx_cs_disk_measure(trim);

    return rc;
}


/* nobody can tell what is in it */

static void
ngx_cs_disk_forget_damaged(ngx_cs_disk_trim_t *trim, ngx_uint_t all)
{
    u_char           name[NGX_MAX_PATH];
    ngx_file_info_t  fi;

    (void) ngx_snprintf(name, NGX_MAX_PATH, "%s.damaged%Z", trim->disk->file);

    if (ngx_file_info(name, &fi) == NGX_FILE_ERROR
        || (!all
            && ngx_cs_wall() - (int64_t) fi.st_ctime * 1000
               < trim->disk->keep))
    {
        return;
    }

    ngx_cs_disk_overwrite(name, ngx_file_size(&fi));
    (void) ngx_delete_file(name);
}


static void
ngx_cs_disk_overwrite(u_char *name, off_t size)
{
    off_t     done;
    ssize_t   n;
    ngx_fd_t  fd;

    static u_char  zeroes[65536];

    fd = ngx_open_file(name, NGX_FILE_RDWR, NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE) {
        return;
    }

    for (done = 0; done < size; done += n) {
        n = pwrite(fd, zeroes,
                   (size_t) ngx_min(size - done, (off_t) sizeof(zeroes)), done);

        if (n <= 0) {
            break;
        }
    }

    (void) fsync(fd);
    (void) ngx_close_file(fd);
}


static void
ngx_cs_disk_measure(ngx_cs_disk_trim_t *trim)
{
    off_t                 bytes;
    u_char                name[NGX_MAX_PATH];
    ngx_uint_t            i;
    ngx_file_info_t       fi;
    ngx_cs_disk_block_t  *block;

    static char  *suffixes[] = { "", "-wal", "-shm", ".damaged" };

    block = trim->disk->block->data;
    bytes = 0;

    for (i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        (void) ngx_snprintf(name, NGX_MAX_PATH, "%s%s%Z", trim->disk->file,
                            suffixes[i]);

        if (ngx_file_info(name, &fi) != NGX_FILE_ERROR) {
            bytes += ngx_file_size(&fi);
        }
    }

    block->bytes = (ngx_atomic_uint_t) bytes;
    block->answers = (ngx_atomic_uint_t) ngx_cs_disk_count(trim);
}


/* between two counts: those that came, as each new one has a higher id */

static int64_t
ngx_cs_disk_count(ngx_cs_disk_trim_t *trim)
{
    int64_t  now, highest;

    now = ngx_cs_wall();
    highest = ngx_cs_disk_value(trim->db,
                                "SELECT coalesce(max(id), 0) FROM answer");

    if (trim->answers < NGX_CS_DISK_FEW || highest < trim->highest
        || now < trim->counted || now - trim->counted >= NGX_CS_DISK_AGING)
    {
        trim->answers = ngx_max(ngx_cs_disk_value(trim->db,
                                                  "SELECT count(*)"
                                                  " FROM answer"),
                                0);
        trim->highest = highest;
        trim->counted = now;
    }

    return trim->answers + highest - trim->highest;
}
