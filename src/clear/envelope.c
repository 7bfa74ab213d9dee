/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Bytes from upstream into an answer; see the header.  What the tokens mean
 * is in clear/envelope_parse.c; here is the parse as a whole, and whether it
 * was an envelope.
 */


#include "clear/envelope.h"

#include <string.h>

#include "clear/envelope_parse.h"


struct clear_envelope_s {
    clear_parse_t            parse;
    clear_envelope_e         rc;
};


static clear_envelope_e clear_envelope_start(clear_envelope_t *env);
static clear_envelope_e clear_envelope_string(clear_envelope_t *env,
    const unsigned char *data, size_t len, size_t slice, size_t *taken);
static clear_envelope_e clear_envelope_glue(clear_envelope_t *env,
    const char *text, const char *reason);
static clear_envelope_e clear_envelope_end(clear_envelope_t *env,
    clear_envelope_e rc, const char *reason);
static int clear_envelope_is(clear_envelope_t *env);
static void clear_envelope_point(clear_envelope_t *env);


clear_envelope_t *
clear_envelope_create(const clear_alloc_t *alloc)
{
    clear_envelope_t  *env;

    env = alloc->alloc(alloc->ctx, sizeof(clear_envelope_t));
    if (env == NULL) {
        return NULL;
    }

    memset(env, 0, sizeof(clear_envelope_t));

    clear_arena_init(&env->parse.arena, alloc);

    env->parse.answer.urls_expire = -1;
    env->parse.answer.urls_span = -1;
    env->parse.key = CLEAR_KEY_NONE;

    if (clear_envelope_start(env) != CLEAR_ENVELOPE_OK) {
        clear_envelope_destroy(env);
        return NULL;
    }

    return env;
}


static clear_envelope_e
clear_envelope_start(clear_envelope_t *env)
{
    yajl_alloc_funcs  funcs;

    if (setjmp(env->parse.arena.failed)) {
        return CLEAR_ENVELOPE_NO_MEMORY;
    }

    clear_arena_funcs(&env->parse.arena, &funcs);

    env->parse.yajl = yajl_alloc(&clear_parse_callbacks, &funcs,
                                 &env->parse);

    return CLEAR_ENVELOPE_OK;
}


clear_envelope_e
clear_envelope_feed(clear_envelope_t *env, const unsigned char *data,
    size_t len)
{
    if (env->rc != CLEAR_ENVELOPE_OK || len == 0) {
        return env->rc;
    }

    if (!clear_scan_bytes(&env->parse.scan, data, len)) {
        return clear_envelope_end(env, CLEAR_ENVELOPE_BAD,
                                  "is not UTF-8, or has control bytes");
    }

    if (setjmp(env->parse.arena.failed)) {
        return clear_envelope_end(env, CLEAR_ENVELOPE_NO_MEMORY,
                                  "needs more memory than there is");
    }

    env->parse.chunk = data;
    env->parse.scanned = 0;

    if (yajl_parse(env->parse.yajl, data, len) != yajl_status_ok) {
        return clear_envelope_end(env, CLEAR_ENVELOPE_BAD, "is not JSON");
    }

    clear_scan_strings(&env->parse.scan, data + env->parse.scanned,
                       len - env->parse.scanned);

    return CLEAR_ENVELOPE_OK;
}


clear_envelope_e
clear_envelope_step(clear_envelope_t *env, const unsigned char *data,
    size_t len, size_t slice, size_t *taken)
{
    *taken = env->parse.pieces ? 0 : clear_scan_slice(data, len, slice);

    if (*taken || len == 0 || env->rc != CLEAR_ENVELOPE_OK) {
        return clear_envelope_feed(env, data, *taken);
    }

    return clear_envelope_string(env, data, len, slice, taken);
}


/*
 * yajl has a string at once or not at all, whatever time that takes.  So one
 * that is very long is told to it as a list of its pieces, which is checked
 * the same.  Who reads that place refuses it (see clear_parse_open()).
 */

static clear_envelope_e
clear_envelope_string(clear_envelope_t *env, const unsigned char *data,
    size_t len, size_t slice, size_t *taken)
{
    int  ended, first;

    first = !env->parse.pieces;
    env->parse.pieces = 1;

    *taken = (size_t) first
             + clear_scan_piece(data + first, len - (size_t) first, slice,
                                &ended);

    /* where no list can be, this is a key, if it is anything */

    if (clear_envelope_glue(env, first ? "[" : ",\"", "has too long a string")
        != CLEAR_ENVELOPE_OK
        || clear_envelope_feed(env, data, *taken) != CLEAR_ENVELOPE_OK)
    {
        return env->rc;
    }

    if (!ended) {
        return clear_envelope_glue(env, "\"", "is not JSON");
    }

    env->parse.pieces = 0;

    return clear_envelope_glue(env, "]", "is not JSON");
}


