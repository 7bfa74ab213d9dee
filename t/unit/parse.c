/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * A body through the envelope's parser; see the header.  Each chunk is a
 * block of its own, so that sanitizers see a read beyond it or after it.
 */


#include "parse.h"

#include "answer.h"


static void
parse_feed(parse_t *parse, const unsigned char *p, size_t len)
{
    unsigned char     *copy;
    clear_envelope_e   rc;

    copy = malloc(len ? len : 1);
    assert_non_null(copy);

    memcpy(copy, p, len);
    rc = clear_envelope_feed(parse->env, copy, len);

    /* once refused, always refused */

    assert_true(parse->rc == CLEAR_ENVELOPE_OK || parse->rc == rc);
    parse->rc = rc;

    memset(copy, 'x', len);
    free(copy);
}


void
parse_split(parse_t *parse, const unsigned char *body, size_t len, size_t at)
{
    size_t            i;
    clear_envelope_e  rc;

    memset(parse, 0, sizeof(parse_t));
    unit_alloc_init(&parse->alloc, &parse->memory);

    parse->env = clear_envelope_create(&parse->alloc);
    assert_non_null(parse->env);

    if (at) {
        parse_feed(parse, body, at);
        parse_feed(parse, body + at, len - at);

    } else {
        for (i = 0; i < len; i++) {
            parse_feed(parse, body + i, 1);
        }
    }

    rc = clear_envelope_finish(parse->env, &parse->answer);

    assert_true(parse->rc == CLEAR_ENVELOPE_OK || parse->rc == rc);
    assert_true((rc == CLEAR_ENVELOPE_OK) == (parse->answer != NULL));
    parse->rc = rc;
}


int
parse_steps(parse_t *parse, const unsigned char *body, size_t len,
    size_t slice)
{
    size_t  at, taken;

    memset(parse, 0, sizeof(parse_t));
    unit_alloc_init(&parse->alloc, &parse->memory);

    parse->env = clear_envelope_create(&parse->alloc);
    assert_non_null(parse->env);

    for (at = 0; at < len && parse->rc == CLEAR_ENVELOPE_OK; at += taken) {
        parse->rc = clear_envelope_step(parse->env, body + at, len - at, slice,
                                        &taken);

        assert_true(parse->rc != CLEAR_ENVELOPE_OK || taken > 0);
        assert_true(taken <= len - at);
    }

    parse->rc = clear_envelope_finish(parse->env, &parse->answer);

    return strcmp(clear_envelope_strerror(parse->env),
                  "has too long a string")
           == 0;
}


void
parse_end(parse_t *parse)
{
    clear_envelope_destroy(parse->env);
    assert_int_equal(parse->memory.live, 0);
}


void
parse_all(parse_t *parse, const unsigned char *body, size_t len)
{
    size_t   at;
    parse_t  other;

    parse_split(parse, body, len, len);

    for (at = 0; at < len; at++) {
        parse_split(&other, body, len, at);

        if (other.rc != parse->rc
            || (parse->answer && !answer_same(other.answer, parse->answer)))
        {
            fail_msg("split at %d of \"%.*s\": %d, not %d", (int) at,
                     (int) len, body, other.rc, parse->rc);
        }

        parse_end(&other);
    }

    for (at = 1; at < len; at++) {

        if (!parse_steps(&other, body, len, at)
            && (other.rc != parse->rc
                || (parse->answer
                    && !answer_same(other.answer, parse->answer))))
        {
            fail_msg("steps of %d of \"%.*s\": %d, not %d", (int) at,
                     (int) len, body, other.rc, parse->rc);
        }

        parse_end(&other);
    }
}


void
parse_check(const unsigned char *body, size_t len, clear_envelope_e rc,
    const char *reason)
{
    parse_t  parse;

    parse_all(&parse, body, len);

    if (parse.rc != rc
        || (reason && strcmp(clear_envelope_strerror(parse.env), reason) != 0))
    {
        fail_msg("\"%.*s\": %d, %s", (int) len, body, parse.rc,
                 clear_envelope_strerror(parse.env));
    }

    parse_end(&parse);
}
