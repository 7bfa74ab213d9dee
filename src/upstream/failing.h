/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * How many fetches of a task went down in a row, for tasks of which no zone
 * keeps that: a small table in the breakers' memory and under their lock.
 */


#ifndef _NGX_CS_UPSTREAM_FAILING_H_INCLUDED_
#define _NGX_CS_UPSTREAM_FAILING_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "clear/breaker.h"


#define NGX_CS_FAILING_SETS  512
#define NGX_CS_FAILING_WAYS  4

/* of fetches in a row: as many as an answer has bits for */
#define NGX_CS_FAILING_MAX   255


typedef struct {
    uint64_t                     task;     /* its digest */
    uint32_t                     down;     /* 0: free */
    uint32_t                     used;     /* s */
} ngx_cs_failing_task_t;


typedef struct {
    ngx_cs_failing_task_t        tasks[NGX_CS_FAILING_SETS
                                       * NGX_CS_FAILING_WAYS];
} ngx_cs_failing_t;


/* digest: of tenant and token; task: the task id, hashed */
uint32_t ngx_cs_failing_get(ngx_cs_failing_t *failing, u_char *digest,
    uint32_t task);

/* a fetch ended; down: what the number was before */
void ngx_cs_failing_set(ngx_cs_failing_t *failing, u_char *digest,
    uint32_t task, uint32_t down, clear_upstream_e upstream);

/* the number after a fetch; what tells nothing of the task leaves it */
uint32_t ngx_cs_failing_next(uint32_t down, clear_upstream_e upstream);


#endif /* _NGX_CS_UPSTREAM_FAILING_H_INCLUDED_ */
