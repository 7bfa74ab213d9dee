/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Bytes from upstream into an answer; see the header.
 *
 * yajl calls back for each token.  A stack tells in which of the envelope's
 * places each open object or array is; what is in none that we read is only
 * checked.  Strings are kept in one growing buffer, by offset, since it may
 * move; the answer's pointers are made at the end.
 */


#include "clear_envelope.h"

#include <limits.h>
#include <string.h>
#include <yajl/yajl_gen.h>
#include <yajl/yajl_parse.h>

#include "clear_envelope_arena.h"
#include "clear_presigned.h"
#include "clear_scan.h"
#include "clear_utf8.h"


/* where an open object or array is */

typedef enum {
    CLEAR_IN_NOTHING = 0,          /* around the root */
    CLEAR_IN_ROOT,
    CLEAR_IN_RESULT,
    CLEAR_IN_ERROR,
    CLEAR_IN_ACTIVITY,
    CLEAR_IN_ACTIVITIES,           /* result.activityStatusList */
    CLEAR_IN_URLS,                 /* result.preSignedUrls, generatedURLs */
    CLEAR_IN_VALIDATION,           /* error.validationErrors */
    CLEAR_IN_OTHER
} clear_in_e;


/* what we read; the order is that of clear_keys */

typedef enum {
    CLEAR_KEY_STATUS = 0,
    CLEAR_KEY_SUCCESS,
    CLEAR_KEY_MESSAGE,
    CLEAR_KEY_RESULT,
    CLEAR_KEY_ERROR,
    CLEAR_KEY_METADATA,
    CLEAR_KEY_WORKFLOW,
    CLEAR_KEY_TASK_ID,
    CLEAR_KEY_ACTIVITIES,
    CLEAR_KEY_PRESIGNED,
    CLEAR_KEY_GENERATED,
    CLEAR_KEY_ERROR_CODE,
    CLEAR_KEY_ERROR_MESSAGE,
    CLEAR_KEY_VALIDATION,
    CLEAR_KEY_REPORT,
    CLEAR_KEY_NONE
} clear_key_e;


typedef struct {
    const char              *name;
    clear_in_e               in;
} clear_key_t;


/* a string in the buffer */

typedef struct {
    size_t                   offset;
    size_t                   len;
    unsigned                 set:1;
} clear_slot_t;


struct clear_envelope_s {
    clear_arena_t            arena;
    yajl_handle              yajl;
    yajl_gen                 gen;         /* for validationErrors */
    clear_scan_t             scan;
    const unsigned char     *chunk;       /* at hand, and how far its strings
                                             are scanned */
    size_t                   scanned;

    unsigned char           *text;        /* the buffer */
    size_t                   len;
    size_t                   size;
    clear_slot_t             slots[CLEAR_KEY_NONE];

    clear_answer_t           answer;
    clear_envelope_e         rc;
    const char              *reason;

    unsigned                 depth;
    unsigned char            in[CLEAR_ENVELOPE_DEPTH_MAX + 1];
    clear_key_e              key;         /* the value at hand belongs to */
    unsigned                 seen;        /* keys, a bit each */
    unsigned                 wrong:1;     /* a type that no envelope has */
    unsigned                 object:1;    /* the root is one */
};


static clear_envelope_e clear_envelope_start(clear_envelope_t *env);
static clear_envelope_e clear_envelope_end(clear_envelope_t *env,
    clear_envelope_e rc, const char *reason);
static int clear_envelope_refuse(clear_envelope_t *env, const char *reason);
static int clear_envelope_is(clear_envelope_t *env);
static void clear_envelope_point(clear_envelope_t *env);

static int clear_on_null(void *ctx);
static int clear_on_boolean(void *ctx, int value);
static int clear_on_number(void *ctx, const char *p, size_t len);
static int clear_on_string(void *ctx, const unsigned char *p, size_t len);
static int clear_on_key(void *ctx, const unsigned char *p, size_t len);
static int clear_on_map(void *ctx);
static int clear_on_map_end(void *ctx);
static int clear_on_array(void *ctx);
static int clear_on_array_end(void *ctx);

static int clear_open(clear_envelope_t *env, int map);
static clear_in_e clear_open_in(clear_envelope_t *env, int map);
static void clear_close(clear_envelope_t *env);
static clear_in_e clear_in(clear_envelope_t *env);
static void clear_value(clear_envelope_t *env);
static int clear_is_sound(clear_envelope_t *env, const unsigned char *p,
    size_t len);
