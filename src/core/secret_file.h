/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * A secret, a token or a password, that is read from a file, and read again
 * when the file changes: after a write, a rename over it, or a change of a
 * symbolic link on its way (as Kubernetes does with secrets).  Each worker
 * looks for itself, when it is about to use the secret and has not looked for
 * a second; files that the configuration names also every two seconds.  What
 * cannot be read, or is empty, leaves the last good secret in use; only one
 * that no configuration names is used no more when its file is gone.  Old
 * secrets are wiped, and none is in a core file.
 */


#ifndef _NGX_CS_CORE_SECRET_FILE_H_INCLUDED_
#define _NGX_CS_CORE_SECRET_FILE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/* the longest secret, in bytes */
#define NGX_CS_SECRET_MAX  8192

/* the directive of most of them */
#define NGX_CS_TOKEN_FILE  "clear_status_auth_token_file"


typedef struct ngx_cs_secret_file_s            ngx_cs_secret_file_t;


/*
 * At configuration time: reads the secret for the first time.  A path that is
 * used before in this configuration shares what was read.
 *
 * files: array of ngx_cs_secret_file_t *, all of this configuration.
 * path: as in the directive, relative to the configuration's prefix.
 * Returns NULL on an error, which is logged with file and line.
 */
ngx_cs_secret_file_t *ngx_cs_secret_file_add(ngx_conf_t *cf,
    ngx_array_t *files, ngx_str_t *path);

/*
 * Once the configuration is read: tells of files that the workers, who run
 * as another user, will not be able to read again.
 */
void ngx_cs_secret_file_check(ngx_cycle_t *cycle, ngx_array_t *files);

/*
 * In each worker: looks at all of them from now on.
 */
void ngx_cs_secret_file_init_process(ngx_cycle_t *cycle, ngx_array_t *files);

/* its path, as long as the configuration lives */
ngx_str_t *ngx_cs_secret_file_path(ngx_cs_secret_file_t *file);

/*
 * In a worker: a file that no configuration names, after a look at it if the
 * last is a second ago.  Some 1,000 of them are kept; the one that was used
 * last stays longest.
 *
 * path: whole; it is copied.
 * Returns NULL where it was never read and cannot be, which is logged, or is
 * gone, which is logged once.  What is returned is valid until the next call.
 */
ngx_cs_secret_file_t *ngx_cs_secret_file_find(char *directive,
    ngx_str_t *path, ngx_log_t *log);

/*
 * The secret, after a look at the file if the last is a second ago.  The
 * string is valid until the next call; who keeps it copies it.  It is
 * terminated by a NUL that its length does not count.
 */
ngx_str_t *ngx_cs_secret_file_get(ngx_cs_secret_file_t *file, ngx_log_t *log);

/* what this worker knows of a file, for people; never what is in it */

typedef struct {
    ngx_str_t                    path;
    char                        *directive;
    const char                  *wrong;    /* at the last look; NULL: nothing */
    ngx_err_t                    err;      /* why it cannot be read, or 0 */
    time_t                       read;     /* the secret in use; wall, s */
    time_t                       failing;  /* since when; wall, s; 0: not */
    ngx_uint_t                   private;  /* 1: it is read at a reload only */
} ngx_cs_secret_file_state_t;

/*
 * Those of files, and those that no configuration names, size of them at
 * most; what fails comes first.  Paths are valid until another function is
 * called.  Returns how many states has now; *known receives how many there
 * are.
 */
ngx_uint_t ngx_cs_secret_file_states(ngx_array_t *files,
    ngx_cs_secret_file_state_t *states, ngx_uint_t size, ngx_uint_t *known);

/*
 * Looks at the file now, as somebody refused a secret.  Returns NGX_OK where
 * the file's secret is another than the one that was refused, else
 * NGX_DECLINED.
 */
ngx_int_t ngx_cs_secret_file_refresh(ngx_cs_secret_file_t *file,
    ngx_str_t *refused, ngx_log_t *log);


#endif /* _NGX_CS_CORE_SECRET_FILE_H_INCLUDED_ */
