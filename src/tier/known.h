/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Whether other gateways know of a task that this one's zone does not have.
 */


#ifndef _NGX_CS_TIER_KNOWN_H_INCLUDED_
#define _NGX_CS_TIER_KNOWN_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "core/question.h"


typedef struct ngx_cs_known_s  ngx_cs_known_t;


/* what they know */

typedef enum {
    NGX_CS_KNOWN_NOT = 0,
    NGX_CS_KNOWN_UNFINISHED,
    NGX_CS_KNOWN_FINISHED
} ngx_cs_known_e;


/* called once, from the event loop */
typedef void (*ngx_cs_known_pt)(void *data, ngx_cs_known_e known);


/*
 * question and pool live until the handler is called, or it is cancelled.
 * Returns NULL where there are no others, or none can be asked now; else
 * handler will be called.
 */
ngx_cs_known_t *ngx_cs_known_ask(ngx_pool_t *pool, ngx_shm_zone_t *shm_zone,
    ngx_cs_question_t *question, ngx_cs_known_pt handler, void *data);

/* handler is not called any more; known may be NULL, or have been told */
void ngx_cs_known_cancel(ngx_cs_known_t *known);


#endif /* _NGX_CS_TIER_KNOWN_H_INCLUDED_ */
