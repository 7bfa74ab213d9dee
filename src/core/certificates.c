/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Whom we trust, and who we are, by files; see the header.  Certificate and key
 * are used when both belong together, so one of them may be replaced before the
 * other.
 */


#include "core/certificates.h"

#include "core/may_read.h"


/* between two looks at the files, in ms */
#define NGX_CS_CERTIFICATES_LOOK  1000


static ngx_int_t ngx_cs_certificates_trust(
    ngx_cs_certificates_t *certificates, ngx_cs_pem_log_t *log);
static ngx_int_t ngx_cs_certificates_identity(
    ngx_cs_certificates_t *certificates, ngx_cs_pem_log_t *log);
static void ngx_cs_certificates_private(ngx_cs_certificates_files_t *files,
    ngx_cycle_t *cycle);
static ngx_uint_t ngx_cs_certificates_reread(
    ngx_cs_certificates_t *certificates, ngx_cs_certificates_files_t *files,
    ngx_log_t *log);
static ngx_uint_t ngx_cs_certificates_changed(
    ngx_cs_certificates_files_t *files);
static void ngx_cs_certificates_tried(ngx_cs_certificates_files_t *files,
    ngx_uint_t good);
static void ngx_cs_certificates_expired(ngx_cs_certificates_t *certificates,
    ngx_log_t *log);


