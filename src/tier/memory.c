/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What a gateway's disk remembers of its fleet; see the header.
 *
 * A row of the table is a purge that Redis has yet to be told, as a member of
 * its log (tier/fleet_scripts.h), or "epoch" or "seen", of the mark.
 *
 * While one nginx takes another one's place, or a zone has another name, two
 * write here.  So a purge has the number of who wrote it, or 0 of one that has
 * left.  Each writer takes its own away alone, and what an earlier one writes,
 * or one that leaves, is the later one's, or the other one's, too.  "writer"
 * has the last number.
 */


#include "tier/memory.h"

#if (NGX_CS_HAVE_SQLITE && NGX_CS_HAVE_HIREDIS)

#include "core/wake.h"
#include "tier/disk.h"
#include "tier/disk_file.h"
#include "tier/fleet_block.h"


#define NGX_CS_MEMORY_TABLE                                                  \
    "CREATE TABLE IF NOT EXISTS fleet (name TEXT PRIMARY KEY,"               \
    " value INTEGER NOT NULL) WITHOUT ROWID"

#define NGX_CS_MEMORY_INSERT                                                 \
    "INSERT OR REPLACE INTO fleet (name, value) VALUES (?, ?)"

#define NGX_CS_MEMORY_PURGES                                                 \
    "name NOT IN ('epoch', 'seen', 'writer')"


static int ngx_cs_memory_number(ngx_cs_memory_t *memory, sqlite3 *db);
static int ngx_cs_memory_adopt(ngx_cs_memory_t *memory, sqlite3 *db);
static int ngx_cs_memory_read(ngx_cs_memory_t *memory, sqlite3 *db,
    ngx_cs_fleet_mark_t *mark);
static void ngx_cs_memory_join(ngx_shm_zone_t *fleet,
    ngx_cs_fleet_mark_t *mark);
static int ngx_cs_memory_clear(sqlite3 *db, ngx_atomic_uint_t writer);
static int ngx_cs_memory_write(sqlite3_stmt *stmt, ngx_shm_zone_t *fleet,
    ngx_atomic_uint_t writer, ngx_cs_fleet_mark_t *mark);
static int ngx_cs_memory_row(sqlite3_stmt *stmt, const char *name, size_t len,
    int64_t value);


int
ngx_cs_memory_recall(ngx_cs_memory_t *memory, sqlite3 *db, uint64_t place)
{
    int                    rc;
    ngx_cs_fleet_mark_t    mark;
    ngx_cs_fleet_block_t  *block;

    memory->same = 0;
    memory->version = -1;

    if (memory->fleet == NULL) {
        return SQLITE_OK;
    }

    block = memory->fleet->data;

    rc = sqlite3_exec(db, NGX_CS_MEMORY_TABLE, NULL, NULL, NULL);

    if (rc != SQLITE_OK || block->recalled == (ngx_atomic_uint_t) place) {
        return rc;
    }

    rc = ngx_cs_memory_number(memory, db);

    if (rc == SQLITE_OK) {
        rc = ngx_cs_memory_read(memory, db, &mark);
    }

    if (rc != SQLITE_OK) {
        return rc;
    }

    /* a file without answers has missed nothing */

    if (ngx_cs_disk_value(db, "SELECT id FROM answer LIMIT 1") != -1) {
        ngx_cs_memory_join(memory->fleet, &mark);
    }

    ngx_memory_barrier();
    block->recalled = (ngx_atomic_uint_t) place;

    return SQLITE_OK;
}


/* the next one, for all who have this block */

static int
ngx_cs_memory_number(ngx_cs_memory_t *memory, sqlite3 *db)
{
    int                    rc;
    int64_t                last;
    sqlite3_stmt          *stmt;
    ngx_cs_fleet_block_t  *block;

    block = memory->fleet->data;

    rc = sqlite3_prepare_v2(db, NGX_CS_MEMORY_INSERT, -1, &stmt, NULL);

    if (rc != SQLITE_OK) {
        return rc;
    }

    rc = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);

    if (rc == SQLITE_OK) {
        last = ngx_cs_disk_value(db, "SELECT value FROM fleet"
                                     " WHERE name = 'writer'");
        block->writer = (ngx_atomic_uint_t) (ngx_max(last, 0) + 1);

        rc = ngx_cs_memory_row(stmt, "writer", sizeof("writer") - 1,
                               (int64_t) block->writer);

        if (rc == SQLITE_OK) {
            rc = sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
        }

        if (rc != SQLITE_OK) {
            (void) sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
        }
    }

    (void) sqlite3_finalize(stmt);

    return rc;
}


