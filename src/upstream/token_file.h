/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * A token that is read from a file, and read again when the file changes:
 * after a write, a rename over it, or a change of a symbolic link on its way
 * (as Kubernetes does with secrets).  Each worker looks for itself, every two
 * seconds, and when it is about to use the token and has not looked for one.
 * What cannot be read, or is empty, leaves the last good token in use.  Old
 * tokens are wiped.
 */


#ifndef _NGX_CS_UPSTREAM_TOKEN_FILE_H_INCLUDED_
#define _NGX_CS_UPSTREAM_TOKEN_FILE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/* the longest token, in bytes */
#define NGX_CS_TOKEN_MAX  8192


typedef struct ngx_cs_token_file_s            ngx_cs_token_file_t;


/*
 * At configuration time: reads the token for the first time.  A path that is
 * used before in this configuration shares what was read.
 *
 * files: array of ngx_cs_token_file_t *, all of this configuration.
 * path: as in the directive, relative to the configuration's prefix.
 * Returns NULL on an error, which is logged with file and line.
 */
ngx_cs_token_file_t *ngx_cs_token_file_add(ngx_conf_t *cf, ngx_array_t *files,
    ngx_str_t *path);

/*
 * Once the configuration is read: warns of files that the workers, who run
 * as another user, will not be able to read again.
 */
void ngx_cs_token_file_check(ngx_cycle_t *cycle, ngx_array_t *files);

/*
 * In each worker: looks at all of them from now on.
 */
void ngx_cs_token_file_init_process(ngx_cycle_t *cycle, ngx_array_t *files);

/* its path, as long as the configuration lives */
ngx_str_t *ngx_cs_token_file_path(ngx_cs_token_file_t *file);

/*
 * The token, after a look at the file if the last is a second ago.  The
 * string is valid until the next call; who keeps it copies it.
 */
ngx_str_t *ngx_cs_token_file_get(ngx_cs_token_file_t *file, ngx_log_t *log);

/*
 * Looks at the file now, as upstream refused a token.  Returns NGX_OK where
 * the file's token is another than the one that was refused, else
 * NGX_DECLINED.
 */
ngx_int_t ngx_cs_token_file_refresh(ngx_cs_token_file_t *file,
    ngx_str_t *refused, ngx_log_t *log);


#endif /* _NGX_CS_UPSTREAM_TOKEN_FILE_H_INCLUDED_ */
