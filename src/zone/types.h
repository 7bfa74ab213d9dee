/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What a zone gives out: plain data for those who use one and for those it
 * is made of.
 */


#ifndef _NGX_CS_ZONE_TYPES_H_INCLUDED_
#define _NGX_CS_ZONE_TYPES_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "core/limits.h"


/* of a zone's id, in bytes */
#define NGX_CS_ZONE_ID  16

/* identifies one flight for one key; 0 is no flight */
typedef uint64_t  ngx_cs_ticket_t;


/* what a look-up or a flight brought; bodies are copied into the pool */

typedef struct {
    clear_choice_e               choice;   /* what answer is, for a look-up */
    ngx_cs_answer_t              answer;
    ngx_cs_answer_t              stale;    /* with an error: the stored success
                                              that may be served instead; its
                                              body.data is NULL if none */
    int64_t                      again;    /* with CLEAR_SERVE_STALE: when a
                                              fetch is due; mono, ms */
    ngx_cs_source_e              unasked;  /* likewise: who keeps it from being
                                              asked for; 0: a stored error */
    uint64_t                     stripe;   /* of a flight that ended: see
                                              ngx_cs_zone_stripe() */
    int64_t                      seen;     /* with a lease: when the task was
                                              first asked for; mono, ms */
    ngx_uint_t                   down;     /* with a lease: how many fetches of
                                              the task went down in a row */
    unsigned                     stored:1;   /* answer was stored */
    unsigned                     too_large:1;   /* for the zone, though it
                                                   should be stored */
    unsigned                     unwanted:1;   /* of a flight: nobody waits for
                                                  it here any more */
    unsigned                     expired:1;  /* with CLEAR_FETCH: an answer is
                                                stored, but no longer fresh */
} ngx_cs_outcome_t;


/*
 * What goes to and fro between a zone and who uses it, from the first look-up
 * to the end of a flight.  Who uses it sets the first five.
 */

typedef struct {
    ngx_shm_zone_t              *shm_zone;   /* NULL: nothing is cached */
    ngx_cs_key_t                *key;
    clear_freshness_conf_t      *freshness;
    ngx_cs_limits_t             *limits;     /* the caller's own */
    ngx_pool_t                  *pool;       /* for bodies that come out */
    ngx_cs_ticket_t              ticket;     /* 0: no flight */
    uint64_t                     purges;     /* before it */
    ngx_cs_outcome_t             outcome;
} ngx_cs_lookup_t;


/* somebody says that a task changed */

#define NGX_CS_NOTICE_WAIT  50            /* for a fetch that was sent, ms */

typedef struct {
    int64_t                      since;      /* mono, ms */
    int64_t                      wait;       /* ms, until it may be asked for
                                                again */
    ngx_uint_t                   known;      /* somebody waits for it here */
} ngx_cs_notice_t;


/* what entries are counted under: clear_workflow_e, and two more */

#define NGX_CS_STATE_NONE   CLEAR_WORKFLOW_NONE
#define NGX_CS_STATE_ERROR  (CLEAR_WORKFLOW_OTHER + 1)
#define NGX_CS_STATES       (NGX_CS_STATE_ERROR + 1)

extern ngx_str_t  ngx_cs_states[];        /* what they are called */


typedef struct {
    uint64_t                     entries[NGX_CS_STATES];
    uint64_t                     evictions[NGX_CS_STATES];
    uint64_t                     too_large;   /* answers, never stored */
    uint64_t                     readers;     /* that copy out right now */
    uint64_t                     unsaved;     /* finished answers, yet to be
                                                 saved or being saved */
    uint64_t                     lost;        /* evicted before they were */
    uint64_t                     used;        /* bytes */
    uint64_t                     free;        /* bytes */
} ngx_cs_zone_stat_t;


/*
 * A walk through a zone for a task id, whoever's, or for all; it begins with
 * the task id, or none, and zeroes.
 */

typedef struct {
    ngx_str_t                    task_id;  /* that is looked for */
    uint32_t                     bucket;   /* of the index */
    ngx_cs_key_t                 at;       /* the entry looked at last */
    u_char                      *buf;      /* where that key's strings lie */
    size_t                       size;
} ngx_cs_walk_t;


/* a purge, which begins with zeroes but for what is to go */

typedef struct {
    ngx_cs_walk_t                walk;     /* of the task, or of all */
    ngx_uint_t                 (*match)(ngx_str_t *tenant, void *data);
                                           /* 1: it goes; NULL: whatever */
    void                        *data;
    ngx_uint_t                   purged;   /* entries, so far */
} ngx_cs_purge_t;


/* what a walk saw: one entry */

typedef struct {
    ngx_str_t                    tenant;   /* until the next step */
    ngx_uint_t                   state;    /* NGX_CS_STATE_* */
    ngx_cs_answer_t              good;     /* a success, if has_good */
    ngx_cs_answer_t              error;    /* the last error, if has_error */
    unsigned                     has_good:1;
    unsigned                     has_error:1;
    unsigned                     flying:1;
} ngx_cs_walked_t;


#endif /* _NGX_CS_ZONE_TYPES_H_INCLUDED_ */
