/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * A body from upstream: every split gives the same, what is refused has no
 * answer, an answer's strings are text, and an error that is written of it is
 * read as the same again.  The first byte says where to split.
 */


#include "fuzz.h"

#include "answer.h"
#include "clear/envelope.h"
#include "clear/utf8.h"
#include "clear/verdict.h"


static void *
fuzz_alloc(void *ctx, size_t size)
{
    (void) ctx;

    return malloc(size);
}


static void *
fuzz_realloc(void *ctx, void *p, size_t size)
{
    (void) ctx;

    return realloc(p, size);
}


static void
fuzz_free(void *ctx, void *p)
{
    (void) ctx;

    free(p);
}


static const clear_alloc_t  fuzz_memory = {
    fuzz_alloc, fuzz_realloc, fuzz_free, NULL
};


static clear_envelope_t *
parse(const uint8_t *data, size_t size, size_t step, clear_envelope_e *rc,
    const clear_task_t **answer)
{
    size_t             at, len;
    uint8_t           *chunk;
    clear_envelope_e   fed;
    clear_envelope_t  *env;

    env = clear_envelope_create(&fuzz_memory);
    fuzz_check(env != NULL);

    fed = CLEAR_ENVELOPE_OK;
    *answer = NULL;

    for (at = 0; at < size; at += len) {
        len = (size - at < step) ? size - at : step;

        chunk = malloc(len);
        fuzz_check(chunk != NULL);

        memcpy(chunk, data + at, len);
        fed = clear_envelope_feed(env, chunk, len);
        free(chunk);
    }

    *rc = clear_envelope_finish(env, answer);

    fuzz_check(fed == CLEAR_ENVELOPE_OK || fed == *rc);
    fuzz_check((*rc == CLEAR_ENVELOPE_OK) == (*answer != NULL));
    fuzz_check(*rc != CLEAR_ENVELOPE_NO_MEMORY);

    return env;
}


/* what is only too long for such slices makes no difference elsewhere */

static void
check_steps(const uint8_t *data, size_t size, size_t slice,
    clear_envelope_e rc, const clear_task_t *answer)
{
    size_t               at, taken;
    clear_envelope_e     other_rc;
    clear_envelope_t    *env;
    const clear_task_t  *other;

    env = clear_envelope_create(&fuzz_memory);
    fuzz_check(env != NULL);

    other = NULL;

    for (at = 0; at < size; at += taken) {
        other_rc = clear_envelope_step(env, data + at, size - at, slice,
                                       &taken);
        if (other_rc != CLEAR_ENVELOPE_OK) {
            break;
        }

        fuzz_check(taken > 0 && taken <= size - at);
    }

    other_rc = clear_envelope_finish(env, &other);

    if (strcmp(clear_envelope_strerror(env), "has too long a string") != 0) {
        fuzz_check(other_rc == rc);
        fuzz_check(!answer || answer_same(answer, other));
    }

    clear_envelope_destroy(env);
}


static void
check_text(const clear_str_t *s)
{
    if (s->data == NULL || s->len == 0) {
        return;
    }

    fuzz_check(memchr(s->data, '\0', s->len) == NULL);
    fuzz_check(clear_utf8_valid(s->data, s->len));
}


static void
check_answer(const clear_task_t *a)
{
    check_text(&a->workflow_name);
    check_text(&a->task_id);
    check_text(&a->message);
    check_text(&a->error_code);
    check_text(&a->error_message);
    check_text(&a->validation_errors);

    fuzz_check((a->workflow == CLEAR_WORKFLOW_NONE)
               == (a->workflow_name.data == NULL));
    fuzz_check(!a->success || a->result || a->result_null);
    fuzz_check(a->urls_expire >= -1);
    fuzz_check(a->urls || (!a->urls_silent && a->urls_expire == -1));
    fuzz_check(!a->urls || a->urls_silent || a->urls_expire >= 0);
}


/* what a caller would get of it */

static void
check_written(const clear_task_t *a)
{
    clear_str_t            out;
    clear_verdict_t        v;
    clear_envelope_e       rc;
    clear_envelope_t      *env;
    const clear_task_t  *b;

    clear_verdict(CLEAR_TRANSPORT_OK, 200, CLEAR_ENVELOPE_OK, a, &v);

    if (v.success) {
        return;
    }

    fuzz_check(v.error.status >= 400 && v.error.status <= 599);
    fuzz_check(clear_envelope_write(&fuzz_memory, &v.error, &out)
               == CLEAR_ENVELOPE_OK);

    env = parse(out.data, out.len, out.len, &rc, &b);

    fuzz_check(rc == CLEAR_ENVELOPE_OK);
    fuzz_check(b->status == v.error.status && !b->success && b->result_null);
    fuzz_check(!a->message.data || answer_same_str(&b->message, &a->message));
    fuzz_check(!a->error_code.data
               || answer_same_str(&b->error_code, &a->error_code));
    fuzz_check(!a->error_message.data
               || answer_same_str(&b->error_message, &a->error_message));
    fuzz_check(answer_same_str(&b->validation_errors, &a->validation_errors));

    clear_envelope_destroy(env);
    free((void *) out.data);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t                 i, steps[2];
    clear_envelope_e       rc, other_rc;
    clear_envelope_t      *env, *other;
    const clear_task_t  *answer, *other_answer;

    if (size == 0) {
        return 0;
    }

    steps[0] = 1;
    steps[1] = 1u + data[0];

    data++;
    size--;

    env = parse(data, size, size ? size : 1, &rc, &answer);

    for (i = 0; i < 2; i++) {
        other = parse(data, size, steps[i], &other_rc, &other_answer);

        fuzz_check(other_rc == rc);
        fuzz_check(!answer || answer_same(answer, other_answer));

        clear_envelope_destroy(other);
    }

    check_steps(data, size, steps[1], rc, answer);

    if (answer) {
        check_answer(answer);
        check_written(answer);
    }

    clear_envelope_destroy(env);

    return 0;
}