static void clear_keep(clear_envelope_t *env, const unsigned char *p,
    size_t len);
static void clear_append(void *ctx, const char *p, size_t len);
static void clear_url(clear_envelope_t *env, const unsigned char *p,
    size_t len);
static clear_workflow_e clear_workflow(const clear_str_t *name);


static const clear_key_t  clear_keys[] = {
    { "status", CLEAR_IN_ROOT },
    { "success", CLEAR_IN_ROOT },
    { "message", CLEAR_IN_ROOT },
    { "result", CLEAR_IN_ROOT },
    { "error", CLEAR_IN_ROOT },
    { "metadata", CLEAR_IN_ROOT },
    { "workflowStatus", CLEAR_IN_RESULT },
    { "taskId", CLEAR_IN_RESULT },
    { "activityStatusList", CLEAR_IN_RESULT },
    { "preSignedUrls", CLEAR_IN_RESULT },
    { "generatedURLs", CLEAR_IN_RESULT },
    { "code", CLEAR_IN_ERROR },
    { "message", CLEAR_IN_ERROR },
    { "validationErrors", CLEAR_IN_ERROR },
    { "errorReportPreSign", CLEAR_IN_ACTIVITY }
};


static const yajl_callbacks  clear_callbacks = {
    clear_on_null,
    clear_on_boolean,
    NULL,
    NULL,
    clear_on_number,
    clear_on_string,
    clear_on_map,
    clear_on_key,
    clear_on_map_end,
    clear_on_array,
    clear_on_array_end
};


clear_envelope_t *
clear_envelope_create(const clear_alloc_t *alloc)
{
    clear_envelope_t  *env;

    env = alloc->alloc(alloc->ctx, sizeof(clear_envelope_t));
    if (env == NULL) {
        return NULL;
    }

    memset(env, 0, sizeof(clear_envelope_t));

    clear_arena_init(&env->arena, alloc);

    env->answer.urls_expire = -1;
    env->key = CLEAR_KEY_NONE;

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

    if (setjmp(env->arena.failed)) {
        return CLEAR_ENVELOPE_NO_MEMORY;
    }

    clear_arena_funcs(&env->arena, &funcs);

    env->yajl = yajl_alloc(&clear_callbacks, &funcs, env);

    return CLEAR_ENVELOPE_OK;
}


clear_envelope_e
clear_envelope_feed(clear_envelope_t *env, const unsigned char *data,
    size_t len)
{
    if (env->rc != CLEAR_ENVELOPE_OK || len == 0) {
        return env->rc;
    }

    if (!clear_scan_bytes(&env->scan, data, len)) {
        return clear_envelope_end(env, CLEAR_ENVELOPE_BAD,
                                  "is not UTF-8, or has control bytes");
    }

    if (setjmp(env->arena.failed)) {
        return clear_envelope_end(env, CLEAR_ENVELOPE_NO_MEMORY,
                                  "needs more memory than there is");
    }

    env->chunk = data;
    env->scanned = 0;

    if (yajl_parse(env->yajl, data, len) != yajl_status_ok) {
        return clear_envelope_end(env, CLEAR_ENVELOPE_BAD, "is not JSON");
    }

    clear_scan_strings(&env->scan, data + env->scanned, len - env->scanned);

    return CLEAR_ENVELOPE_OK;
}


clear_envelope_e
clear_envelope_finish(clear_envelope_t *env, const clear_answer_t **answer)
{
    if (env->rc != CLEAR_ENVELOPE_OK) {
        return env->rc;
    }

    if (!clear_scan_done(&env->scan)) {
        return clear_envelope_end(env, CLEAR_ENVELOPE_BAD, "is not UTF-8");
    }

    if (setjmp(env->arena.failed)) {
        return clear_envelope_end(env, CLEAR_ENVELOPE_NO_MEMORY,
                                  "needs more memory than there is");
    }

    /* it may close a number that nothing else did, without any more bytes */

    if (yajl_complete_parse(env->yajl) != yajl_status_ok) {
        return clear_envelope_end(env, CLEAR_ENVELOPE_BAD, "is not JSON");
    }

    clear_envelope_point(env);

    if (!clear_envelope_is(env)) {
        return clear_envelope_end(env, CLEAR_ENVELOPE_NOT_ENVELOPE,
                                  "is JSON, but no envelope");
    }

    *answer = &env->answer;

    return CLEAR_ENVELOPE_OK;
}


/* the first reason stays */

