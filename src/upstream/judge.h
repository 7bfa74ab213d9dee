/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * From what came from upstream to an answer: its body or its error's, what
 * may be stored of it, and for how long.  The exchange calls it last.
 */


#ifndef _NGX_CS_UPSTREAM_JUDGE_H_INCLUDED_
#define _NGX_CS_UPSTREAM_JUDGE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "clear/verdict.h"
#include "core/answer.h"
#include "core/question.h"
#include "fetch/types.h"
#include "upstream/body.h"


/*
 * Fills in the answer, of which down is set; where there is no memory for a
 * body, it has none.  The bytes of a success stay where they are.
 */
void ngx_cs_judge(ngx_cs_fetch_t *fetch, ngx_cs_question_t *question,
    ngx_cs_body_t *body, ngx_cs_fetch_result_t *result,
    clear_verdict_t *verdict, ngx_cs_answer_t *answer);


#endif /* _NGX_CS_UPSTREAM_JUDGE_H_INCLUDED_ */
