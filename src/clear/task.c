/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The names of a task's states; see the header.
 */


#include "clear/task.h"

#include "clear/table.h"


#define clear_state(name)  { (const unsigned char *) name, sizeof(name) - 1 }


const clear_str_t  clear_workflow_names[] = {
    { NULL, 0 },
    clear_state("CREATED"),
    clear_state("PROCESSING"),
    clear_state("SUCCESS"),
    clear_state("FAILED"),
    clear_state("OTHER")
};

clear_table(clear_workflow_names, CLEAR_WORKFLOW_OTHER);


clear_workflow_e
clear_workflow(const clear_str_t *name)
{
    clear_workflow_e  state;

    if (name->data == NULL) {
        return CLEAR_WORKFLOW_NONE;
    }

    for (state = CLEAR_WORKFLOW_CREATED; state < CLEAR_WORKFLOW_OTHER; state++)
    {
        if (clear_str_eq(name, &clear_workflow_names[state])) {
            return state;
        }
    }

    return CLEAR_WORKFLOW_OTHER;
}
