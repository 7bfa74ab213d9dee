/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Whether two answers say the same: for unit tests and fuzz targets, which
 * parse one body in many splits.
 */


#ifndef _ANSWER_H_INCLUDED_
#define _ANSWER_H_INCLUDED_


#include "clear/task.h"


/* 1 where both are NULL, or the same bytes */
int answer_same_str(const clear_str_t *a, const clear_str_t *b);

int answer_same(const clear_task_t *a, const clear_task_t *b);


#endif /* _ANSWER_H_INCLUDED_ */
