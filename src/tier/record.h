/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * An answer as a record (clear/record.h) that leaves the machine's memory, and
 * back.
 */


#ifndef _NGX_CS_TIER_RECORD_H_INCLUDED_
#define _NGX_CS_TIER_RECORD_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "clear/record.h"
#include "core/answer.h"


/* the record's body is the answer's; what is no success has no entity tag */
void ngx_cs_record(ngx_cs_answer_t *answer, clear_record_t *record);

/*
 * All that a record knows but its times; the body is copied.  Its status is the
 * caller's to say, as is the source.  NGX_OK or NGX_ERROR: no memory.
 */
ngx_int_t ngx_cs_record_answer(ngx_pool_t *pool, clear_record_t *record,
    ngx_cs_answer_t *answer);


#endif /* _NGX_CS_TIER_RECORD_H_INCLUDED_ */
