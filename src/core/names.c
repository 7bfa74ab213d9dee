/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What counters are called; see the header.
 */


#include "core/names.h"


char  *ngx_cs_names_caches[] = {
    "NONE", "HIT", "MISS", "EXPIRED", "STALE", "UPDATING", "COLLAPSED",
    "BYPASS"
};


char  *ngx_cs_names_outcomes[NGX_CS_NAMES_OUTCOMES] = {
    "success", "resolve", "connect", "tls", "timeout", "broken", "too_large",
    "local", "error"
};


char  *ngx_cs_names_states[] = {
    "none", "created", "processing", "success", "failed", "other", "error"
};


char  *ngx_cs_names_kinds[] = {
    "wait", "stream"
};


char  *ngx_cs_names_ends[] = {
    "finished", "changed", "time", "left", "error", "quit"
};
