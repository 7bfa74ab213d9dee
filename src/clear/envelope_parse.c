/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What yajl calls back for the tokens of an envelope; see the header.
 *
 * A stack tells in which of the envelope's places each open object or array
 * is; what is in none that we read is only checked.  Strings are kept in one
 * growing buffer, by offset, since it may move.
 */


#include "clear/envelope_parse.h"

#include <limits.h>
#include <string.h>

#include "clear/presigned.h"
#include "clear/table.h"
#include "clear/utf8.h"


typedef struct {
    clear_parse_in_e         in;
    size_t                   len;
    const char              *name;
} clear_key_t;


#define clear_key(in, name)  { in, sizeof(name) - 1, name }


static int clear_on_null(void *ctx);
static int clear_on_boolean(void *ctx, int value);
static int clear_on_number(void *ctx, const char *p, size_t len);
static int clear_on_string(void *ctx, const unsigned char *p, size_t len);
static int clear_on_key(void *ctx, const unsigned char *p, size_t len);
static int clear_on_map(void *ctx);
static int clear_on_map_end(void *ctx);
static int clear_on_array(void *ctx);
static int clear_on_array_end(void *ctx);

static int clear_refuse(clear_parse_t *parse, const char *reason);
static int clear_parse_open(clear_parse_t *parse, int map);
static clear_parse_in_e clear_parse_open_in(clear_parse_t *parse, int map);
static int clear_parse_reads(clear_parse_t *parse);
static void clear_parse_close(clear_parse_t *parse);
static clear_parse_in_e clear_parse_in(clear_parse_t *parse);
static void clear_parse_value(clear_parse_t *parse);
static int clear_is_sound(clear_parse_t *parse, const unsigned char *p,
    size_t len);
static void clear_parse_keep(clear_parse_t *parse, const unsigned char *p,
    size_t len);
static void clear_append(void *ctx, const char *p, size_t len);
static void clear_url(clear_parse_t *parse, const unsigned char *p,
    size_t len);


static const clear_key_t  clear_keys[] = {
    clear_key(CLEAR_IN_ROOT, "status"),
    clear_key(CLEAR_IN_ROOT, "success"),
    clear_key(CLEAR_IN_ROOT, "message"),
    clear_key(CLEAR_IN_ROOT, "result"),
    clear_key(CLEAR_IN_ROOT, "error"),
    clear_key(CLEAR_IN_ROOT, "metadata"),
    clear_key(CLEAR_IN_RESULT, "workflowStatus"),
    clear_key(CLEAR_IN_RESULT, "taskId"),
    clear_key(CLEAR_IN_RESULT, "activityStatusList"),
    clear_key(CLEAR_IN_RESULT, "preSignedUrls"),
    clear_key(CLEAR_IN_RESULT, "generatedURLs"),
    clear_key(CLEAR_IN_ERROR, "code"),
    clear_key(CLEAR_IN_ERROR, "message"),
    clear_key(CLEAR_IN_ERROR, "validationErrors"),
    clear_key(CLEAR_IN_ACTIVITY, "errorReportPreSign")
};

clear_table(clear_keys, CLEAR_KEY_NONE - 1);


