/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Which entries of a zone have an answer that is to be saved; see the header.
 */


#include "zone/unsaved.h"


void
ngx_cs_unsaved_insert(ngx_cs_shm_t *shm, ngx_cs_entry_t *e)
{
    ngx_cs_unsaved_remove(shm, e);

    ngx_queue_insert_tail(&shm->unsaved, &e->unsaved);
    shm->stat.unsaved++;
}


void
ngx_cs_unsaved_remove(ngx_cs_shm_t *shm, ngx_cs_entry_t *e)
{
    if (e->unsaved.next == NULL) {
        return;
    }

    ngx_queue_remove(&e->unsaved);
    e->unsaved.next = NULL;

    shm->stat.unsaved--;
}
