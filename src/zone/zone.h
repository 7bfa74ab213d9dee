/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The shared memory that holds answers, for all workers and over reloads:
 * find, lease, store, evict.  It alone takes the zone's mutex.  It knows keys,
 * answers and the plain floor's freshness; nothing of requests, configuration
 * or libcurl.
 *
 * A lease is the mark that some worker flies for a key.  Who finds a lease
 * taken registers as a watcher and is given a ticket; when the lease's owner
 * completes, it learns which workers to wake (core/wake.h), and
 * each watcher collects the flight's own result with its ticket, also one
 * that may not be stored.
 */


#ifndef _NGX_CS_ZONE_ZONE_H_INCLUDED_
#define _NGX_CS_ZONE_ZONE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "zone/types.h"


#define NGX_CS_ZONE_MIN  (64 * 1024)


/*
 * Declares a zone at configuration time.  tag: the module.  Returns NULL on an
 * error that is logged.
 */
ngx_shm_zone_t *ngx_cs_zone_add(ngx_conf_t *cf, ngx_str_t *name, size_t size,
    void *tag);

/*
 * In each worker, before any other call: takes a slot in the zone, and takes
 * back what slots of dead processes held (leases, reservations, pins).
 * *wake: receives the workers that watch what was taken back.
 */
ngx_int_t ngx_cs_zone_attach(ngx_shm_zone_t *shm_zone, uint64_t *wake,
    ngx_log_t *log);

/* when a worker leaves in order: gives its slot and leases back */
void ngx_cs_zone_detach(ngx_shm_zone_t *shm_zone, uint64_t *wake);

/*
 * Looks a key up and touches it as recently used.
 *
 * NGX_OK        outcome->answer may be served as outcome->choice says
 * NGX_DECLINED  nothing to serve: CLEAR_FETCH
 * NGX_ERROR     no memory in the pool
 */
ngx_int_t ngx_cs_zone_find(ngx_shm_zone_t *shm_zone, ngx_cs_key_t *key,
    clear_freshness_conf_t *conf, int64_t now, ngx_pool_t *pool,
    ngx_cs_outcome_t *outcome);

/*
 * Takes the lease on a key, unless an answer came in the meantime.
 *
 * deadline: mono ms, when the lease ends by itself.
 * watch: register as a watcher where the lease is taken.
 * ticket: receives the flight's ticket on NGX_DONE and NGX_AGAIN.
 *
 * NGX_OK        outcome is to be served (choice is not CLEAR_FETCH, nor
 *               CLEAR_SERVE_REVALIDATE)
 * NGX_DONE      the lease is ours: fly, then complete or release
 * NGX_AGAIN     another flies; if watch was set, collect with the ticket
 * NGX_DECLINED  no room for a lease: fly on your own, complete with ticket 0
 * NGX_ERROR     no memory in the pool
 */
ngx_int_t ngx_cs_zone_acquire(ngx_shm_zone_t *shm_zone, ngx_cs_key_t *key,
    clear_freshness_conf_t *conf, int64_t now, int64_t deadline,
    ngx_uint_t watch, ngx_pool_t *pool, ngx_cs_outcome_t *outcome,
    ngx_cs_ticket_t *ticket);

/*
 * A flight ended.  Stores outcome->answer if it is storable, gives the lease
 * back, and keeps the result for watchers.  A success replaces all that was
 * stored for the key; an error never replaces a stored success that may
 * still be served, which is then copied to outcome->stale.
 *
 * A ticket whose lease was lost meanwhile (deadline, another took over)
 * stores a newer answer all the same but wakes nobody.
 *
 * wake: receives the workers to wake, a bit for each ngx_worker % 64.
 * Sets outcome->stored.  NGX_OK, or NGX_ERROR: no memory in the pool for stale.
 */
ngx_int_t ngx_cs_zone_complete(ngx_shm_zone_t *shm_zone, ngx_cs_key_t *key,
    ngx_cs_ticket_t ticket, clear_freshness_conf_t *conf, int64_t now,
    ngx_pool_t *pool, ngx_cs_outcome_t *outcome, uint64_t *wake);

/*
 * Gives a lease back without a result: the fetch never went out.  Watchers
 * are to be woken; one of them takes over.
 */
void ngx_cs_zone_release(ngx_shm_zone_t *shm_zone, ngx_cs_key_t *key,
    ngx_cs_ticket_t ticket, uint64_t *wake);

/*
 * A cheap check without the mutex, for one who watches many keys: a number
 * that changes when a flight for this key (or another key in its stripe)
 * ends.  Read it before acquire.
 */
ngx_atomic_uint_t ngx_cs_zone_stripe(ngx_shm_zone_t *shm_zone,
    ngx_cs_key_t *key);

/*
 * A watcher asks for its flight's result.
 *
 * NGX_OK        outcome->answer (and perhaps stale) is the flight's result, or
 *               a newer one for the key
 * NGX_AGAIN     still in the air
 * NGX_DECLINED  the flight is lost (its owner died, its lease ran out, the
 *               zone was dropped): acquire again
 * NGX_ERROR     no memory in the pool; still registered
 */
ngx_int_t ngx_cs_zone_collect(ngx_shm_zone_t *shm_zone, ngx_cs_key_t *key,
    ngx_cs_ticket_t ticket, clear_freshness_conf_t *conf, int64_t now,
    ngx_pool_t *pool, ngx_cs_outcome_t *outcome);

/*
 * Numbers for a metrics page.
 */
void ngx_cs_zone_stat(ngx_shm_zone_t *shm_zone, ngx_cs_zone_stat_t *stat);

/*
 * Drops the stored answers for whose tenant and task id match() says 1, in
 * many short critical sections, within which it is called.  Flights in the air
 * go on.  match() sees so many bytes of a tenant at the most.  Returns how
 * many were dropped.
 */
#define NGX_CS_TENANT_SHOWN  4096

ngx_uint_t ngx_cs_zone_purge(ngx_shm_zone_t *shm_zone,
    ngx_uint_t (*match)(ngx_str_t *tenant, ngx_str_t *task_id, void *data),
    void *data);

/*
 * One step of a walk through the zone, in one short critical section; nothing
 * becomes recently used by it.  What comes into the zone meanwhile may be
 * seen or not.  body: copy the body of the success, or else of the error.
 *
 * NGX_OK     an entry is in *seen; go on for more
 * NGX_AGAIN  none among those that this step looked at; go on
 * NGX_DONE   there are no more; the walk begins again at the next step
 * NGX_ERROR  no memory in the pool
 */
ngx_int_t ngx_cs_zone_walk(ngx_shm_zone_t *shm_zone, ngx_cs_walk_t *walk,
    ngx_uint_t body, ngx_pool_t *pool, ngx_cs_walked_t *seen);

/* a watcher that will not collect */
void ngx_cs_zone_unwatch(ngx_shm_zone_t *shm_zone, ngx_cs_key_t *key,
    ngx_cs_ticket_t ticket);


#endif /* _NGX_CS_ZONE_ZONE_H_INCLUDED_ */
