/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * A secret that is read from a file; see the header.  A file that was changed a
 * moment before it was read is read once more, and one that is there and could
 * not be opened or read, as for want of descriptors, until it can.
 */


#include "core/secret_file.h"

#include <ngx_event.h>

#include "clear/field.h"
#include "clear/file_stamp.h"
#include "clear/table.h"
#include "core/may_read.h"
#include "core/pages.h"
#include "core/str.h"


/* between two looks for a use, and without one, in ms */
#define NGX_CS_SECRET_LOOK   1000
#define NGX_CS_SECRET_TIMER  2000

/* so much of a file is read: a byte order mark, the secret, CR and LF, and one
 * more */
#define NGX_CS_SECRET_READ   (NGX_CS_SECRET_MAX + 6)

/* in memory; a NUL behind it */
#define NGX_CS_SECRET_PAGES  (NGX_CS_SECRET_MAX + 1)

/* files that no configuration names, of a worker */
#define NGX_CS_SECRET_FOUND  1000


typedef enum {
    NGX_CS_SECRET_OK = 0,
    NGX_CS_SECRET_SYSTEM,
    NGX_CS_SECRET_GONE,
    NGX_CS_SECRET_NOT_FILE,
    NGX_CS_SECRET_EMPTY,
    NGX_CS_SECRET_TOO_LONG,
    NGX_CS_SECRET_BAD
} ngx_cs_secret_e;


struct ngx_cs_secret_file_s {
    ngx_str_node_t               node;      /* of those that were found; str is
                                               the path, of all */
    ngx_queue_t                  queue;     /* likewise */
    char                        *directive;
    ngx_str_t                    secret;    /* data: pages of its own; empty:
                                               the file is gone */
    clear_file_stamp_t           stamp;     /* of what was last tried */
    ngx_msec_t                   looked;
    ngx_err_t                    err;       /* of the last try */
    ngx_cs_secret_e              last;      /* what the last try brought */
    time_t                       read;      /* wall, s: the secret in use */
    time_t                       failing;   /* wall, s: since when; 0: not */
    unsigned                     found:1;   /* no configuration names it */
    unsigned                     recent:1;  /* changed a moment before, or
                                               not read: once more */
    unsigned                     private:1; /* workers may not read it */
};


static ngx_cs_secret_file_t *ngx_cs_secret_file_create(ngx_conf_t *cf,
    char *directive, ngx_str_t *path);
static void ngx_cs_secret_file_cleanup(void *data);
static void ngx_cs_secret_file_timer(ngx_event_t *ev);
static ngx_cs_secret_file_t *ngx_cs_secret_file_keep(char *directive,
    ngx_str_t *path, uint32_t hash, ngx_log_t *log);
static void ngx_cs_secret_file_state(ngx_cs_secret_file_t *file,
    ngx_cs_secret_file_state_t *state);
static void ngx_cs_secret_file_drop(ngx_cs_secret_file_t *file);
static void ngx_cs_secret_file_reread(ngx_cs_secret_file_t *file,
    ngx_log_t *log);
static ngx_cs_secret_e ngx_cs_secret_file_failed(ngx_cs_secret_file_t *file,
    ngx_cs_secret_e rc);
static ngx_cs_secret_e ngx_cs_secret_file_read(ngx_cs_secret_file_t *file);
static ngx_cs_secret_e ngx_cs_secret_file_slurp(ngx_cs_secret_file_t *file,
    ngx_fd_t fd, u_char *buf, size_t *len);
static size_t ngx_cs_secret_file_trim(u_char *buf, size_t n);


static ngx_event_t        ngx_cs_secret_file_event;

/* of this worker: those that no configuration names, the last used first */
static ngx_rbtree_t       ngx_cs_secret_found;
static ngx_rbtree_node_t  ngx_cs_secret_sentinel;
static ngx_queue_t        ngx_cs_secret_queue;
static ngx_uint_t         ngx_cs_secret_nfound;


/* by ngx_cs_secret_e */

