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
 * completes, the workers that watch are woken (core/wake.h), and each
 * collects the flight's own result with its ticket, also one that may not be
 * stored.
 *
 * The time is ngx_current_msec, and so are deadlines.
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
 */
void ngx_cs_zone_attach(ngx_shm_zone_t *shm_zone, ngx_log_t *log);

/* when a worker leaves in order: gives its slot and leases back */
void ngx_cs_zone_detach(ngx_shm_zone_t *shm_zone);

/*
 * Which zone it is among all that there are anywhere: random, in hexadecimal
 * digits.  One that a reload made anew is another one.
 */
u_char *ngx_cs_zone_id(ngx_shm_zone_t *shm_zone);

/*
 * Looks a key up and touches it as recently used.
 *
 * NGX_OK        outcome.answer may be served as outcome.choice says
 * NGX_DECLINED  nothing to serve: CLEAR_FETCH
 * NGX_ERROR     no memory in the pool
 */
ngx_int_t ngx_cs_zone_find(ngx_cs_lookup_t *lookup);

/*
 * Takes the lease on a key, unless an answer came in the meantime.
 *
 * deadline: mono ms, when the lease ends by itself.
 * watch: register as a watcher where the lease is taken.
 *
 * A lease is unsent until ngx_cs_zone_sent().  Those take an eighth of the
 * zone at the most, and no finished answer goes for them.
 *
 * NGX_OK        outcome is to be served (choice is not CLEAR_FETCH, nor
 *               CLEAR_SERVE_REVALIDATE)
 * NGX_DONE      the lease is ours, and the ticket, outcome.seen and
 *               outcome.down are set: fly, then complete or release
 * NGX_AGAIN     another flies, the ticket is set; if watch was set, collect
 * NGX_DECLINED  no room for a lease: fly on your own, complete without ticket
 * NGX_ERROR     no memory in the pool
 */
ngx_int_t ngx_cs_zone_acquire(ngx_cs_lookup_t *lookup, int64_t deadline,
    ngx_uint_t watch);

/*
 * Takes the lease on a key whose task is said to have changed, whatever is
 * stored unfinished.  At most once in a second for a task.
 *
 * NGX_OK        nobody has to fly: it is finished, or was asked for since
 * NGX_DONE      the lease is ours, as above, or there is no room for one
 * NGX_AGAIN     not before notice->wait is over
 * NGX_DECLINED  the task is not known
 */
ngx_int_t ngx_cs_zone_notice(ngx_cs_lookup_t *lookup, int64_t deadline,
    ngx_cs_notice_t *notice);

/* the fetch for our lease goes out, which ends by itself at deadline now */
void ngx_cs_zone_sent(ngx_cs_lookup_t *lookup, int64_t deadline);

/* the fetch for our lease waits on: it ends by itself at deadline now */
void ngx_cs_zone_renew(ngx_cs_lookup_t *lookup, int64_t deadline);

/* 1 where the fetch that we watch was not sent yet, else 0 */
ngx_uint_t ngx_cs_zone_unsent(ngx_cs_lookup_t *lookup);

/* 1 where another worker watches our lease, else 0 */
ngx_uint_t ngx_cs_zone_wanted(ngx_cs_lookup_t *lookup);

/*
 * A flight ended.  Stores outcome.answer if it is storable, gives the lease
 * back, keeps the result for watchers and wakes them, and those who hold.  A
 * success replaces all that was stored for the key; an error never replaces a
 * stored success that may still be served, nor does an unfinished answer a
 * finished one: that is then copied to outcome.stale.
 *
 * A flight whose lease was lost meanwhile (deadline, another took over), and
 * whoever comes without one, stores a newer answer all the same but wakes no
 * watcher.
 *
 * Sets outcome.stored.  Without memory in the pool there is no outcome.stale.
 */
void ngx_cs_zone_complete(ngx_cs_lookup_t *lookup);

/* 1 where a success is stored that was fetched after that, mono, ms; else 0 */
ngx_uint_t ngx_cs_zone_has_newer(ngx_cs_lookup_t *lookup, int64_t fetched);

/* what was purged so far: lookup.purges, where there is no lease */
uint64_t ngx_cs_zone_purges(ngx_shm_zone_t *shm_zone);

