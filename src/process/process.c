/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * A process's beginning and end; see the header.
 */


#include "process/process.h"

#include "core/counters.h"
#include "core/failures.h"
#include "core/secret_file.h"
#include "core/wake.h"
#include "fetch/fetch.h"
#include "flight/flight.h"
#include "operator/history.h"
#if (NGX_CS_HAVE_HIREDIS)
#include "redis/redis.h"
#include "tier/fleets.h"
#endif
#include "request/hold.h"
#include "request/notify.h"
#if (NGX_CS_HAVE_SQLITE)
#include "tier/disk.h"
#endif
#include "upstream/bare.h"
#include "upstream/breakers.h"
#include "upstream/rate.h"
#include "zone/spill.h"
#include "zone/zone.h"


static ngx_cs_main_conf_t *ngx_cs_process_conf(ngx_cycle_t *cycle);
static void ngx_cs_process_woken(void);


/* the small shared memories */

static ngx_cs_block_t  *ngx_cs_process_blocks[] = {
    &ngx_cs_breakers_block,
    &ngx_cs_rate_block,
    &ngx_cs_counters_block,
    &ngx_cs_failures_block,
    &ngx_cs_bare_block,
    &ngx_cs_history_block,
    NULL
};


ngx_int_t
ngx_cs_process_init_conf(ngx_conf_t *cf, ngx_cs_main_conf_t *cmcf)
{
    cmcf->blocks = ngx_cs_blocks_add(cf, ngx_cs_process_blocks,
                                     &ngx_clear_status_module);

    return cmcf->blocks ? NGX_OK : NGX_ERROR;
}


ngx_int_t
ngx_cs_process_init_module(ngx_cycle_t *cycle)
{
    ngx_cs_main_conf_t  *cmcf;

    cmcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_clear_status_module);

    if (cmcf == NULL || !cmcf->used) {
        return NGX_OK;
    }

    ngx_cs_secret_file_check(cycle, &cmcf->token_files);
    ngx_cs_fetch_init_module(cycle);

#if (NGX_CS_HAVE_HIREDIS)
    ngx_cs_redis_init_module(cycle, &cmcf->redises);
#endif

    if (ngx_cs_wake_init_module(cycle) != NGX_OK
        || ngx_cs_spill_init_module(cycle) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


static void
ngx_cs_process_woken(void)
{
    ngx_cs_flight_wake();
    ngx_cs_hold_wake();
#if (NGX_CS_HAVE_HIREDIS)
    ngx_cs_fleet_wake();
#endif
}


static void
ngx_cs_process_quit(void)
{
    ngx_cs_hold_quit();
    ngx_cs_flight_quit();
}


/* NULL: in the cache manager and loader, which come here too, or not used */

static ngx_cs_main_conf_t *
ngx_cs_process_conf(ngx_cycle_t *cycle)
{
    ngx_cs_main_conf_t  *cmcf;

    cmcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_clear_status_module);

    return (cmcf && cmcf->used
            && (ngx_process == NGX_PROCESS_WORKER
                || ngx_process == NGX_PROCESS_SINGLE))
           ? cmcf : NULL;
}


ngx_int_t
ngx_cs_process_init(ngx_cycle_t *cycle)
{
    ngx_uint_t           i;
    ngx_shm_zone_t     **zones;
    ngx_cs_main_conf_t  *cmcf;

    cmcf = ngx_cs_process_conf(cycle);

    if (cmcf == NULL) {
        return NGX_OK;
    }

    ngx_cs_blocks_init_process(ngx_cs_process_blocks, cmcf->blocks);
    ngx_cs_counters_init_process();
    ngx_cs_history_init_process(cycle, cmcf->dashboard);

    if (ngx_cs_fetch_init_process(cycle) != NGX_OK
        || ngx_cs_flight_init_process(cycle, ngx_cs_hold_landed) != NGX_OK
        || ngx_cs_wake_init_process(cycle,
                                    ngx_cs_process_woken,
                                    ngx_cs_process_quit)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_cs_hold_init_process();
    ngx_cs_notify_init_process();

    ngx_cs_secret_file_init_process(cycle, &cmcf->token_files);

    zones = cmcf->zones.elts;

    for (i = 0; i < cmcf->zones.nelts; i++) {
        ngx_cs_zone_attach(zones[i], cycle->log);
    }

#if (NGX_CS_HAVE_SQLITE)
    ngx_cs_disk_init_process(&cmcf->disks);
#endif

#if (NGX_CS_HAVE_HIREDIS)
    if (ngx_cs_redis_init_process(cycle, &cmcf->redises) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ngx_cs_fleet_init_process(&cmcf->fleets) != NGX_OK) {
        return NGX_ERROR;
    }
#endif

    return NGX_OK;
}


void
ngx_cs_process_exit(ngx_cycle_t *cycle)
{
    ngx_uint_t           i;
    ngx_shm_zone_t     **zones;
    ngx_cs_main_conf_t  *cmcf;

    cmcf = ngx_cs_process_conf(cycle);

    if (cmcf == NULL) {
        return;
    }

    ngx_cs_fetch_exit_process(cycle);

#if (NGX_CS_HAVE_SQLITE)
    ngx_cs_disk_exit_process();
#endif

#if (NGX_CS_HAVE_HIREDIS)
    ngx_cs_redis_exit_process(&cmcf->redises);
#endif

    zones = cmcf->zones.elts;

    for (i = 0; i < cmcf->zones.nelts; i++) {
        ngx_cs_zone_detach(zones[i]);
    }

    ngx_cs_wake_exit_process(cycle);
    ngx_cs_counters_exit_process();
}
