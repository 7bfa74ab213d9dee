/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Whether two answers say the same; see the header.
 */


#include "answer.h"

#include <string.h>


int
answer_same_str(const clear_str_t *a, const clear_str_t *b)
{
    if (a->data == NULL || b->data == NULL) {
        return a->data == b->data;
    }

    return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}


int
answer_same(const clear_task_t *a, const clear_task_t *b)
{
    return a->status == b->status
           && a->workflow == b->workflow
           && answer_same_str(&a->workflow_name, &b->workflow_name)
           && answer_same_str(&a->task_id, &b->task_id)
           && answer_same_str(&a->message, &b->message)
           && answer_same_str(&a->error_code, &b->error_code)
           && answer_same_str(&a->error_message, &b->error_message)
           && answer_same_str(&a->validation_errors, &b->validation_errors)
           && a->urls_expire == b->urls_expire
           && a->urls_span == b->urls_span
           && a->success == b->success
           && a->result == b->result
           && a->result_null == b->result_null
           && a->urls == b->urls
           && a->urls_silent == b->urls_silent;
}
