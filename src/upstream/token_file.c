/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * A token that is read from a file; see the header.
 *
 * A file is known by its device, inode, size and times.  Times have the
 * kernel's tick for a grain, so that two writes may show the same: a file
 * that was changed a moment before it was read is read once more.
 */


#include "upstream/token_file.h"

#include <ngx_event.h>

#include "clear/field.h"
#include "clear/table.h"
#include "core/may_read.h"
#include "core/str.h"


/* between two looks for a use, and without one, in ms; and how long a change
 * counts as recent, in s */
#define NGX_CS_TOKEN_LOOK    1000
#define NGX_CS_TOKEN_TIMER   2000
#define NGX_CS_TOKEN_RECENT  2

/* so much of a file is read: a byte order mark, the token, CR and LF, and one
 * more */
#define NGX_CS_TOKEN_READ    (NGX_CS_TOKEN_MAX + 6)


typedef enum {
    NGX_CS_TOKEN_OK = 0,
    NGX_CS_TOKEN_SYSTEM,
    NGX_CS_TOKEN_NOT_FILE,
    NGX_CS_TOKEN_EMPTY,
    NGX_CS_TOKEN_TOO_LONG,
    NGX_CS_TOKEN_BAD
} ngx_cs_token_e;


struct ngx_cs_token_file_s {
    ngx_str_t                    path;
    ngx_str_t                    directive; /* that named it first */
    ngx_str_t                    token;     /* data is buffer */
    struct stat                  info;      /* of what was last tried */
    ngx_msec_t                   looked;
    ngx_err_t                    err;       /* of the last try */
    ngx_cs_token_e               last;      /* what the last try brought */
    unsigned                     recent:1;  /* changed a moment before */
    unsigned                     private:1; /* workers may not read it */
    u_char                       buffer[NGX_CS_TOKEN_MAX];
};


static void ngx_cs_token_file_timer(ngx_event_t *ev);
static void ngx_cs_token_file_reread(ngx_cs_token_file_t *file, ngx_log_t *log);
static ngx_uint_t ngx_cs_token_file_same(struct stat *a, struct stat *b);
static ngx_cs_token_e ngx_cs_token_file_read(ngx_cs_token_file_t *file);
static ngx_cs_token_e ngx_cs_token_file_slurp(ngx_cs_token_file_t *file,
    ngx_fd_t fd, u_char *buf, size_t *len);
static size_t ngx_cs_token_file_trim(u_char *buf, size_t n);


static ngx_event_t  ngx_cs_token_file_event;


/* by ngx_cs_token_e */

static char  *ngx_cs_token_errors[] = {
    "",
    "cannot be read",
    "is not a regular file",
    "is empty",
    "is too long",
    "cannot be sent as a header field"
};

clear_table(ngx_cs_token_errors, NGX_CS_TOKEN_BAD);


ngx_cs_token_file_t *
ngx_cs_token_file_add(ngx_conf_t *cf, ngx_array_t *files, ngx_str_t *path)
{
    ngx_uint_t             i;
    ngx_cs_token_e         rc;
    ngx_cs_token_file_t  **slot, *file;

    if (ngx_conf_full_name(cf->cycle, path, 1) != NGX_OK) {
        return NULL;
    }

    slot = files->elts;

    for (i = 0; i < files->nelts; i++) {
        if (ngx_cs_str_eq(&slot[i]->path, path)) {
            return slot[i];
        }
    }

    file = ngx_pcalloc(cf->pool, sizeof(ngx_cs_token_file_t));
    slot = ngx_array_push(files);

    if (file == NULL || slot == NULL) {
        return NULL;
    }

    *slot = file;

    file->path = *path;
    file->directive = *(ngx_str_t *) cf->args->elts;
    file->token.data = file->buffer;
    file->looked = ngx_current_msec;

    rc = ngx_cs_token_file_read(file);

    if (rc != NGX_CS_TOKEN_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, file->err,
                           "\"%V\" \"%V\" %s",
                           &file->directive, path, ngx_cs_token_errors[rc]);
        return NULL;
    }

    return file;
}


void
ngx_cs_token_file_check(ngx_cycle_t *cycle, ngx_array_t *files)
{
    ngx_uint_t             i;
    ngx_cs_token_file_t  **slot;

    if (geteuid() != 0) {
        return;
    }

    slot = files->elts;

    for (i = 0; i < files->nelts; i++) {
        if (ngx_cs_may_read(cycle, &slot[i]->path)) {
            continue;
        }

        slot[i]->private = 1;

        /* as an error, which is what nginx logs by default */

        ngx_log_error(NGX_LOG_ERR, cycle->log, 0,
                      "\"%V\" \"%V\" cannot be read by the worker "
                      "processes' user, so a new token takes effect only "
                      "after a reload", &slot[i]->directive, &slot[i]->path);
    }
}


void
ngx_cs_token_file_init_process(ngx_cycle_t *cycle, ngx_array_t *files)
{
    ngx_event_t  *ev;

    if (files->nelts == 0) {
        return;
    }

    ev = &ngx_cs_token_file_event;

    ev->handler = ngx_cs_token_file_timer;
    ev->data = files;
    ev->log = cycle->log;
    ev->cancelable = 1;

    ngx_add_timer(ev, NGX_CS_TOKEN_TIMER);
}


