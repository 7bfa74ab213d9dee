/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * A tier: who may know an answer that the zone does not have.  Tiers are asked
 * in turn (tier/chain.h), each as to one question, on the event loop; none may
 * block there.
 */


#ifndef _NGX_CS_TIER_TIER_H_INCLUDED_
#define _NGX_CS_TIER_TIER_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "core/answer.h"
#include "core/question.h"
#include "zone/zone.h"


#define NGX_CS_TIERS  3


typedef struct ngx_cs_asking_s  ngx_cs_asking_t;


/*
 * How the tier that was asked, and whose ask() returned NGX_OK, answers.
 * rc: NGX_OK: *answer is it; NGX_DECLINED: not here, the next tier is asked;
 * NGX_ERROR: no memory for it.  asking may be gone afterwards.
 */
typedef void (*ngx_cs_told_pt)(ngx_cs_asking_t *asking, ngx_int_t rc,
    ngx_cs_answer_t *answer);


/*
 * One walk down the chain.  Embedded in a flight, which sets the first block;
 * it and all that it points to live until done() was called.
 */

struct ngx_cs_asking_s {
    ngx_cs_question_t           *question;
    ngx_cs_lookup_t             *lookup;    /* the zone, if there is one, and
                                               the lease */
    ngx_pool_t                  *pool;      /* where bodies go */
    ngx_log_t                   *log;
    void                        *data;

    /* the answer; called once, from the event loop */
    void                       (*done)(void *data, ngx_cs_answer_t *answer);

    /* upstream was asked now; until then it may be cancelled */
    void                       (*sent)(void *data);

    /* the chain's */
    ngx_uint_t                   tier;      /* that is asked now */
    unsigned                     elsewhere:1;  /* another gateway's fetch is
                                               in the air */
    ngx_cs_told_pt               told;

    /*
     * For a tier that declined, with what ask() left in its place: those below
     * it are not to be asked any more.  NGX_OK: it will call told() instead;
     * NGX_DECLINED: it is too late for that.
     */
    ngx_int_t                  (*recall)(ngx_cs_asking_t *asking, void *state);

    void                       (*asked)(ngx_cs_asking_t *asking);  /* by
                                               upstream: it was sent */
    void                        *state[NGX_CS_TIERS];  /* each tier's own */
};


/* ask is required, the others are optional */

typedef struct {
    char                        *name;      /* as callers and metrics see it */

    /*
     * NGX_OK        asked: it will call asking->told() once, from the event
     *               loop
     * NGX_DONE      *answer is it
     * NGX_DECLINED  not here: the next tier is asked
     * NGX_ERROR     no memory
     */
    ngx_int_t                  (*ask)(ngx_cs_asking_t *asking,
                                    ngx_cs_answer_t *answer);

    /*
     * For a tier that declined: upstream is asked now.  state: what ask() left
     * in its place, or NULL
     */
    void                       (*sent)(ngx_cs_asking_t *asking, void *state);

    /* and: what one below it told, whatever it is, or NULL where nothing will
       come */
    void                       (*ended)(ngx_cs_asking_t *asking, void *state,
                                    ngx_cs_answer_t *answer);

    /* for the tier that was asked: somebody waits for the answer now */
    void                       (*hurry)(ngx_cs_asking_t *asking);

    /*
     * For the tier that was asked: nobody waits for the answer any more.
     * NGX_OK: it will not tell, NGX_DECLINED: it is too late for that
     */
    ngx_int_t                  (*cancel)(ngx_cs_asking_t *asking);
} ngx_cs_tier_t;


#endif /* _NGX_CS_TIER_TIER_H_INCLUDED_ */
