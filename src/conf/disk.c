/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The directive clear_status_disk; see the header.  In a build without SQLite
 * it is known, and refused.
 */


#include "conf/disk.h"

#if (NGX_CS_HAVE_SQLITE)
#include "core/block.h"
#include "core/str.h"
#include "request/credentials.h"
#include "tier/disk.h"
#include "tier/disk_writer.h"
#include "zone/zone.h"
#endif


#if (NGX_CS_HAVE_SQLITE)

#include <ngx_thread_pool.h>


#define NGX_CS_DISK_SIZE         ((off_t) 1024 * 1024 * 1024)
#define NGX_CS_DISK_SIZE_MIN     (1024 * 1024)

/* in ms */
#define NGX_CS_DISK_KEEP         ((int64_t) 30 * 24 * 3600 * 1000)
#define NGX_CS_DISK_KEEP_MAX     ((int64_t) 3650 * 24 * 3600 * 1000)
#define NGX_CS_DISK_TIMEOUT_     50
#define NGX_CS_DISK_TIMEOUT_MAX  60000

#define NGX_CS_DISK_NAME         "answers.db"


static char *ngx_cs_disk_parameter(ngx_conf_t *cf, ngx_cs_disk_t *disk,
    ngx_str_t *value);
static char *ngx_cs_disk_path(ngx_conf_t *cf, ngx_cs_disk_t *disk,
    ngx_str_t *value);
static char *ngx_cs_disk_add(ngx_conf_t *cf, ngx_cs_main_conf_t *cmcf,
    ngx_cs_disk_t *disk);


char *
ngx_cs_set_disk(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_cs_main_conf_t *cmcf = conf;

    char           *rc;
    ngx_str_t      *value;
    ngx_uint_t      i;
    ngx_cs_disk_t  *disk;

    disk = ngx_pcalloc(cf->pool, sizeof(ngx_cs_disk_t));
    if (disk == NULL) {
        return NGX_CONF_ERROR;
    }

    disk->max_size = NGX_CONF_UNSET;
    disk->keep = NGX_CONF_UNSET;
    disk->timeout = NGX_CONF_UNSET_MSEC;
    disk->id_of = ngx_cs_credentials_id_of;

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {
        rc = ngx_cs_disk_parameter(cf, disk, &value[i]);

        if (rc == NULL) {
            continue;
        }

        if (rc != NGX_CONF_ERROR) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\" in \"%V\": %s",
                               &value[i], &cmd->name, rc);
        }

        return NGX_CONF_ERROR;
    }

    if (disk->zone.data == NULL || disk->path == NULL) {
        return "needs zone=NAME and a PATH";
    }

    ngx_conf_init_value(disk->max_size, NGX_CS_DISK_SIZE);
    ngx_conf_init_value(disk->keep, NGX_CS_DISK_KEEP);
    ngx_conf_init_msec_value(disk->timeout, NGX_CS_DISK_TIMEOUT_);

    return ngx_cs_disk_add(cf, cmcf, disk);
}


/* NULL where it is fine, else what is wrong with it */

static char *
ngx_cs_disk_parameter(ngx_conf_t *cf, ngx_cs_disk_t *disk, ngx_str_t *value)
{
    ngx_str_t  s;
    ngx_int_t  ms;

    if (ngx_strncmp(value->data, "zone=", 5) == 0) {
        if (disk->zone.data) {
            return "it is there already";
        }

        disk->zone.data = value->data + 5;
        disk->zone.len = value->len - 5;

        return disk->zone.len ? NULL : "the name is empty";
    }

    if (ngx_strncmp(value->data, "max_size=", 9) == 0) {
        if (disk->max_size != NGX_CONF_UNSET) {
            return "it is there already";
        }

        s.data = value->data + 9;
        s.len = value->len - 9;

        disk->max_size = ngx_parse_offset(&s);

        return (disk->max_size == NGX_ERROR) ? "it is no size"
               : (disk->max_size < NGX_CS_DISK_SIZE_MIN)
                 ? "at least 1m is needed" : NULL;
    }

    if (ngx_strncmp(value->data, "keep=", 5) == 0) {
        if (disk->keep != NGX_CONF_UNSET) {
            return "it is there already";
        }

        s.data = value->data + 5;
        s.len = value->len - 5;

        ms = ngx_parse_time(&s, 0);
        disk->keep = ms;

        return (ms == NGX_ERROR) ? "it is no time"
               : (ms < 1000 || ms > NGX_CS_DISK_KEEP_MAX)
                 ? "it must be from 1s to 3650d" : NULL;
    }

    if (ngx_strncmp(value->data, "timeout=", 8) == 0) {
        if (disk->timeout != NGX_CONF_UNSET_MSEC) {
            return "it is there already";
        }

        s.data = value->data + 8;
        s.len = value->len - 8;

        ms = ngx_parse_time(&s, 0);
        disk->timeout = ms;

        return (ms == NGX_ERROR) ? "it is no time"
               : (ms == 0 || ms > NGX_CS_DISK_TIMEOUT_MAX)
                 ? "it must be from 1ms to 60s" : NULL;
    }

    return ngx_cs_disk_path(cf, disk, value);
}