static void
ngx_cs_token_file_timer(ngx_event_t *ev)
{
    ngx_uint_t             i;
    ngx_array_t           *files;
    ngx_cs_token_file_t  **slot;

    files = ev->data;
    slot = files->elts;

    for (i = 0; i < files->nelts; i++) {
        ngx_cs_token_file_reread(slot[i], ev->log);
    }

    ngx_add_timer(ev, NGX_CS_TOKEN_TIMER);
}


ngx_str_t *
ngx_cs_token_file_path(ngx_cs_token_file_t *file)
{
    return &file->path;
}


ngx_str_t *
ngx_cs_token_file_get(ngx_cs_token_file_t *file, ngx_log_t *log)
{
    if (ngx_current_msec - file->looked >= NGX_CS_TOKEN_LOOK) {
        ngx_cs_token_file_reread(file, log);
    }

    return &file->token;
}


ngx_int_t
ngx_cs_token_file_refresh(ngx_cs_token_file_t *file, ngx_str_t *refused,
    ngx_log_t *log)
{
    ngx_cs_token_file_reread(file, log);

    return ngx_cs_str_eq(&file->token, refused) ? NGX_DECLINED : NGX_OK;
}


/*
 * Keeps the token it has unless the file has a good one.  An error is logged
 * once for each state in which the file is found.
 */

static void
ngx_cs_token_file_reread(ngx_cs_token_file_t *file, ngx_log_t *log)
{
    ngx_uint_t      same;
    struct stat     info;
    ngx_cs_token_e  rc;

    file->looked = ngx_current_msec;

    if (file->private) {
        return;
    }

    if (stat((char *) file->path.data, &info) == -1) {
        file->err = ngx_errno;
        ngx_memzero(&info, sizeof(struct stat));
    }

    same = ngx_cs_token_file_same(&info, &file->info);

    if (same && !file->recent) {
        return;
    }

    rc = info.st_ino ? ngx_cs_token_file_read(file)
                     : NGX_CS_TOKEN_SYSTEM;

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, log, 0,
                   "clear status token file \"%V\": %d", &file->path, rc);

    if (rc != NGX_CS_TOKEN_OK) {
        file->info = info;

        if (!same || rc != file->last) {
            ngx_log_error(NGX_LOG_ERR, log, file->err,
                          "token file \"%V\" %s, the last good token "
                          "stays in use",
                          &file->path, ngx_cs_token_errors[rc]);
        }
    }

    file->last = rc;
}


static ngx_uint_t
ngx_cs_token_file_same(struct stat *a, struct stat *b)
{
    return a->st_dev == b->st_dev
           && a->st_ino == b->st_ino
           && a->st_size == b->st_size
           && a->st_mtim.tv_sec == b->st_mtim.tv_sec
           && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec
           && a->st_ctim.tv_sec == b->st_ctim.tv_sec
           && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}


static ngx_cs_token_e
ngx_cs_token_file_read(ngx_cs_token_file_t *file)
{
    size_t          len;
    u_char          buf[NGX_CS_TOKEN_READ];
    ngx_fd_t        fd;
    ngx_cs_token_e  rc;

    file->recent = 0;

    /* O_NONBLOCK: a FIFO under that name must not stop a worker */

    fd = open((char *) file->path.data, O_RDONLY|O_NONBLOCK|O_CLOEXEC);

    if (fd == -1) {
        file->err = ngx_errno;
        return NGX_CS_TOKEN_SYSTEM;
    }

    file->err = 0;

    rc = ngx_cs_token_file_slurp(file, fd, buf, &len);

    (void) close(fd);

    if (rc == NGX_CS_TOKEN_OK) {
        ngx_explicit_memzero(file->buffer, NGX_CS_TOKEN_MAX);
        ngx_memcpy(file->buffer, buf, len);
        file->token.len = len;
    }

    ngx_explicit_memzero(buf, sizeof(buf));

    return rc;
}


static ngx_cs_token_e
ngx_cs_token_file_slurp(ngx_cs_token_file_t *file, ngx_fd_t fd, u_char *buf,
    size_t *len)
{
    size_t   n;
    ssize_t  got;

    if (fstat(fd, &file->info) == -1) {
        file->err = ngx_errno;
        return NGX_CS_TOKEN_SYSTEM;
    }

    if (!S_ISREG(file->info.st_mode)) {
        return NGX_CS_TOKEN_NOT_FILE;
    }

    file->recent = (ngx_time() - file->info.st_mtime < NGX_CS_TOKEN_RECENT);

    /* room for what is trimmed, and one to see that there is more */

    for (n = 0; n < NGX_CS_TOKEN_READ; n += got) {
        got = read(fd, buf + n, NGX_CS_TOKEN_READ - n);

        if (got == -1) {
            file->err = ngx_errno;
            return NGX_CS_TOKEN_SYSTEM;
        }

        if (got == 0) {
            break;
        }
    }

    n = ngx_cs_token_file_trim(buf, n);

    if (n > NGX_CS_TOKEN_MAX) {
        return NGX_CS_TOKEN_TOO_LONG;
    }

    *len = n;

    if (n == 0) {
        return NGX_CS_TOKEN_EMPTY;
    }

    return clear_field_value(buf, n) ? NGX_CS_TOKEN_OK : NGX_CS_TOKEN_BAD;
}


/*
 * Editors put a newline behind the token, or a byte order mark before it;
 * blanks around a field's value are not a part of it (RFC 9110, section 5.5).
 */

static size_t
ngx_cs_token_file_trim(u_char *buf, size_t n)
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
