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
#include <grp.h>
#include <pwd.h>


/* between two looks for a use, and without one, in ms; and how long a change
 * counts as recent, in s */
#define NGX_CS_TOKEN_LOOK    1000
#define NGX_CS_TOKEN_TIMER   2000
#define NGX_CS_TOKEN_RECENT  2


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
static ngx_uint_t ngx_cs_token_file_may_read(ngx_cycle_t *cycle,
    ngx_str_t *path);
static ngx_uint_t ngx_cs_token_file_in_group(ngx_core_conf_t *ccf, gid_t gid);


static ngx_event_t  ngx_cs_token_file_event;


static char  *ngx_cs_token_errors[] = {
    "",
    "cannot be read",
    "is not a regular file",
    "is empty",
    "is too long",
    "contains control characters"
};


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
        if (slot[i]->path.len == path->len
            && ngx_memcmp(slot[i]->path.data, path->data, path->len) == 0)
        {
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
    file->token.data = file->buffer;
    file->looked = ngx_current_msec;

    rc = ngx_cs_token_file_read(file);

    if (rc != NGX_CS_TOKEN_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, file->err,
                           "\"clear_status_auth_token_file\" \"%V\" %s",
                           path, ngx_cs_token_errors[rc]);
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
        if (ngx_cs_token_file_may_read(cycle, &slot[i]->path)) {
            continue;
        }

        slot[i]->private = 1;

        ngx_log_error(NGX_LOG_WARN, cycle->log, 0,
                      "\"clear_status_auth_token_file\" \"%V\" cannot be read "
                      "by the worker processes' user, so a new token takes "
                      "effect only after a reload", &slot[i]->path);
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

    if (file->token.len == refused->len
        && ngx_memcmp(file->token.data, refused->data, refused->len) == 0)
    {
        return NGX_DECLINED;
    }

    return NGX_OK;
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
    u_char          buf[NGX_CS_TOKEN_MAX + 3];
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
    size_t   i, n;
    ssize_t  got;

    if (fstat(fd, &file->info) == -1) {
        file->err = ngx_errno;
        return NGX_CS_TOKEN_SYSTEM;
    }

    if (!S_ISREG(file->info.st_mode)) {
        return NGX_CS_TOKEN_NOT_FILE;
    }

    file->recent = (ngx_time() - file->info.st_mtime < NGX_CS_TOKEN_RECENT);

    /* room for the trailing newline, and one to see that there is more */

    for (n = 0; n < NGX_CS_TOKEN_MAX + 3; n += got) {
        got = read(fd, buf + n, NGX_CS_TOKEN_MAX + 3 - n);

        if (got == -1) {
            file->err = ngx_errno;
            return NGX_CS_TOKEN_SYSTEM;
        }

        if (got == 0) {
            break;
        }
    }

    while (n > 0 && (buf[n - 1] == LF || buf[n - 1] == CR)) {
        n--;
    }

    if (n > NGX_CS_TOKEN_MAX) {
        return NGX_CS_TOKEN_TOO_LONG;
    }

    for (i = 0; i < n; i++) {
        if (buf[i] < 0x20 || buf[i] == 0x7f) {
            return NGX_CS_TOKEN_BAD;
        }
    }

    *len = n;

    return n ? NGX_CS_TOKEN_OK : NGX_CS_TOKEN_EMPTY;
}


/*
 * Whether the workers' user may read a file and search all folders on its
 * way, by owner, group and mode.  Access control lists are not looked at.
 */

static ngx_uint_t
ngx_cs_token_file_may_read(ngx_cycle_t *cycle, ngx_str_t *path)
{
    char              name[NGX_MAX_PATH];
    mode_t            need;
    struct stat       info;
    ngx_core_conf_t  *ccf;

    ccf = (ngx_core_conf_t *) ngx_get_conf(cycle->conf_ctx, ngx_core_module);

    if (ccf->user == 0 || ccf->user == (ngx_uid_t) NGX_CONF_UNSET_UINT) {
        return 1;
    }

    /* links are followed first, or their own folders would be forgotten */

    if (realpath((char *) path->data, name) == NULL) {
        return 0;
    }

    for (need = S_IROTH; name[0]; need = S_IXOTH) {

        if (stat(name, &info) == -1) {
            return 0;
        }

        if (info.st_uid == ccf->user) {
            need <<= 6;

        } else if (ngx_cs_token_file_in_group(ccf, info.st_gid)) {
            need <<= 3;
        }

        if (!(info.st_mode & need)) {
            return 0;
        }

        *strrchr(name, '/') = '\0';
    }

    return 1;
}


static ngx_uint_t
ngx_cs_token_file_in_group(ngx_core_conf_t *ccf, gid_t gid)
{
    int    i, n;
    gid_t  groups[64];

    if (gid == ccf->group) {
        return 1;
    }

    n = sizeof(groups) / sizeof(gid_t);

    if (ccf->username == NULL
        || getgrouplist(ccf->username, ccf->group, groups, &n) == -1)
    {
        return 0;
    }

    for (i = 0; i < n; i++) {
        if (groups[i] == gid) {
            return 1;
        }
    }

    return 0;
}
