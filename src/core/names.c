/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What counters are called; see the header.
 */


#include "core/names.h"

#include "clear/table.h"


ngx_str_t  ngx_cs_names_caches[] = {
    ngx_string("NONE"),
    ngx_string("HIT"),
    ngx_string("MISS"),
    ngx_string("EXPIRED"),
    ngx_string("STALE"),
    ngx_string("UPDATING"),
    ngx_string("COLLAPSED"),
    ngx_string("BYPASS")
};

clear_table(ngx_cs_names_caches, NGX_CS_COUNTERS_CACHES - 1);


ngx_str_t  ngx_cs_names_sources[] = {
    ngx_string("gateway"),
    ngx_string("gateway"),
    ngx_string("gateway"),
    ngx_string("disk"),
    ngx_string("fleet"),
    ngx_string("fleet"),
    ngx_string("upstream")
};

clear_table(ngx_cs_names_sources, NGX_CS_SOURCE_UPSTREAM);


ngx_str_t  ngx_cs_names_outcomes[] = {
    ngx_string("success"),
    ngx_string("resolve"),
    ngx_string("connect"),
    ngx_string("tls"),
    ngx_string("timeout"),
    ngx_string("broken"),
    ngx_string("too_large"),
    ngx_string("local"),
    ngx_string("error")
};

clear_table(ngx_cs_names_outcomes, NGX_CS_COUNTERS_ERROR);


ngx_str_t  ngx_cs_names_kinds[] = {
    ngx_string("wait"),
    ngx_string("stream")
};

clear_table(ngx_cs_names_kinds, NGX_CS_COUNTERS_KINDS - 1);


ngx_str_t  ngx_cs_names_ends[] = {
    ngx_string("finished"),
    ngx_string("changed"),
    ngx_string("time"),
    ngx_string("left"),
    ngx_string("error"),
    ngx_string("quit")
};

clear_table(ngx_cs_names_ends, NGX_CS_COUNTERS_ENDS - 1);
