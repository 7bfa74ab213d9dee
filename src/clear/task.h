/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What Clear's API says of a task, as far as we read it.
 * Plain C: no nginx, no yajl, no state.
 */


#ifndef _CLEAR_TASK_H_INCLUDED_
#define _CLEAR_TASK_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>
#include <string.h>


/* not terminated; data is NULL where there is nothing, also not "" */

typedef struct {
    const unsigned char     *data;
    size_t                   len;
} clear_str_t;


/* 1 where both have the same bytes; a string without data is like no other */

static inline int
clear_str_eq(const clear_str_t *a, const clear_str_t *b)
{
    return a->data && b->data
           && a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}


typedef enum {
    CLEAR_WORKFLOW_NONE = 0,       /* no result, or it names no state */
    CLEAR_WORKFLOW_CREATED,
    CLEAR_WORKFLOW_PROCESSING,
    CLEAR_WORKFLOW_SUCCESS,
    CLEAR_WORKFLOW_FAILED,
    CLEAR_WORKFLOW_OTHER           /* a state that we do not know */
} clear_workflow_e;


/* as the API calls them; of what we do not know, "OTHER" */
extern const clear_str_t  clear_workflow_names[];

/* the state of a name that the API sent, or NULL and nothing */
clear_workflow_e clear_workflow(const clear_str_t *name);


/*
 * What an envelope says.  Strings are decoded, UTF-8, owned by the parser
 * and valid until clear_envelope_destroy(); each is NULL where the key is
 * absent, null or of another type than documented.
 */

typedef struct {
    int                      status;          /* "status" */
    clear_workflow_e         workflow;        /* result.workflowStatus */
    clear_str_t              workflow_name;   /* the same, as it was sent */
    clear_str_t              task_id;         /* result.taskId */
    clear_str_t              message;
    clear_str_t              error_code;      /* error.code */
    clear_str_t              error_message;   /* error.message */
    clear_str_t              validation_errors;  /* JSON text of the array */

    int64_t                  urls_expire;     /* epoch seconds at which the
                                                 first presigned URL dies,
                                                 of those that say it; or -1 */
    int64_t                  urls_span;       /* seconds that one of them lives
                                                 at the most, or -1 */
    unsigned                 success:1;       /* "success" */
    unsigned                 result:1;        /* "result" is an object */
    unsigned                 result_null:1;   /* "result" is there and null */
    unsigned                 urls:1;          /* has a presigned URL */
    unsigned                 urls_silent:1;   /* one of them does not say
                                                 when it dies, or may die
                                                 before it */
} clear_task_t;


#endif /* _CLEAR_TASK_H_INCLUDED_ */
