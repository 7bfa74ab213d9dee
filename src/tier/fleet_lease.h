/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * A lease that Redis gave this gateway on an entry: renewed while the fetch is
 * in the air, and ended with what came.  It lives for itself, as Redis is told
 * after the flight has gone.
 */


#ifndef _NGX_CS_TIER_FLEET_LEASE_H_INCLUDED_
#define _NGX_CS_TIER_FLEET_LEASE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "core/answer.h"
#include "core/question.h"
#include "tier/fleet_names.h"


/* until a lease that is not renewed ends, ms */
#define NGX_CS_FLEET_LEASE  2000

/* the longest fence */
#define NGX_CS_FLEET_FENCE  64


typedef struct ngx_cs_fleet_lease_s  ngx_cs_fleet_lease_t;


/* its fetch got no turn for a while: it is to be ended, for others */
typedef void (*ngx_cs_fleet_unsent_pt)(void *data);


/* NULL: no memory.  unsent is called with data unless it was sent or ended */
ngx_cs_fleet_lease_t *ngx_cs_fleet_lease_create(ngx_cs_fleet_t *fleet,
    ngx_cs_fleet_names_t *names, ngx_str_t *fence,
    ngx_cs_fleet_unsent_pt unsent, void *data);

/* its fetch goes out */
void ngx_cs_fleet_lease_sent(ngx_cs_fleet_lease_t *lease);

/*
 * Its flight has ended, with an answer or NULL; the lease is gone for the
 * caller.  What may be another's is given to all, else the lease back.  later:
 * us for which the tenant's next turns are later.
 */
void ngx_cs_fleet_lease_end(ngx_cs_fleet_lease_t *lease,
    ngx_cs_question_t *question, ngx_cs_answer_t *answer, int64_t later);


#endif /* _NGX_CS_TIER_FLEET_LEASE_H_INCLUDED_ */