/* what earlier writers wrote since */

static int
ngx_cs_memory_adopt(ngx_cs_memory_t *memory, sqlite3 *db)
{
    int                  rc;
    int64_t              version;
    ngx_cs_fleet_mark_t  mark;

    version = ngx_cs_disk_value(db, "PRAGMA data_version");

    if (version == memory->version) {
        return SQLITE_OK;
    }

    rc = ngx_cs_memory_read(memory, db, &mark);

    if (rc == SQLITE_OK) {
        memory->version = version;
    }

    return rc;
}


/* the mark, and purges of earlier writers, which are ours from now on */

static int
ngx_cs_memory_read(ngx_cs_memory_t *memory, sqlite3 *db,
    ngx_cs_fleet_mark_t *mark)
{
    int                    rc, len;
    u_char                *name, digest[NGX_CS_SEAL_TASK];
    int64_t                value;
    sqlite3_stmt          *stmt;
    ngx_cs_fleet_block_t  *block;

    block = memory->fleet->data;

    rc = sqlite3_prepare_v2(db, "SELECT name, value FROM fleet"
                                " WHERE value < ? OR NOT ("
                                NGX_CS_MEMORY_PURGES ")",
                            -1, &stmt, NULL);
    if (rc != SQLITE_OK) {
        return rc;
    }

    (void) sqlite3_bind_int64(stmt, 1, (int64_t) block->writer);

    ngx_memzero(mark, sizeof(ngx_cs_fleet_mark_t));

    while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        name = (u_char *) sqlite3_column_text(stmt, 0);
        len = sqlite3_column_bytes(stmt, 0);
        value = sqlite3_column_int64(stmt, 1);

        if (name == NULL) {
            continue;
        }

        if (ngx_strcmp(name, "epoch") == 0) {
            mark->epoch = value;

        } else if (ngx_strcmp(name, "seen") == 0) {
            mark->seen = value;

        } else if ((len == 1 && name[0] == '*')
                   || ngx_cs_fleet_block_digest(name, len, digest) == NGX_OK)
        {
            /* by len, as what another wrote may go on behind a NUL */

            ngx_cs_fleet_block_purge(memory->fleet, name, len);
        }
    }

    (void) sqlite3_finalize(stmt);

    if (rc != SQLITE_DONE) {
        return rc;
    }

    memory->wakes = 1;

    return SQLITE_OK;
}


/* a mark of the same log that is earlier stands, and of two logs none */

static void
ngx_cs_memory_join(ngx_shm_zone_t *fleet, ngx_cs_fleet_mark_t *mark)
{
    ngx_cs_fleet_mark_t    from, to;
    ngx_cs_fleet_block_t  *block;

    block = fleet->data;

    do {
        from = ngx_cs_fleet_block_mark(fleet);
        to = *mark;

        if (from.epoch == to.epoch) {
            to.seen = ngx_min(from.seen, to.seen);

        } else if (block->recalled || from.epoch) {
            ngx_memzero(&to, sizeof(ngx_cs_fleet_mark_t));
        }

    } while (ngx_cs_fleet_block_made(fleet, NULL, from, to) != NGX_OK);
}


int
ngx_cs_memory_keep(ngx_cs_memory_t *memory, sqlite3 *db, ngx_uint_t last)
{
    int                    rc;
    sqlite3_stmt          *stmt;
    ngx_cs_disk_block_t   *disk;
    ngx_cs_fleet_mark_t    mark;
    ngx_cs_fleet_block_t  *fleet;

    if (memory->fleet == NULL) {
        return SQLITE_OK;
    }

    fleet = memory->fleet->data;
    disk = memory->disk->data;

    rc = ngx_cs_memory_adopt(memory, db);

    if (rc != SQLITE_OK) {
        return rc;
    }

    memory->keeping = fleet->changes;

    if (memory->same && memory->keeping == memory->kept && !last) {
        return SQLITE_OK;
    }

    mark = ngx_cs_fleet_block_mark(memory->fleet);
    ngx_memory_barrier();
    memory->late = (disk->pending != 0);

    rc = ngx_cs_memory_clear(db, fleet->writer);

    if (rc == SQLITE_OK) {
        rc = sqlite3_prepare_v2(db, NGX_CS_MEMORY_INSERT, -1, &stmt, NULL);
    }

    if (rc != SQLITE_OK) {
        return rc;
    }

    rc = ngx_cs_memory_write(stmt, memory->fleet, last ? 0 : fleet->writer,
                             memory->late ? NULL : &mark);
    (void) sqlite3_finalize(stmt);

    return rc;
}