static char  *ngx_cs_secret_errors[] = {
    "",
    "cannot be read",
    "is gone",
    "is not a regular file",
    "is empty",
    "is too long",
    "cannot be sent as a header field"
};

clear_table(ngx_cs_secret_errors, NGX_CS_SECRET_BAD);


ngx_cs_secret_file_t *
ngx_cs_secret_file_add(ngx_conf_t *cf, ngx_array_t *files, ngx_str_t *path)
{
    char                   *directive;
    ngx_str_t              *value;
    ngx_uint_t              i;
    ngx_cs_secret_e         rc;
    ngx_cs_secret_file_t  **slot, *file;

    /* the configuration's words end with a NUL */

    value = cf->args->elts;
    directive = (char *) value[0].data;

    if (path->len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%s\" has an empty name", directive);
        return NULL;
    }

    if (ngx_conf_full_name(cf->cycle, path, 1) != NGX_OK) {
        return NULL;
    }

    slot = files->elts;

    for (i = 0; i < files->nelts; i++) {
        if (ngx_cs_str_eq(&slot[i]->node.str, path)) {
            return slot[i];
        }
    }

    file = ngx_cs_secret_file_create(cf, directive, path);
    slot = ngx_array_push(files);

    if (file == NULL || slot == NULL) {
        return NULL;
    }

    *slot = file;

    rc = ngx_cs_secret_file_read(file);

    if (rc != NGX_CS_SECRET_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, file->err,
                           "\"%s\" \"%V\" %s", directive, path,
                           ngx_cs_secret_errors[rc]);
        return NULL;
    }

    return file;
}


static ngx_cs_secret_file_t *
ngx_cs_secret_file_create(ngx_conf_t *cf, char *directive, ngx_str_t *path)
{
    ngx_pool_cleanup_t    *cln;
    ngx_cs_secret_file_t  *file;

    cln = ngx_pool_cleanup_add(cf->pool, sizeof(ngx_cs_secret_file_t));
    if (cln == NULL) {
        return NULL;
    }

    file = cln->data;

    ngx_memzero(file, sizeof(ngx_cs_secret_file_t));

    file->directive = directive;
    file->node.str = *path;
    file->looked = ngx_current_msec;
    file->secret.data = ngx_cs_pages_alloc(NGX_CS_SECRET_PAGES, cf->log);

    if (file->secret.data == NULL) {
        return NULL;
    }

    cln->handler = ngx_cs_secret_file_cleanup;

    return file;
}


static void
ngx_cs_secret_file_cleanup(void *data)
{
    ngx_cs_secret_file_t *file = data;

    ngx_cs_pages_free(file->secret.data, NGX_CS_SECRET_PAGES);
}


void
ngx_cs_secret_file_check(ngx_cycle_t *cycle, ngx_array_t *files)
{
    ngx_uint_t             i;
    ngx_cs_secret_file_t  **slot;

    if (geteuid() != 0) {
        return;
    }

    slot = files->elts;

    for (i = 0; i < files->nelts; i++) {
        if (ngx_cs_may_read(cycle, &slot[i]->node.str)) {
            continue;
        }

        slot[i]->private = 1;

        /* as an error, which is what nginx logs by default */

        ngx_log_error(NGX_LOG_ERR, cycle->log, 0,
                      "\"%s\" \"%V\" cannot be read by the worker processes' "
                      "user, so a new one takes effect only after a reload",
                      slot[i]->directive, &slot[i]->node.str);
    }
}


void
ngx_cs_secret_file_init_process(ngx_cycle_t *cycle, ngx_array_t *files)
{
    ngx_event_t  *ev;

    ngx_rbtree_init(&ngx_cs_secret_found, &ngx_cs_secret_sentinel,
                    ngx_str_rbtree_insert_value);
    ngx_queue_init(&ngx_cs_secret_queue);
    ngx_cs_secret_nfound = 0;

    if (files->nelts == 0) {
        return;
    }

    ev = &ngx_cs_secret_file_event;

    ev->handler = ngx_cs_secret_file_timer;
    ev->data = files;
    ev->log = cycle->log;
    ev->cancelable = 1;

    ngx_add_timer(ev, NGX_CS_SECRET_TIMER);
}