/*
 * A success that is no longer fresh, from elsewhere, for a flight that goes
 * on: the zone has it as it would have stayed there, if it has none.  Sets
 * outcome.expired then.
 */
void ngx_cs_zone_offer(ngx_cs_lookup_t *lookup, ngx_cs_answer_t *stale);

/*
 * Gives a lease back without a result: the fetch never went out.  Watchers
 * are woken; one of them takes over.
 */
void ngx_cs_zone_release(ngx_cs_lookup_t *lookup);

/*
 * A cheap check without the mutex, for one who watches many keys: a number
 * that changes when a flight for this key (or another key in its stripe)
 * ends.  Read it before find or acquire.
 */
ngx_atomic_uint_t ngx_cs_zone_stripe(ngx_cs_lookup_t *lookup);

/*
 * Has this worker woken once, when the next flight for the key ends, whoever
 * flies, or the entry is lost; where there is none, when one ends for another
 * key in its stripe too.  Whoever is woken looks at the stripe, and holds
 * again.  What ended before that wakes nobody: who knows the stripe from
 * before its own look compares it afterwards.
 */
void ngx_cs_zone_hold(ngx_cs_lookup_t *lookup);

/*
 * A watcher asks for its flight's result.
 *
 * NGX_OK        outcome.answer (and perhaps stale) is the flight's result, or
 *               a newer one for the key
 * NGX_AGAIN     still in the air
 * NGX_DECLINED  the flight is lost (its owner died, its lease ran out, the
 *               zone was dropped): acquire again
 * NGX_ERROR     no memory in the pool; still registered
 */
ngx_int_t ngx_cs_zone_collect(ngx_cs_lookup_t *lookup);

/* a watcher that will not collect */
void ngx_cs_zone_unwatch(ngx_cs_lookup_t *lookup);

/*
 * Numbers for a metrics page.
 */
void ngx_cs_zone_stat(ngx_shm_zone_t *shm_zone, ngx_cs_zone_stat_t *stat);

/*
 * One step of a purge, in one short critical section, within which match() is
 * called.  Flights in the air go on, and what they bring is not stored.
 *
 * NGX_AGAIN  go on
 * NGX_DONE   all that was there is gone, purge->purged tells how many entries
 * NGX_ERROR  no memory in the pool
 */
ngx_int_t ngx_cs_zone_purge(ngx_shm_zone_t *shm_zone, ngx_cs_purge_t *purge,
    ngx_pool_t *pool);

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

/*
 * The finished answers that are to be saved, for one process that saves them.
 * They are marked where ngx_cs_zone_save() was called, which is at
 * configuration time.
 */
void ngx_cs_zone_save(ngx_shm_zone_t *shm_zone);

/*
 * This process saves them from now on, and those that another one took and did
 * not say to be saved; that one, if it still runs, is given nothing more.
 */
void ngx_cs_zone_saver(ngx_shm_zone_t *shm_zone);

/*
 * Takes the next, the oldest first, with its body in the pool.  The key's
 * strings are in the pool too.
 *
 * NGX_OK        here it is; it stays marked as being saved
 * NGX_DECLINED  there are no more, or another process saves them
 * NGX_ERROR     no memory in the pool
 */
ngx_int_t ngx_cs_zone_unsaved(ngx_shm_zone_t *shm_zone, ngx_pool_t *pool,
    ngx_cs_key_t *key, ngx_cs_answer_t *answer);

/*
 * saved: all that was taken is saved, but for what changed meanwhile.  Else it
 * is to be taken again.
 */
void ngx_cs_zone_saved(ngx_shm_zone_t *shm_zone, ngx_uint_t saved);

/*
 * Where all finished answers of the zone are saved that are not marked: a
 * number that means something to the saver, 0: nowhere.
 */
uint64_t ngx_cs_zone_saved_in(ngx_shm_zone_t *shm_zone);
void ngx_cs_zone_set_saved_in(ngx_shm_zone_t *shm_zone, uint64_t place);

/*
 * One step of a walk that marks all finished answers, as for another place.
 * Returns as ngx_cs_zone_walk(), but for NGX_OK.
 */
ngx_int_t ngx_cs_zone_save_all(ngx_shm_zone_t *shm_zone, ngx_cs_walk_t *walk,
    ngx_pool_t *pool);


#endif /* _NGX_CS_ZONE_ZONE_H_INCLUDED_ */
