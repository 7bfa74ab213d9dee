/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * An error into the six keys that callers get; see clear/envelope.h.
 */


#include "clear/envelope.h"

#include <stdio.h>
#include <string.h>
#include <yajl/yajl_gen.h>

#include "clear/envelope_arena.h"
#include "clear/utf8.h"


typedef struct {
    int                      status;
    const char              *message;
    const char              *phrase;
} clear_default_t;


static void clear_write_error(yajl_gen g, const clear_error_t *error);
static void clear_write_validation(yajl_gen g, const clear_error_t *error);
static void clear_write_string(yajl_gen g, const clear_str_t *s,
    const char *otherwise);
static void clear_write_text(yajl_gen g, const char *text);
static const clear_default_t *clear_write_default(int status);


/* reason phrases as RFC 9110, section 15, and RFC 6585 have them */

static const clear_default_t  clear_defaults[] = {
    { 400, "The request is invalid", "Bad Request" },
    { 401, "The request has no valid credentials", "Unauthorized" },
    { 403, "The request is not allowed", "Forbidden" },
    { 404, "No task found", "No Such Element Found" },
    { 405, "The method is not allowed", "Method Not Allowed" },
    { 408, "The request took too long", "Request Timeout" },
    { 409, "The request conflicts with the task's state", "Conflict" },
    { 412, "The request's condition is not met", "Precondition Failed" },
    { 413, "The request is too large", "Content Too Large" },
    { 414, "The request's URI is too long", "URI Too Long" },
    { 422, "The request cannot be processed", "Unprocessable Content" },
    { 429, "Too many requests, ask again later", "Too Many Requests" },
    { 431, "The request's header fields are too large",
      "Request Header Fields Too Large" },
    { 500, "Something went wrong on the server", "Internal Server Error" },
    { 502, "Upstream's answer cannot be used", "Bad Gateway" },
    { 503, "The service is not available now", "Service Unavailable" },
    { 504, "Upstream did not answer in time", "Gateway Timeout" },
    { 0, NULL, NULL }
};

static const clear_default_t  clear_default_redirect =
    { 300, "The answer is elsewhere", "Redirect" };

static const clear_default_t  clear_default_client =
    { 400, "The request cannot be answered", "Client Error" };

static const clear_default_t  clear_default_server =
    { 500, "The server failed", "Server Error" };


clear_envelope_e
clear_envelope_write(const clear_alloc_t *alloc, const clear_error_t *error,
    clear_str_t *out)
{
    size_t                len;
    yajl_gen              g;
    unsigned char        *p;
    clear_arena_t         arena;
    yajl_alloc_funcs      funcs;
    const unsigned char  *text;

    clear_arena_init(&arena, alloc);

    if (setjmp(arena.failed)) {
        clear_arena_destroy(&arena);
        return CLEAR_ENVELOPE_NO_MEMORY;
    }

    clear_arena_funcs(&arena, &funcs);

    g = yajl_gen_alloc(&funcs);

    clear_write_error(g, error);

    (void) yajl_gen_get_buf(g, &text, &len);

    p = alloc->alloc(alloc->ctx, len);

    if (p) {
        memcpy(p, text, len);
        out->data = p;
        out->len = len;
    }

    clear_arena_destroy(&arena);

    return p ? CLEAR_ENVELOPE_OK : CLEAR_ENVELOPE_NO_MEMORY;
}


static void
clear_write_error(yajl_gen g, const clear_error_t *error)
{
    char                    code[16];
    const clear_default_t  *otherwise;

    otherwise = clear_write_default(error->status);

    (void) snprintf(code, sizeof(code), "%d", error->status);

    yajl_gen_map_open(g);

    clear_write_text(g, "status");
    yajl_gen_integer(g, error->status);

    clear_write_text(g, "success");
    yajl_gen_bool(g, 0);

    clear_write_text(g, "message");
    clear_write_string(g, &error->message, otherwise->message);

    clear_write_text(g, "result");
    yajl_gen_null(g);

    clear_write_text(g, "error");
    yajl_gen_map_open(g);

    clear_write_text(g, "code");
    clear_write_string(g, &error->code, code);

    clear_write_text(g, "message");
    clear_write_string(g, &error->error_message, otherwise->phrase);

    clear_write_text(g, "validationErrors");
    clear_write_validation(g, error);

    yajl_gen_map_close(g);

    clear_write_text(g, "metadata");
    yajl_gen_null(g);

    yajl_gen_map_close(g);
}


static void
clear_write_validation(yajl_gen g, const clear_error_t *error)
{
    const clear_str_t  *array;

    array = &error->validation_errors;

    if (array->data) {

        /* a number is what yajl writes as it stands, and so is this text */

        yajl_gen_number(g, (const char *) array->data, array->len);
        return;
    }

    if (error->field.data == NULL) {
        yajl_gen_null(g);
        return;
    }

    yajl_gen_array_open(g);
    yajl_gen_map_open(g);

    clear_write_text(g, "field");
    clear_write_string(g, &error->field, "");

    clear_write_text(g, "message");
    clear_write_string(g, &error->field_message, "");

    yajl_gen_map_close(g);
    yajl_gen_array_close(g);
}


static void
clear_write_string(yajl_gen g, const clear_str_t *s, const char *otherwise)
{
    if (s->data && clear_utf8_valid(s->data, s->len)) {
        yajl_gen_string(g, s->data, s->len);

    } else {
        clear_write_text(g, otherwise);
    }
}


static void
clear_write_text(yajl_gen g, const char *text)
{
    yajl_gen_string(g, (const unsigned char *) text, strlen(text));
}


static const clear_default_t *
clear_write_default(int status)
{
    const clear_default_t  *d;

    for (d = clear_defaults; d->status; d++) {
        if (d->status == status) {
            return d;
        }
    }

    return (status < 400) ? &clear_default_redirect
           : (status < 500) ? &clear_default_client : &clear_default_server;
}