static void
ngx_cs_secret_file_timer(ngx_event_t *ev)
{
    ngx_uint_t             i;
    ngx_array_t           *files;
    ngx_cs_secret_file_t  **slot;

    files = ev->data;
    slot = files->elts;

    for (i = 0; i < files->nelts; i++) {
        ngx_cs_secret_file_reread(slot[i], ev->log);
    }

    ngx_add_timer(ev, NGX_CS_SECRET_TIMER);
}


ngx_str_t *
ngx_cs_secret_file_path(ngx_cs_secret_file_t *file)
{
    return &file->node.str;
}


ngx_cs_secret_file_t *
ngx_cs_secret_file_find(char *directive, ngx_str_t *path, ngx_log_t *log)
{
    uint32_t               hash;
    ngx_cs_secret_file_t  *file;

    hash = ngx_crc32_long(path->data, path->len);

    file = (ngx_cs_secret_file_t *)
           ngx_str_rbtree_lookup(&ngx_cs_secret_found, path, hash);

    if (file) {
        ngx_queue_remove(&file->queue);

        if (file->secret.len == 0
            || ngx_current_msec - file->looked >= NGX_CS_SECRET_LOOK)
        {
            ngx_cs_secret_file_reread(file, log);
        }

    } else {
        file = ngx_cs_secret_file_keep(directive, path, hash, log);
        if (file == NULL) {
            return NULL;
        }
    }

    ngx_queue_insert_head(&ngx_cs_secret_queue, &file->queue);

    return file->secret.len ? file : NULL;
}


/* one that was never read is not kept: it would take the place of another's */

static ngx_cs_secret_file_t *
ngx_cs_secret_file_keep(char *directive, ngx_str_t *path, uint32_t hash,
    ngx_log_t *log)
{
    ngx_queue_t           *q;
    ngx_cs_secret_e        rc;
    ngx_cs_secret_file_t  *file;

    file = ngx_calloc(sizeof(ngx_cs_secret_file_t) + path->len + 1, log);
    if (file == NULL) {
        return NULL;
    }

    file->found = 1;
    file->directive = directive;
    file->node.node.key = hash;
    file->node.str.len = path->len;
    file->node.str.data = (u_char *) (file + 1);
    file->looked = ngx_current_msec;
    ngx_memcpy(file->node.str.data, path->data, path->len);

    file->secret.data = ngx_cs_pages_alloc(NGX_CS_SECRET_PAGES, log);
    if (file->secret.data == NULL) {
        ngx_free(file);
        return NULL;
    }

    rc = ngx_cs_secret_file_read(file);

    if (rc != NGX_CS_SECRET_OK) {
        ngx_log_error(NGX_LOG_ERR, log, file->err, "\"%s\" \"%V\" %s",
                      directive, path, ngx_cs_secret_errors[rc]);

        ngx_cs_pages_free(file->secret.data, NGX_CS_SECRET_PAGES);
        ngx_free(file);

        return NULL;
    }

    if (ngx_cs_secret_nfound == NGX_CS_SECRET_FOUND) {
        q = ngx_queue_last(&ngx_cs_secret_queue);
        ngx_cs_secret_file_drop(ngx_queue_data(q, ngx_cs_secret_file_t, queue));
    }

    ngx_rbtree_insert(&ngx_cs_secret_found, &file->node.node);
    ngx_cs_secret_nfound++;

    return file;
}


static void
ngx_cs_secret_file_drop(ngx_cs_secret_file_t *file)
{
    ngx_queue_remove(&file->queue);
    ngx_rbtree_delete(&ngx_cs_secret_found, &file->node.node);
    ngx_cs_secret_nfound--;

    ngx_cs_pages_free(file->secret.data, NGX_CS_SECRET_PAGES);
    ngx_free(file);
}