static char *
ngx_cs_disk_path(ngx_conf_t *cf, ngx_cs_disk_t *disk, ngx_str_t *value)
{
    u_char           *p;
    ngx_path_t       *path;
    ngx_file_info_t   fi;

    if (disk->path) {
        return "there is a PATH already";
    }

    if (value->len == 0) {
        return "the PATH is empty";
    }

    path = ngx_pcalloc(cf->pool, sizeof(ngx_path_t));
    if (path == NULL) {
        return NGX_CONF_ERROR;
    }

    path->name = *value;

    while (path->name.len > 1
           && path->name.data[path->name.len - 1] == '/')
    {
        path->name.data[--path->name.len] = '\0';
    }

    if (ngx_conf_full_name(cf->cycle, &path->name, 0) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    if (path->name.len + sizeof("/" NGX_CS_DISK_NAME ".damaged")
        > NGX_MAX_PATH)
    {
        return "the PATH is too long";
    }

    /* nginx makes the folder later, and takes whatever is there for one */

    if (ngx_file_info(path->name.data, &fi) != NGX_FILE_ERROR
        && !ngx_is_dir(&fi))
    {
        return "the PATH is not a folder";
    }

    p = ngx_pnalloc(cf->pool, path->name.len + sizeof("/" NGX_CS_DISK_NAME));
    if (p == NULL) {
        return NGX_CONF_ERROR;
    }

    (void) ngx_sprintf(p, "%V/%s%Z", &path->name, NGX_CS_DISK_NAME);

    path->manager = ngx_cs_disk_writer;
    path->data = disk;
    path->conf_file = cf->conf_file->file.name.data;
    path->line = cf->conf_file->line;

    disk->path = path;
    disk->file = (char *) p;
    disk->conf_file = path->conf_file;
    disk->line = path->line;

    return NULL;
}


static char *
ngx_cs_disk_add(ngx_conf_t *cf, ngx_cs_main_conf_t *cmcf, ngx_cs_disk_t *disk)
{
    ngx_uint_t       i;
    ngx_cs_disk_t  **disks, **slot;

    disks = cmcf->disks.elts;

    for (i = 0; i < cmcf->disks.nelts; i++) {
        if (ngx_cs_str_eq(&disks[i]->zone, &disk->zone)) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "zone \"%V\" has a \"clear_status_disk\" "
                               "already in %s:%ui",
                               &disk->zone, disks[i]->conf_file,
                               disks[i]->line);
            return NGX_CONF_ERROR;
        }
    }

    /* nginx refuses a PATH that is used twice, and makes the folder */

    if (ngx_add_path(cf, &disk->path) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    disk->threads = ngx_thread_pool_add(cf, NULL);
    slot = ngx_array_push(&cmcf->disks);

    if (disk->threads == NULL || slot == NULL) {
        return NGX_CONF_ERROR;
    }

    *slot = disk;

    return NGX_CONF_OK;
}


ngx_int_t
ngx_cs_disk_init_conf(ngx_conf_t *cf, ngx_cs_main_conf_t *cmcf)
{
    u_char          *p;
    ngx_str_t        name;
    ngx_uint_t       i;
    ngx_cs_disk_t  **disks, *disk;

    disks = cmcf->disks.elts;

    for (i = 0; i < cmcf->disks.nelts; i++) {
        disk = disks[i];
        disk->shm_zone = ngx_cs_zone_by_name(cmcf, &disk->zone);

        if (disk->shm_zone == NULL) {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "unknown zone \"%V\" in \"clear_status_disk\" in "
                          "%s:%ui",
                          &disk->zone, disk->conf_file, disk->line);
            return NGX_ERROR;
        }

        /* of the folder's: another one has other purges */

        p = ngx_pnalloc(cf->pool, sizeof("clear_status disk ")
                                  + disk->path->name.len);
        if (p == NULL) {
            return NGX_ERROR;
        }

        name.data = p;
        name.len = ngx_sprintf(p, "clear_status disk %V", &disk->path->name)
                   - p;

        disk->block = ngx_cs_block_add(cf, &name, sizeof(ngx_cs_disk_block_t),
                                       &ngx_clear_status_module);
        if (disk->block == NULL) {
            return NGX_ERROR;
        }

        ngx_cs_zone_save(disk->shm_zone);
    }

    return NGX_OK;
}


#else

char *
ngx_cs_set_disk(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
#if !(NGX_THREADS)
    return "needs an nginx with threads (--with-threads)";
#else
    return "needs a module that was built with libsqlite3, and this was not";
#endif
}


ngx_int_t
ngx_cs_disk_init_conf(ngx_conf_t *cf, ngx_cs_main_conf_t *cmcf)
{
    return NGX_OK;
}

#endif
