/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Whether the workers will be able to read a file; see the header.
 */


#include "core/may_read.h"

#include <grp.h>
#include <pwd.h>


static ngx_uint_t ngx_cs_may_read_group(ngx_core_conf_t *ccf, gid_t gid);


ngx_uint_t
ngx_cs_may_read(ngx_cycle_t *cycle, ngx_str_t *path)
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

        } else if (ngx_cs_may_read_group(ccf, info.st_gid)) {
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
ngx_cs_may_read_group(ngx_core_conf_t *ccf, gid_t gid)
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