ngx_str_t *
ngx_cs_secret_file_get(ngx_cs_secret_file_t *file, ngx_log_t *log)
{
    if (ngx_current_msec - file->looked >= NGX_CS_SECRET_LOOK) {
        ngx_cs_secret_file_reread(file, log);
    }

    return &file->secret;
}


ngx_uint_t
ngx_cs_secret_file_states(ngx_array_t *files,
    ngx_cs_secret_file_state_t *states, ngx_uint_t size, ngx_uint_t *known)
{
    ngx_uint_t             i, n, pass, fails;
    ngx_queue_t           *q;
    ngx_cs_secret_file_t  **slot, *file;

    slot = files->elts;
    n = 0;

    for (pass = 0; pass < 2; pass++) {
        fails = (pass == 0);

        for (i = 0; i < files->nelts && n < size; i++) {
            if ((slot[i]->failing != 0) == fails) {
                ngx_cs_secret_file_state(slot[i], &states[n++]);
            }
        }

        if (ngx_cs_secret_nfound == 0) {
            continue;
        }

        for (q = ngx_queue_head(&ngx_cs_secret_queue);
             q != ngx_queue_sentinel(&ngx_cs_secret_queue) && n < size;
             q = ngx_queue_next(q))
        {
            file = ngx_queue_data(q, ngx_cs_secret_file_t, queue);

            if ((file->failing != 0) == fails) {
                ngx_cs_secret_file_state(file, &states[n++]);
            }
        }
    }

    *known = files->nelts + ngx_cs_secret_nfound;

    return n;
}


static void
ngx_cs_secret_file_state(ngx_cs_secret_file_t *file,
    ngx_cs_secret_file_state_t *state)
{
    state->path = file->node.str;
    state->directive = file->directive;
    state->wrong = file->failing ? ngx_cs_secret_errors[file->last] : NULL;
    state->err = file->failing ? file->err : 0;
    state->read = file->read;
    state->failing = file->failing;
    state->private = file->private;
}


ngx_int_t
ngx_cs_secret_file_refresh(ngx_cs_secret_file_t *file, ngx_str_t *refused,
    ngx_log_t *log)
{
    ngx_cs_secret_file_reread(file, log);

    return (file->secret.len == 0 || ngx_cs_str_eq(&file->secret, refused))
           ? NGX_DECLINED : NGX_OK;
}


/*
 * Keeps the secret it has unless the file has a good one, or, where no
 * configuration names it, is gone.  An error is logged once for each state in
 * which the file is found.
 */

static void
ngx_cs_secret_file_reread(ngx_cs_secret_file_t *file, ngx_log_t *log)
{
    ngx_err_t           err;
    ngx_uint_t          same;
    struct stat         info;
    ngx_cs_secret_e     rc;
    clear_file_stamp_t  stamp;

    file->looked = ngx_current_msec;

    if (file->private) {
        return;
    }

    err = file->err;

    if (stat((char *) file->node.str.data, &info) == -1) {
        file->err = ngx_errno;
        clear_file_stamp(&stamp, NULL);

    } else {
        clear_file_stamp(&stamp, &info);
    }

    same = clear_file_stamp_same(&stamp, &file->stamp) && file->err == err;

    if (same && !file->recent) {
        return;
    }

    rc = stamp.inode ? ngx_cs_secret_file_read(file) : NGX_CS_SECRET_SYSTEM;

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, log, 0,
                   "clear status secret file \"%V\": %d",
                   &file->node.str, rc);

    if (rc != NGX_CS_SECRET_OK) {
        file->stamp = stamp;

        /* it is there: the next try may have what this one had not */

        if (rc == NGX_CS_SECRET_SYSTEM && stamp.inode) {
            file->recent = 1;
        }

        rc = ngx_cs_secret_file_failed(file, rc);

        if (!same || rc != file->last) {
            ngx_log_error(NGX_LOG_ERR, log, file->err, "\"%s\" \"%V\" %s%s",
                          file->directive, &file->node.str,
                          ngx_cs_secret_errors[rc],
                          file->secret.len
                          ? ", the last good one stays in use"
                          : ", who needs it is refused");
        }
    }

    file->last = rc;
}