/* what is in no body is none of the scan's */

static clear_envelope_e
clear_envelope_glue(clear_envelope_t *env, const char *text,
    const char *reason)
{
    size_t                len;
    const unsigned char  *p;

    p = (const unsigned char *) text;
    len = strlen(text);

    if (setjmp(env->parse.arena.failed)) {
        return clear_envelope_end(env, CLEAR_ENVELOPE_NO_MEMORY,
                                  "needs more memory than there is");
    }

    env->parse.chunk = p;
    env->parse.scanned = len;

    if (yajl_parse(env->parse.yajl, p, len) != yajl_status_ok) {
        return clear_envelope_end(env, CLEAR_ENVELOPE_BAD, reason);
    }

    return CLEAR_ENVELOPE_OK;
}


clear_envelope_e
clear_envelope_finish(clear_envelope_t *env, const clear_task_t **answer)
{
    if (env->rc != CLEAR_ENVELOPE_OK) {
        return env->rc;
    }

    /*
     * The body ended within a string: yajl waits for its end, also where that
     * is behind all that there should be.
     */

    if (env->parse.pieces || env->parse.scan.string) {
        return clear_envelope_end(env, CLEAR_ENVELOPE_BAD, "is not JSON");
    }

    if (!clear_scan_done(&env->parse.scan)) {
        return clear_envelope_end(env, CLEAR_ENVELOPE_BAD, "is not UTF-8");
    }

    if (setjmp(env->parse.arena.failed)) {
        return clear_envelope_end(env, CLEAR_ENVELOPE_NO_MEMORY,
                                  "needs more memory than there is");
    }

    /* it may close a number that nothing else did, without any more bytes */

    if (yajl_complete_parse(env->parse.yajl) != yajl_status_ok) {
        return clear_envelope_end(env, CLEAR_ENVELOPE_BAD, "is not JSON");
    }

    clear_envelope_point(env);

    if (!clear_envelope_is(env)) {
        return clear_envelope_end(env, CLEAR_ENVELOPE_NOT_ENVELOPE,
                                  "is JSON, but no envelope");
    }

    *answer = &env->parse.answer;

    return CLEAR_ENVELOPE_OK;
}


/* the first reason stays */

static clear_envelope_e
clear_envelope_end(clear_envelope_t *env, clear_envelope_e rc,
    const char *reason)
{
    env->rc = rc;

    if (env->parse.reason == NULL) {
        env->parse.reason = reason;
    }

    return rc;
}


static int
clear_envelope_is(clear_envelope_t *env)
{
    unsigned       need;
    clear_task_t  *a;

    a = &env->parse.answer;
    need = 1u << CLEAR_KEY_STATUS | 1u << CLEAR_KEY_SUCCESS;

    return env->parse.object
           && !env->parse.wrong
           && (env->parse.seen & need) == need
           && (!a->success || a->result || a->result_null);
}


static void
clear_envelope_point(clear_envelope_t *env)
{
    size_t         i;
    clear_str_t   *s;
    clear_task_t  *a;

    a = &env->parse.answer;

    for (i = 0; i < CLEAR_KEY_NONE; i++) {

        s = (i == CLEAR_KEY_MESSAGE) ? &a->message
            : (i == CLEAR_KEY_WORKFLOW) ? &a->workflow_name
            : (i == CLEAR_KEY_TASK_ID) ? &a->task_id
            : (i == CLEAR_KEY_ERROR_CODE) ? &a->error_code
            : (i == CLEAR_KEY_ERROR_MESSAGE) ? &a->error_message
            : (i == CLEAR_KEY_VALIDATION) ? &a->validation_errors : NULL;

        if (s && env->parse.slots[i].set) {
            s->data = env->parse.text + env->parse.slots[i].offset;
            s->len = env->parse.slots[i].len;
        }
    }

    a->workflow = clear_workflow(&a->workflow_name);
}


const char *
clear_envelope_strerror(const clear_envelope_t *env)
{
    return env->parse.reason ? env->parse.reason : "is an envelope";
}


void
clear_envelope_destroy(clear_envelope_t *env)
{
    clear_alloc_t  alloc;

    /* yajl's handles lie in the arena */

    clear_arena_destroy(&env->parse.arena);

    alloc = env->parse.arena.alloc;
    alloc.free(alloc.ctx, env);
}