static clear_envelope_e
clear_envelope_end(clear_envelope_t *env, clear_envelope_e rc,
    const char *reason)
{
    env->rc = rc;

    if (env->reason == NULL) {
        env->reason = reason;
    }

    return rc;
}


/* from a callback: ends the parse */

static int
clear_envelope_refuse(clear_envelope_t *env, const char *reason)
{
    env->reason = reason;

    return 0;
}


static int
clear_envelope_is(clear_envelope_t *env)
{
    unsigned         need;
    clear_answer_t  *a;

    a = &env->answer;
    need = 1u << CLEAR_KEY_STATUS | 1u << CLEAR_KEY_SUCCESS;

    return env->object
           && !env->wrong
           && (env->seen & need) == need
           && (!a->success || a->result || a->result_null);
}


static void
clear_envelope_point(clear_envelope_t *env)
{
    size_t           i;
    clear_str_t     *s;
    clear_answer_t  *a;

    a = &env->answer;

    for (i = 0; i < CLEAR_KEY_NONE; i++) {

        s = (i == CLEAR_KEY_MESSAGE) ? &a->message
            : (i == CLEAR_KEY_WORKFLOW) ? &a->workflow_name
            : (i == CLEAR_KEY_TASK_ID) ? &a->task_id
            : (i == CLEAR_KEY_ERROR_CODE) ? &a->error_code
            : (i == CLEAR_KEY_ERROR_MESSAGE) ? &a->error_message
            : (i == CLEAR_KEY_VALIDATION) ? &a->validation_errors : NULL;

        if (s && env->slots[i].set) {
            s->data = env->text + env->slots[i].offset;
            s->len = env->slots[i].len;
        }
    }

    a->workflow = clear_workflow(&a->workflow_name);
}


const char *
clear_envelope_strerror(const clear_envelope_t *env)
{
    return env->reason ? env->reason : "is an envelope";
}


void
clear_envelope_destroy(clear_envelope_t *env)
{
    clear_alloc_t  alloc;

    /* yajl's handles lie in the arena */

    clear_arena_destroy(&env->arena);

    alloc = env->arena.alloc;
    alloc.free(alloc.ctx, env);
}


static int
clear_on_null(void *ctx)
{
    clear_envelope_t  *env = ctx;

    if (clear_in(env) == CLEAR_IN_VALIDATION) {
        yajl_gen_null(env->gen);
        return 1;
    }

    if (env->key == CLEAR_KEY_RESULT) {
        env->answer.result_null = 1;

    } else if (env->key == CLEAR_KEY_STATUS || env->key == CLEAR_KEY_SUCCESS) {
        env->wrong = 1;
    }

    clear_value(env);

    return 1;
}


static int
clear_on_boolean(void *ctx, int value)
{
    clear_envelope_t  *env = ctx;

    if (clear_in(env) == CLEAR_IN_VALIDATION) {
        yajl_gen_bool(env->gen, value);
        return 1;
    }

    if (env->key == CLEAR_KEY_SUCCESS) {
        env->answer.success = value ? 1 : 0;

    } else if (env->key == CLEAR_KEY_STATUS || env->key == CLEAR_KEY_RESULT
               || env->key == CLEAR_KEY_WORKFLOW)
    {
        env->wrong = 1;
    }

    clear_value(env);

    return 1;
}


static int
clear_on_number(void *ctx, const char *p, size_t len)
{
    int                minus;
    size_t             i;
    long long          n;
    clear_envelope_t  *env = ctx;

    if (clear_in(env) == CLEAR_IN_VALIDATION) {
        yajl_gen_number(env->gen, p, len);
        return 1;
    }

    if (env->key == CLEAR_KEY_SUCCESS || env->key == CLEAR_KEY_RESULT
        || env->key == CLEAR_KEY_WORKFLOW)
    {
        env->wrong = 1;
    }

    if (env->key == CLEAR_KEY_STATUS) {
        n = 0;
        minus = (p[0] == '-');

        for (i = minus ? 1 : 0; i < len; i++) {

            if (p[i] < '0' || p[i] > '9' || n > INT_MAX) {
                env->wrong = 1;
                break;
            }

            n = n * 10 + (p[i] - '0');
        }

        env->wrong |= (n > INT_MAX);
        env->answer.status = (int) (minus ? -n : n);
    }

    clear_value(env);

    return 1;
}