/* a writer's purges; and those of earlier ones, which are its own by now */

static int
ngx_cs_memory_clear(sqlite3 *db, ngx_atomic_uint_t writer)
{
    int            rc;
    sqlite3_stmt  *stmt;

    rc = sqlite3_prepare_v2(db, "DELETE FROM fleet"
                                " WHERE value <= ? AND " NGX_CS_MEMORY_PURGES,
                            -1, &stmt, NULL);
    if (rc != SQLITE_OK) {
        return rc;
    }

    (void) sqlite3_bind_int64(stmt, 1, (int64_t) writer);

    rc = sqlite3_step(stmt);
    (void) sqlite3_finalize(stmt);

    return (rc == SQLITE_DONE) ? SQLITE_OK : rc;
}


static int
ngx_cs_memory_write(sqlite3_stmt *stmt, ngx_shm_zone_t *fleet,
    ngx_atomic_uint_t writer, ngx_cs_fleet_mark_t *mark)
{
    int                    rc;
    ngx_uint_t             i;
    ngx_cs_fleet_purge_t   purge;

    rc = SQLITE_OK;

    for (i = 0; i < NGX_CS_FLEET_PURGES && rc == SQLITE_OK; i++) {
        if (ngx_cs_fleet_block_get(fleet, i, &purge) == NGX_OK) {
            rc = ngx_cs_memory_row(stmt, (char *) purge.member, purge.len,
                                   (int64_t) writer);
        }
    }

    if (rc == SQLITE_OK && mark) {
        rc = ngx_cs_memory_row(stmt, "epoch", sizeof("epoch") - 1,
                               mark->epoch);
    }

    if (rc == SQLITE_OK && mark) {
        rc = ngx_cs_memory_row(stmt, "seen", sizeof("seen") - 1, mark->seen);
    }

    return rc;
}


static int
ngx_cs_memory_row(sqlite3_stmt *stmt, const char *name, size_t len,
    int64_t value)
{
    int  rc;

    (void) sqlite3_bind_text(stmt, 1, name, (int) len, SQLITE_STATIC);
    (void) sqlite3_bind_int64(stmt, 2, value);

    rc = sqlite3_step(stmt);
    (void) sqlite3_reset(stmt);

    return (rc == SQLITE_DONE) ? SQLITE_OK : rc;
}


void
ngx_cs_memory_kept(ngx_cs_memory_t *memory)
{
    ngx_cs_fleet_block_t  *block;

    memory->kept = memory->keeping;
    memory->same = !memory->late;

    if (!memory->wakes) {
        return;
    }

    memory->wakes = 0;

    block = memory->fleet->data;

    if (block->pending) {
        ngx_cs_wake(NGX_CS_WAKE_ALL);
    }
}


ngx_uint_t
ngx_cs_memory_awaited(ngx_shm_zone_t *zone, ngx_shm_zone_t *fleet)
{
    ngx_cs_disk_t         *disk;
    ngx_cs_disk_block_t   *block;
    ngx_cs_fleet_block_t  *known;

    disk = ngx_cs_disk_of(zone);

    if (disk == NULL) {
        return 0;
    }

    block = disk->block->data;
    known = fleet->data;

    return known->recalled == 0 && !block->failing;
}


#elif (NGX_CS_HAVE_SQLITE)

int
ngx_cs_memory_recall(ngx_cs_memory_t *memory, struct sqlite3 *db,
    uint64_t place)
{
    return 0;
}


int
ngx_cs_memory_keep(ngx_cs_memory_t *memory, struct sqlite3 *db,
    ngx_uint_t last)
{
    return 0;
}


void
ngx_cs_memory_kept(ngx_cs_memory_t *memory)
{
}

#else

ngx_uint_t
ngx_cs_memory_awaited(ngx_shm_zone_t *zone, ngx_shm_zone_t *fleet)
{
    return 0;
}

#endif
