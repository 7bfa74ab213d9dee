/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Who in this worker listens for news of an entry in Redis.  There are 64
 * channels for all entries; one is subscribed to while somebody listens, and
 * for some seconds after.
 */


#ifndef _NGX_CS_TIER_FLEET_EARS_H_INCLUDED_
#define _NGX_CS_TIER_FLEET_EARS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "tier/fleet_types.h"


typedef struct ngx_cs_fleet_ear_s      ngx_cs_fleet_ear_t;
typedef struct ngx_cs_fleet_channel_s  ngx_cs_fleet_channel_t;


/*
 * Called from the event loop: something happened to the entry, or may have:
 * whoever listens looks.
 */
typedef void (*ngx_cs_fleet_heard_pt)(ngx_cs_fleet_ear_t *ear);


/* embedded in what listens, which sets the first block; the rest is zero */

struct ngx_cs_fleet_ear_s {
    u_char                      *hex;       /* NGX_CS_FLEET_HEX digits */
    ngx_cs_fleet_heard_pt        heard;
    void                        *data;

    ngx_queue_t                  queue;
    ngx_cs_fleet_channel_t      *channel;   /* NULL: it is not open */
    ngx_event_t                  event;     /* heard() will be called */
    unsigned                     listens:1;
    unsigned                     sure:1;    /* since it was opened, or heard()
                                               was called last, nothing was
                                               missed */
};


/*
 * From now on it hears what comes, without asking for anything.
 * NGX_OK or NGX_ERROR: no memory.
 */
ngx_int_t ngx_cs_fleet_ear_open(ngx_cs_fleet_t *fleet,
    ngx_cs_fleet_ear_t *ear);

/*
 * From now on nothing is to be missed.  NGX_OK: so it is, since it was opened;
 * NGX_AGAIN: heard() will be called once that is so.  Not for a channel that
 * is off for good: who listens has a timer too.
 */
ngx_int_t ngx_cs_fleet_ear_listen(ngx_cs_fleet_ear_t *ear);

/* nothing where it is not open */
void ngx_cs_fleet_ear_close(ngx_cs_fleet_ear_t *ear);


#endif /* _NGX_CS_TIER_FLEET_EARS_H_INCLUDED_ */