static int
clear_on_string(void *ctx, const unsigned char *p, size_t len)
{
    int                sound;
    clear_envelope_t  *env = ctx;

    sound = clear_is_sound(env, p, len);

    if (clear_in(env) == CLEAR_IN_VALIDATION) {

        if (!sound) {
            return clear_envelope_refuse(env, "has a broken string");
        }

        yajl_gen_string(env->gen, p, len);
        return 1;
    }

    if (clear_in(env) == CLEAR_IN_URLS || env->key == CLEAR_KEY_REPORT
        || env->key == CLEAR_KEY_PRESIGNED || env->key == CLEAR_KEY_GENERATED)
    {
        clear_url(env, p, len);
    }

    switch (env->key) {

    case CLEAR_KEY_STATUS:
    case CLEAR_KEY_SUCCESS:
    case CLEAR_KEY_RESULT:
        env->wrong = 1;
        break;

    case CLEAR_KEY_MESSAGE:
    case CLEAR_KEY_WORKFLOW:
    case CLEAR_KEY_TASK_ID:
    case CLEAR_KEY_ERROR_CODE:
    case CLEAR_KEY_ERROR_MESSAGE:

        if (!sound) {
            return clear_envelope_refuse(env, "has a broken string");
        }

        clear_keep(env, p, len);
        break;

    default:
        break;
    }

    clear_value(env);

    return 1;
}


static int
clear_on_key(void *ctx, const unsigned char *p, size_t len)
{
    clear_in_e         in;
    clear_key_e        i;
    clear_envelope_t  *env = ctx;

    in = clear_in(env);

    if (in == CLEAR_IN_VALIDATION) {

        if (!clear_is_sound(env, p, len)) {
            return clear_envelope_refuse(env, "has a broken string");
        }

        yajl_gen_string(env->gen, p, len);
        return 1;
    }

    (void) clear_is_sound(env, p, len);

    env->key = CLEAR_KEY_NONE;

    for (i = CLEAR_KEY_STATUS; i < CLEAR_KEY_NONE; i++) {

        if (clear_keys[i].in != in
            || strlen(clear_keys[i].name) != len
            || memcmp(clear_keys[i].name, p, len) != 0)
        {
            continue;
        }

        if (env->seen & 1u << i) {
            return clear_envelope_refuse(env, "has a key twice");
        }

        env->seen |= 1u << i;
        env->key = i;
    }

    return 1;
}


static int
clear_on_map(void *ctx)
{
    return clear_open(ctx, 1);
}


static int
clear_on_map_end(void *ctx)
{
    clear_envelope_t  *env = ctx;

    if (clear_in(env) == CLEAR_IN_VALIDATION) {
        yajl_gen_map_close(env->gen);
    }

    clear_close(env);

    return 1;
}


static int
clear_on_array(void *ctx)
{
    return clear_open(ctx, 0);
}


static int
clear_on_array_end(void *ctx)
{
    clear_slot_t      *slot;
    clear_envelope_t  *env = ctx;

    if (clear_in(env) == CLEAR_IN_VALIDATION) {
        yajl_gen_array_close(env->gen);
    }

    clear_close(env);

    slot = &env->slots[CLEAR_KEY_VALIDATION];

    if (slot->set && slot->len == 0 && clear_in(env) == CLEAR_IN_ERROR) {
        slot->len = env->len - slot->offset;
    }

    return 1;
}


static int
clear_open(clear_envelope_t *env, int map)
{
    clear_in_e  in;

    if (env->depth == CLEAR_ENVELOPE_DEPTH_MAX) {
        return clear_envelope_refuse(env, "is nested too deeply");
    }

    in = clear_open_in(env, map);

    if (in == CLEAR_IN_VALIDATION) {

        if (map) {
            yajl_gen_map_open(env->gen);

        } else {
            yajl_gen_array_open(env->gen);
        }
    }

    if (in == CLEAR_IN_ROOT) {
        env->object = 1;

    } else if (in == CLEAR_IN_RESULT) {
        env->answer.result = 1;

    } else if (in == CLEAR_IN_ACTIVITY) {
        env->seen &= ~(1u << CLEAR_KEY_REPORT);

    } else if (env->key == CLEAR_KEY_STATUS || env->key == CLEAR_KEY_SUCCESS
               || env->key == CLEAR_KEY_RESULT
               || env->key == CLEAR_KEY_WORKFLOW)
    {
        env->wrong = 1;
    }

    env->depth++;
    env->in[env->depth] = (unsigned char) in;
    env->key = CLEAR_KEY_NONE;

    return 1;
}


