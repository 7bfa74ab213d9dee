/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What came from upstream -> what the caller gets; see the header.
 */


#include "clear/verdict.h"

#include <string.h>

#include "clear/table.h"


typedef struct {
    int                      status;
    const char              *message;        /* for the caller */
    const char              *reason;         /* for the log */
} clear_outcome_t;


static void clear_verdict_transport(clear_transport_e transport,
    clear_verdict_t *verdict);
static int clear_verdict_is_success(int http_status,
    const clear_task_t *answer);
static void clear_verdict_envelope(const clear_task_t *answer,
    clear_verdict_t *verdict);
static void clear_verdict_http(int http_status, clear_envelope_e envelope,
    clear_verdict_t *verdict);
static void clear_verdict_upstream(int http_status,
    const clear_task_t *answer, clear_verdict_t *verdict);
static void clear_verdict_set(clear_verdict_t *verdict, int status,
    const char *message, const char *reason);


/* by clear_transport_e */

static const clear_outcome_t  clear_outcomes[] = {
    { 0, NULL, NULL },
    { 502, "Upstream's name could not be resolved",
      "upstream could not be resolved" },
    { 502, "Upstream could not be reached", "could not connect to upstream" },
    { 502, "No secure connection to upstream could be made",
      "TLS with upstream failed" },
    { 504, "Upstream did not answer in time", "upstream timed out" },
    { 502, "Upstream's answer was cut short",
      "upstream prematurely closed connection or broke the protocol" },
    { 502, "Upstream's answer was too large",
      "upstream sent too large a response" },
    { 503, "This gateway cannot fetch the answer now",
      "the fetch failed in this gateway" }
};

clear_table(clear_outcomes, CLEAR_TRANSPORT_LOCAL);


void
clear_verdict(clear_transport_e transport, int http_status,
    clear_envelope_e envelope, const clear_task_t *answer,
    clear_verdict_t *verdict)
{
    memset(verdict, 0, sizeof(clear_verdict_t));

    if (transport != CLEAR_TRANSPORT_OK) {
        clear_verdict_transport(transport, verdict);
        return;
    }

    if (envelope != CLEAR_ENVELOPE_OK) {
        answer = NULL;
    }

    verdict->credentials = (http_status == 401 || http_status == 403
                            || (answer && (answer->status == 401
                                           || answer->status == 403)));

    if (http_status >= 300 && http_status < 400) {
        clear_verdict_set(verdict, 502, "Upstream answered with a redirect",
                          "upstream sent a redirect");

    } else if (answer && clear_verdict_is_success(http_status, answer)) {
        clear_verdict_envelope(answer, verdict);

    } else if (answer && (answer->status != 200 || !answer->success)) {
        clear_verdict_envelope(answer, verdict);

    } else {
        clear_verdict_http(http_status, envelope, verdict);
    }

    clear_verdict_upstream(http_status, answer, verdict);

    /* a caller holds no credential, so it cannot be asked for one */

    if (verdict->error.status == 401) {
        verdict->error.status = 403;
    }
}


static void
clear_verdict_transport(clear_transport_e transport, clear_verdict_t *verdict)
{
    const clear_outcome_t  *outcome;

    outcome = &clear_outcomes[transport];

    clear_verdict_set(verdict, outcome->status, outcome->message,
                      outcome->reason);

    verdict->upstream = (transport == CLEAR_TRANSPORT_LOCAL)
                        ? CLEAR_UPSTREAM_UNKNOWN
                        : (transport == CLEAR_TRANSPORT_TOO_LARGE)
                          ? CLEAR_UPSTREAM_ALIVE : CLEAR_UPSTREAM_DOWN;
}


/* a 206 is a part of something that nobody asked a part of */

static int
clear_verdict_is_success(int http_status, const clear_task_t *answer)
{
    return answer->success
           && answer->status == 200
           && http_status >= 200 && http_status < 300
           && http_status != 206;
}


/* an envelope is believed, whatever the HTTP status around it */

static void
clear_verdict_envelope(const clear_task_t *answer, clear_verdict_t *verdict)
{
    clear_error_t  *error;

    if (answer->success && answer->status == 200 && answer->result) {
        verdict->success = 1;
        return;
    }

    error = &verdict->error;

    if (answer->success && answer->status == 200) {
        clear_verdict_set(verdict, 404, NULL,
                          "upstream knows no such task");

    } else if (answer->status >= 400 && answer->status <= 599) {
        clear_verdict_set(verdict, answer->status, NULL,
                          "upstream sent an error");

    } else {
        clear_verdict_set(verdict, 502, NULL,
                          "upstream sent an error with an impossible status");
    }

    verdict->unknown = (error->status == 404);

    error->message = answer->message;
    error->code = answer->error_code;
    error->error_message = answer->error_message;
    error->validation_errors = answer->validation_errors;
}


/* no envelope, or one that contradicts the HTTP status */

static void
clear_verdict_http(int http_status, clear_envelope_e envelope,
    clear_verdict_t *verdict)
{
    if (http_status < 400 || http_status > 599) {
        clear_verdict_set(verdict, 502, "Upstream's answer was not understood",
                          envelope == CLEAR_ENVELOPE_OK
                          ? "upstream sent an envelope under a status that "
                            "it does not go with"
                          : "upstream sent a response that is no envelope");
        return;
    }

    if (http_status > 500 && http_status != 503 && http_status != 504) {
        http_status = 502;
    }

    clear_verdict_set(verdict, http_status, NULL,
                      "upstream sent an error without an envelope");
}


/*
 * What the tenant's next fetches have to know.  A front that limits or wants
 * credentials says so in the status line, whatever the body; one that cannot
 * reach what is behind it sends no envelope.
 */

static void
clear_verdict_upstream(int http_status, const clear_task_t *answer,
    clear_verdict_t *verdict)
{
    int  status;

    status = verdict->error.status;

    verdict->waits = (status == 429 || status == 503
                      || http_status == 429 || http_status == 503);

    if (status == 401 || http_status == 401) {
        verdict->upstream = CLEAR_UPSTREAM_UNAUTHORIZED;

    } else if (status == 429 || http_status == 429) {
        verdict->upstream = CLEAR_UPSTREAM_LIMITED;

    } else if (status == 403 || http_status == 403) {
        verdict->upstream = CLEAR_UPSTREAM_FORBIDDEN;

    } else if (answer == NULL && http_status >= 502 && http_status <= 504) {
        verdict->upstream = CLEAR_UPSTREAM_DOWN;

    } else {
        verdict->upstream = CLEAR_UPSTREAM_ALIVE;
    }
}


static void
clear_verdict_set(clear_verdict_t *verdict, int status, const char *message,
    const char *reason)
{
    verdict->error.status = status;
    verdict->reason = reason;

    if (message) {
        verdict->error.message.data = (const unsigned char *) message;
        verdict->error.message.len = strlen(message);
    }
}