ngx_int_t
ngx_cs_certificates_load(ngx_cs_certificates_t *certificates, ngx_log_t *log)
{
    ngx_cs_pem_log_t  to;

    to.log = log;
    to.level = NGX_LOG_EMERG;
    to.end = "";

    certificates->looked = ngx_current_msec;

    if (ngx_cs_certificates_trust(certificates, &to) != NGX_OK
        || ngx_cs_certificates_identity(certificates, &to) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_cs_certificates_expired(certificates, log);

    return NGX_OK;
}


static ngx_int_t
ngx_cs_certificates_trust(ngx_cs_certificates_t *certificates,
    ngx_cs_pem_log_t *log)
{
    time_t       expires;
    X509_STORE  *store;

    if (!certificates->verify) {
        return NGX_OK;
    }

    store = ngx_cs_pem_store(&certificates->trust.file[0],
                             &certificates->trust.file[1], &expires, log);

    ngx_cs_certificates_tried(&certificates->trust, store != NULL);

    if (store == NULL) {
        return NGX_ERROR;
    }

    /* connections that are being made have a reference of their own */

    X509_STORE_free(certificates->store);

    certificates->store = store;

    if (expires != certificates->expires) {
        certificates->expires = expires;
        certificates->told = 0;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_cs_certificates_identity(ngx_cs_certificates_t *certificates,
    ngx_cs_pem_log_t *log)
{
    ngx_cs_pem_pair_t  *pair;

    if (certificates->identity.file[0].path.len == 0) {
        return NGX_OK;
    }

    pair = ngx_cs_pem_pair(&certificates->identity.file[0],
                           &certificates->identity.file[1], log);

    ngx_cs_certificates_tried(&certificates->identity, pair != NULL);

    if (pair == NULL) {
        return NGX_ERROR;
    }

    ngx_cs_pem_release(certificates->pair);
    certificates->pair = pair;

    return NGX_OK;
}


void
ngx_cs_certificates_check(ngx_cs_certificates_t *certificates,
    ngx_cycle_t *cycle)
{
    if (geteuid() != 0) {
        return;
    }

    ngx_cs_certificates_private(&certificates->trust, cycle);
    ngx_cs_certificates_private(&certificates->identity, cycle);
}


static void
ngx_cs_certificates_private(ngx_cs_certificates_files_t *files,
    ngx_cycle_t *cycle)
{
    ngx_uint_t          i;
    ngx_cs_pem_file_t  *file, *other;

    for (i = 0; i < 2; i++) {
        file = &files->file[i];
        other = &files->file[1 - i];

        if (file->path.len == 0 || ngx_cs_may_read(cycle, &file->path)) {
            continue;
        }

        files->private = 1;

        /* a key for root alone is a good habit, so no more than a notice */

        ngx_log_error(NGX_LOG_NOTICE, cycle->log, 0,
                      "\"%s\" \"%V\" cannot be read by the worker processes' "
                      "user, so a new one%s%s%s takes effect only after a "
                      "reload", file->directive, &file->path,
                      other->path.len ? ", or a new \"" : "",
                      other->path.len ? other->directive : "",
                      other->path.len ? "\"," : "");
    }
}


void
ngx_cs_certificates_look(ngx_cs_certificates_t *certificates, ngx_log_t *log)
{
    if (ngx_current_msec - certificates->looked < NGX_CS_CERTIFICATES_LOOK) {
        return;
    }

    certificates->looked = ngx_current_msec;

    if (ngx_cs_certificates_reread(certificates, &certificates->trust, log)) {
        ngx_log_error(NGX_LOG_NOTICE, log, 0,
                      "trusted certificates of %s were read again",
                      certificates->peer);
    }

    if (ngx_cs_certificates_reread(certificates, &certificates->identity, log))
    {
        ngx_log_error(NGX_LOG_NOTICE, log, 0,
                      "the certificate for %s was read again",
                      certificates->peer);
    }

    ngx_cs_certificates_expired(certificates, log);
}


/*
 * 1 where there are new ones in use.  What is read once more, as it had been
 * changed a moment before, is told only if that makes a difference.
 */

static ngx_uint_t
ngx_cs_certificates_reread(ngx_cs_certificates_t *certificates,
    ngx_cs_certificates_files_t *files, ngx_log_t *log)
{
    ngx_int_t         rc;
    ngx_uint_t        i, changed, failed;
    ngx_cs_pem_log_t  to;

    if (files->private) {
        return 0;
    }

    changed = ngx_cs_certificates_changed(files);
    failed = files->failed;

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, log, 0,
                   "clear status certificates \"%V\": changed:%ui",
                   &files->file[0].path, changed);

    if (!changed && !files->recent) {
        return 0;
    }

    to.log = log;
    to.level = (changed || !failed) ? NGX_LOG_ERR : NGX_LOG_DEBUG;
    to.end = ", the last good one stays in use";

    /* the second is not read where the first cannot be, and is no news then */

    for (i = 0; i < 2; i++) {
        clear_file_stamp(&files->file[i].stamp, NULL);
        files->file[i].err = 0;
    }

    rc = (files == &certificates->trust)
         ? ngx_cs_certificates_trust(certificates, &to)
         : ngx_cs_certificates_identity(certificates, &to);

    return rc == NGX_OK && (changed || failed);
}


/* an error is told once for each state in which the files are found */

static ngx_uint_t
ngx_cs_certificates_changed(ngx_cs_certificates_files_t *files)
{
    ngx_uint_t          i, changed;
    struct stat         info;
    ngx_cs_pem_file_t  *file;
    clear_file_stamp_t  stamp;

    changed = 0;

    for (i = 0; i < 2; i++) {
        file = &files->file[i];

        if (file->path.len == 0) {
            continue;
        }

        clear_file_stamp(&stamp, stat((char *) file->path.data, &info) == -1
                                 ? NULL : &info);

        if (!clear_file_stamp_same(&stamp, &file->stamp)) {
            changed = 1;
        }
    }

    return changed;
}


/*
 * One that was changed a moment before is read once more; one that is there and
 * could not be read, as for want of descriptors, until it can.
 */

static void
ngx_cs_certificates_tried(ngx_cs_certificates_files_t *files, ngx_uint_t good)
{
    ngx_uint_t          i;
    struct stat         info;
    ngx_cs_pem_file_t  *file;

    files->recent = 0;
    files->failed = !good;

    for (i = 0; i < 2; i++) {
        file = &files->file[i];

        if (file->path.len == 0) {
            continue;
        }

        /* not looked at, or not there */

        if (file->stamp.inode == 0
            && stat((char *) file->path.data, &info) != -1)
        {
            clear_file_stamp(&file->stamp, &info);
        }

        if (clear_file_stamp_recent(&file->stamp, ngx_time())
            || (file->err && file->err != NGX_EACCES && file->stamp.inode))
        {
            files->recent = 1;
        }
    }
}


static void
ngx_cs_certificates_expired(ngx_cs_certificates_t *certificates,
    ngx_log_t *log)
{
    if (certificates->expires == 0 || certificates->told
        || ngx_time() < certificates->expires)
    {
        return;
    }

    certificates->told = 1;

    ngx_log_error(NGX_LOG_ERR, log, 0,
                  "\"%s\" \"%V\" has expired, no new connection to %s that "
                  "needs it is made until it is renewed",
                  certificates->trust.file[1].directive,
                  &certificates->trust.file[1].path, certificates->peer);
}


void
ngx_cs_certificates_free(ngx_cs_certificates_t *certificates)
{
    X509_STORE_free(certificates->store);
    ngx_cs_pem_release(certificates->pair);
}