/* what is wrong; one that is gone was taken away on purpose */

static ngx_cs_secret_e
ngx_cs_secret_file_failed(ngx_cs_secret_file_t *file, ngx_cs_secret_e rc)
{
    if (file->failing == 0) {
        file->failing = ngx_time();
    }

    if (rc != NGX_CS_SECRET_SYSTEM || !file->found
        || (file->err != NGX_ENOENT && file->err != NGX_ENOTDIR))
    {
        return rc;
    }

    ngx_explicit_memzero(file->secret.data, file->secret.len);
    file->secret.len = 0;

    return NGX_CS_SECRET_GONE;
}


static ngx_cs_secret_e
ngx_cs_secret_file_read(ngx_cs_secret_file_t *file)
{
    size_t          len;
    u_char          buf[NGX_CS_SECRET_READ];
    ngx_fd_t        fd;
    ngx_cs_secret_e  rc;

    file->recent = 0;

    /* O_NONBLOCK: a FIFO under that name must not stop a worker */

    fd = open((char *) file->node.str.data, O_RDONLY|O_NONBLOCK|O_CLOEXEC);

    if (fd == -1) {
        file->err = ngx_errno;
        return NGX_CS_SECRET_SYSTEM;
    }

    file->err = 0;

    rc = ngx_cs_secret_file_slurp(file, fd, buf, &len);

    (void) close(fd);

    if (rc == NGX_CS_SECRET_OK) {
        ngx_explicit_memzero(file->secret.data, file->secret.len);
        ngx_memcpy(file->secret.data, buf, len);
        file->secret.len = len;
        file->read = ngx_time();
        file->failing = 0;
    }

    ngx_explicit_memzero(buf, sizeof(buf));

    return rc;
}


static ngx_cs_secret_e
ngx_cs_secret_file_slurp(ngx_cs_secret_file_t *file, ngx_fd_t fd, u_char *buf,
    size_t *len)
{
    size_t       n;
    ssize_t      got;
    struct stat  info;

    if (fstat(fd, &info) == -1) {
        file->err = ngx_errno;
        return NGX_CS_SECRET_SYSTEM;
    }

    clear_file_stamp(&file->stamp, &info);

    if (!S_ISREG(info.st_mode)) {
        return NGX_CS_SECRET_NOT_FILE;
    }

    file->recent = clear_file_stamp_recent(&file->stamp, ngx_time());

    /* room for what is trimmed, and one to see that there is more */

    for (n = 0; n < NGX_CS_SECRET_READ; n += got) {
        got = read(fd, buf + n, NGX_CS_SECRET_READ - n);

        if (got == -1) {
            file->err = ngx_errno;
            return NGX_CS_SECRET_SYSTEM;
        }

        if (got == 0) {
            break;
        }
    }

    n = ngx_cs_secret_file_trim(buf, n);

    if (n > NGX_CS_SECRET_MAX) {
        return NGX_CS_SECRET_TOO_LONG;
    }

    *len = n;

    if (n == 0) {
        return NGX_CS_SECRET_EMPTY;
    }

    return clear_field_value(buf, n) ? NGX_CS_SECRET_OK : NGX_CS_SECRET_BAD;
}


/*
 * Editors put a newline behind a secret, or a byte order mark before it;
 * blanks around a field's value are not a part of it (RFC 9110, section 5.5).
 */

static size_t
ngx_cs_secret_file_trim(u_char *buf, size_t n)
{
    size_t  skip;

    skip = (n >= 3 && ngx_memcmp(buf, "\xef\xbb\xbf", 3) == 0) ? 3 : 0;

    while (skip < n && (buf[skip] == ' ' || buf[skip] == '\t')) {
        skip++;
    }

    while (n > skip && (buf[n - 1] == LF || buf[n - 1] == CR
                        || buf[n - 1] == ' ' || buf[n - 1] == '\t'))
    {
        n--;
    }

    ngx_memmove(buf, buf + skip, n - skip);

    return n - skip;
}