static clear_in_e
clear_open_in(clear_envelope_t *env, int map)
{
    yajl_alloc_funcs  funcs;

    switch (clear_in(env)) {

    case CLEAR_IN_NOTHING:
        return map ? CLEAR_IN_ROOT : CLEAR_IN_OTHER;

    case CLEAR_IN_ACTIVITIES:
        return map ? CLEAR_IN_ACTIVITY : CLEAR_IN_OTHER;

    case CLEAR_IN_URLS:
        return CLEAR_IN_URLS;

    case CLEAR_IN_VALIDATION:
        return CLEAR_IN_VALIDATION;

    default:
        break;
    }

    if (env->key == CLEAR_KEY_PRESIGNED || env->key == CLEAR_KEY_GENERATED) {
        return CLEAR_IN_URLS;
    }

    if (map) {
        return (env->key == CLEAR_KEY_RESULT) ? CLEAR_IN_RESULT
               : (env->key == CLEAR_KEY_ERROR) ? CLEAR_IN_ERROR
                                               : CLEAR_IN_OTHER;
    }

    if (env->key == CLEAR_KEY_ACTIVITIES) {
        return CLEAR_IN_ACTIVITIES;
    }

    if (env->key != CLEAR_KEY_VALIDATION) {
        return CLEAR_IN_OTHER;
    }

    clear_arena_funcs(&env->arena, &funcs);

    env->gen = yajl_gen_alloc(&funcs);
    (void) yajl_gen_config(env->gen, yajl_gen_print_callback, clear_append,
                           env);

    env->slots[CLEAR_KEY_VALIDATION].offset = env->len;
    env->slots[CLEAR_KEY_VALIDATION].set = 1;

    return CLEAR_IN_VALIDATION;
}


static void
clear_close(clear_envelope_t *env)
{
    env->depth--;
    env->key = CLEAR_KEY_NONE;
}


static clear_in_e
clear_in(clear_envelope_t *env)
{
    return (clear_in_e) env->in[env->depth];
}


/* a value has been read: in an object a key follows, in an array none */

static void
clear_value(clear_envelope_t *env)
{
    env->key = CLEAR_KEY_NONE;
}


/*
 * The string that ends here, decoded: neither half a surrogate pair, which
 * yajl turns into something else, nor a NUL.
 */

static int
clear_is_sound(clear_envelope_t *env, const unsigned char *p, size_t len)
{
    size_t  end;

    end = yajl_get_bytes_consumed(env->yajl);

    if (end > env->scanned) {
        clear_scan_strings(&env->scan, env->chunk + env->scanned,
                           end - env->scanned);
        env->scanned = end;
    }

    return !env->scan.lone && memchr(p, '\0', len) == NULL
           && clear_utf8_valid(p, len);
}


static void
clear_keep(clear_envelope_t *env, const unsigned char *p, size_t len)
{
    clear_slot_t  *slot;

    slot = &env->slots[env->key];

    slot->offset = env->len;
    slot->len = len;
    slot->set = 1;

    clear_append(env, (const char *) p, len);
}


static void
clear_append(void *ctx, const char *p, size_t len)
{
    size_t             size;
    clear_envelope_t  *env = ctx;

    /* one byte more, so that there is a buffer for nothing too */

    if (env->len + len + 1 > env->size) {
        size = 2 * env->size;

        if (size < env->len + len + 1) {
            size = env->len + len + 128;
        }

        env->text = clear_arena_realloc(&env->arena, env->text, size);
        env->size = size;
    }

    memcpy(env->text + env->len, p, len);
    env->len += len;
}


static void
clear_url(clear_envelope_t *env, const unsigned char *p, size_t len)
{
    int64_t          expires;
    clear_answer_t  *a;

    if ((len < 7 || memcmp(p, "http://", 7) != 0)
        && (len < 8 || memcmp(p, "https://", 8) != 0))
    {
        return;
    }

    a = &env->answer;
    a->urls = 1;

    expires = clear_presigned_expires(p, len);

    if (expires < 0) {
        a->urls_silent = 1;

    } else if (a->urls_expire < 0 || expires < a->urls_expire) {
        a->urls_expire = expires;
    }
}


static clear_workflow_e
clear_workflow(const clear_str_t *name)
{
    size_t              i;
    static const char  *names[] = {
        NULL, "CREATED", "PROCESSING", "SUCCESS", "FAILED"
    };

    if (name->data == NULL) {
        return CLEAR_WORKFLOW_NONE;
    }

    for (i = 1; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strlen(names[i]) == name->len
            && memcmp(names[i], name->data, name->len) == 0)
        {
            return (clear_workflow_e) i;
        }
    }

    return CLEAR_WORKFLOW_OTHER;
}