const yajl_callbacks  clear_parse_callbacks = {
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


static int
clear_on_null(void *ctx)
{
    clear_parse_t  *parse = ctx;

    if (clear_parse_in(parse) == CLEAR_IN_VALIDATION) {
        yajl_gen_null(parse->gen);
        return 1;
    }

    if (parse->key == CLEAR_KEY_RESULT) {
        parse->answer.result_null = 1;

    } else if (parse->key == CLEAR_KEY_STATUS
               || parse->key == CLEAR_KEY_SUCCESS)
    {
        parse->wrong = 1;
    }

    clear_parse_value(parse);

    return 1;
}


static int
clear_on_boolean(void *ctx, int value)
{
    clear_parse_t  *parse = ctx;

    if (clear_parse_in(parse) == CLEAR_IN_VALIDATION) {
        yajl_gen_bool(parse->gen, value);
        return 1;
    }

    if (parse->key == CLEAR_KEY_SUCCESS) {
        parse->answer.success = value ? 1 : 0;

    } else if (parse->key == CLEAR_KEY_STATUS
               || parse->key == CLEAR_KEY_WORKFLOW)
    {
        parse->wrong = 1;
    }

    clear_parse_value(parse);

    return 1;
}


static int
clear_on_number(void *ctx, const char *p, size_t len)
{
    int     minus;
    size_t  i;
    long long          n;
    clear_parse_t  *parse = ctx;

    if (clear_parse_in(parse) == CLEAR_IN_VALIDATION) {
        yajl_gen_number(parse->gen, p, len);
        return 1;
    }

    if (parse->key == CLEAR_KEY_SUCCESS || parse->key == CLEAR_KEY_WORKFLOW) {
        parse->wrong = 1;
    }

    if (parse->key == CLEAR_KEY_STATUS) {
        n = 0;
        minus = (p[0] == '-');

        for (i = minus ? 1 : 0; i < len; i++) {

            if (p[i] < '0' || p[i] > '9' || n > INT_MAX) {
                parse->wrong = 1;
                break;
            }

            n = n * 10 + (p[i] - '0');
        }

        parse->wrong |= (n > INT_MAX);
        parse->answer.status = (int) (minus ? -n : n);
    }

    clear_parse_value(parse);

    return 1;
}


static int
clear_on_string(void *ctx, const unsigned char *p, size_t len)
{
    clear_parse_t  *parse = ctx;

    if (clear_parse_in(parse) == CLEAR_IN_VALIDATION) {

        if (!clear_is_sound(parse, p, len)) {
            return clear_refuse(parse, "has a broken string");
        }

        yajl_gen_string(parse->gen, p, len);
        return 1;
    }

    if (clear_parse_in(parse) == CLEAR_IN_URLS || parse->key == CLEAR_KEY_REPORT
        || parse->key == CLEAR_KEY_PRESIGNED
        || parse->key == CLEAR_KEY_GENERATED)
    {
        clear_url(parse, p, len);
    }

    switch (parse->key) {

    case CLEAR_KEY_STATUS:
    case CLEAR_KEY_SUCCESS:
        parse->wrong = 1;
        break;

    case CLEAR_KEY_MESSAGE:
    case CLEAR_KEY_WORKFLOW:
    case CLEAR_KEY_TASK_ID:
    case CLEAR_KEY_ERROR_CODE:
    case CLEAR_KEY_ERROR_MESSAGE:

        if (!clear_is_sound(parse, p, len)) {
            return clear_refuse(parse, "has a broken string");
        }

        clear_parse_keep(parse, p, len);
        break;

    default:
        break;
    }

    clear_parse_value(parse);

    return 1;
}


static int
clear_on_key(void *ctx, const unsigned char *p, size_t len)
{
    clear_parse_in_e   in;
    clear_key_e        i;
    clear_parse_t  *parse = ctx;

    in = clear_parse_in(parse);

    if (in == CLEAR_IN_VALIDATION) {

        if (!clear_is_sound(parse, p, len)) {
            return clear_refuse(parse, "has a broken string");
        }

        yajl_gen_string(parse->gen, p, len);
        return 1;
    }

    parse->key = CLEAR_KEY_NONE;

    for (i = CLEAR_KEY_STATUS; i < CLEAR_KEY_NONE; i++) {

        if (clear_keys[i].in != in
            || clear_keys[i].len != len
            || memcmp(clear_keys[i].name, p, len) != 0)
        {
            continue;
        }

        if (parse->seen & 1u << i) {
            return clear_refuse(parse, "has a key twice");
        }

        parse->seen |= 1u << i;
        parse->key = i;
    }

    return 1;
}


static int
clear_on_map(void *ctx)
{
    return clear_parse_open(ctx, 1);
}


static int
clear_on_map_end(void *ctx)
{
    clear_parse_t  *parse = ctx;

    if (clear_parse_in(parse) == CLEAR_IN_VALIDATION) {
        yajl_gen_map_close(parse->gen);
    }

    clear_parse_close(parse);

    return 1;
}


static int
clear_on_array(void *ctx)
{
    return clear_parse_open(ctx, 0);
}


static int
clear_on_array_end(void *ctx)
{
    clear_slot_t      *slot;
    clear_parse_t  *parse = ctx;

    if (clear_parse_in(parse) == CLEAR_IN_VALIDATION) {
        yajl_gen_array_close(parse->gen);
    }

    clear_parse_close(parse);

    slot = &parse->slots[CLEAR_KEY_VALIDATION];

    if (slot->set && slot->len == 0
        && clear_parse_in(parse) == CLEAR_IN_ERROR)
    {
        slot->len = parse->len - slot->offset;
    }

    return 1;
}


static int
clear_parse_open(clear_parse_t *parse, int map)
{
    clear_parse_in_e  in;

    if (parse->depth == CLEAR_ENVELOPE_DEPTH_MAX) {
        return clear_refuse(parse, "is nested too deeply");
    }

    /* not a list, but a string in pieces */

    if (parse->pieces && clear_parse_reads(parse)) {
        return clear_refuse(parse, "has too long a string");
    }

    in = clear_parse_open_in(parse, map);

    if (in == CLEAR_IN_VALIDATION) {

        if (map) {
            yajl_gen_map_open(parse->gen);

        } else {
            yajl_gen_array_open(parse->gen);
        }
    }

    if (in == CLEAR_IN_ROOT) {
        parse->object = 1;

    } else if (in == CLEAR_IN_RESULT) {
        parse->answer.result = 1;

    } else if (in == CLEAR_IN_ACTIVITY) {
        parse->seen &= ~(1u << CLEAR_KEY_REPORT);

    } else if (parse->key == CLEAR_KEY_STATUS || parse->key == CLEAR_KEY_SUCCESS
               || parse->key == CLEAR_KEY_WORKFLOW)
    {
        parse->wrong = 1;
    }

    parse->depth++;
    parse->in[parse->depth] = (unsigned char) in;
    parse->key = CLEAR_KEY_NONE;

    return 1;
}


/* whether the value at hand is one that we read */

static int
clear_parse_reads(clear_parse_t *parse)
{
    clear_parse_in_e  in;

    in = clear_parse_in(parse);

    return parse->key != CLEAR_KEY_NONE
           || in == CLEAR_IN_VALIDATION
           || in == CLEAR_IN_URLS;
}


static clear_parse_in_e
clear_parse_open_in(clear_parse_t *parse, int map)
{
    yajl_alloc_funcs  funcs;

    switch (clear_parse_in(parse)) {

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

    if (parse->key == CLEAR_KEY_PRESIGNED
        || parse->key == CLEAR_KEY_GENERATED)
    {
        return CLEAR_IN_URLS;
    }

    if (map) {
        return (parse->key == CLEAR_KEY_RESULT) ? CLEAR_IN_RESULT
               : (parse->key == CLEAR_KEY_ERROR) ? CLEAR_IN_ERROR
                                               : CLEAR_IN_OTHER;
    }

    if (parse->key == CLEAR_KEY_ACTIVITIES) {
        return CLEAR_IN_ACTIVITIES;
    }

    if (parse->key != CLEAR_KEY_VALIDATION) {
        return CLEAR_IN_OTHER;
    }

    clear_arena_funcs(&parse->arena, &funcs);

    parse->gen = yajl_gen_alloc(&funcs);
    (void) yajl_gen_config(parse->gen, yajl_gen_print_callback, clear_append,
                           parse);

    parse->slots[CLEAR_KEY_VALIDATION].offset = parse->len;
    parse->slots[CLEAR_KEY_VALIDATION].set = 1;

    return CLEAR_IN_VALIDATION;
}


static void
clear_parse_close(clear_parse_t *parse)
{
    parse->depth--;
    parse->key = CLEAR_KEY_NONE;
}


static clear_parse_in_e
clear_parse_in(clear_parse_t *parse)
{
    return (clear_parse_in_e) parse->in[parse->depth];
}


/* a value has been read: in an object a key follows, in an array none */

static void
clear_parse_value(clear_parse_t *parse)
{
    parse->key = CLEAR_KEY_NONE;
}


/*
 * The string that ends here, decoded: neither half a surrogate pair, which
 * yajl turns into something else, nor a NUL.  Asked of those that are kept;
 * the bytes before, since another one, are looked at by the way.
 */

static int
clear_is_sound(clear_parse_t *parse, const unsigned char *p, size_t len)
{
    size_t  end;

    end = yajl_get_bytes_consumed(parse->yajl);

    if (end > parse->scanned) {
        clear_scan_strings(&parse->scan, parse->chunk + parse->scanned,
                           end - parse->scanned);
        parse->scanned = end;
    }

    return !parse->scan.lone && memchr(p, '\0', len) == NULL
           && clear_utf8_valid(p, len);
}


static void
clear_parse_keep(clear_parse_t *parse, const unsigned char *p, size_t len)
{
    clear_slot_t  *slot;

    slot = &parse->slots[parse->key];

    slot->offset = parse->len;
    slot->len = len;
    slot->set = 1;

    clear_append(parse, (const char *) p, len);
}


static void
clear_append(void *ctx, const char *p, size_t len)
{
    size_t             size;
    clear_parse_t  *parse = ctx;

    /* one byte more, so that there is a buffer for nothing too */

    if (parse->len + len + 1 > parse->size) {
        size = 2 * parse->size;

        if (size < parse->len + len + 1) {
            size = parse->len + len + 128;
        }

        parse->text = clear_arena_realloc(&parse->arena, parse->text, size);
        parse->size = size;
    }

    memcpy(parse->text + parse->len, p, len);
    parse->len += len;
}


static void
clear_url(clear_parse_t *parse, const unsigned char *p, size_t len)
{
    clear_task_t       *a;
    clear_presigned_t   u;

    if ((len < 7 || memcmp(p, "http://", 7) != 0)
        && (len < 8 || memcmp(p, "https://", 8) != 0))
    {
        return;
    }

    a = &parse->answer;
    a->urls = 1;

    clear_presigned(p, len, &u);

    if (u.expires < 0 || u.session) {
        a->urls_silent = 1;
    }

    if (u.expires >= 0 && (a->urls_expire < 0 || u.expires < a->urls_expire)) {
        a->urls_expire = u.expires;
    }

    if (u.span >= 0 && (a->urls_span < 0 || u.span < a->urls_span)) {
        a->urls_span = u.span;
    }
}


/* from a callback: ends the parse */

static int
clear_refuse(clear_parse_t *parse, const char *reason)
{
    parse->reason = reason;

    return 0;
}
