/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What an error reply of Redis says, by its first word; of a script's error
 * by the first word of the command's that failed in it.  Plain C: no nginx, no
 * allocation, no state.
 */


#ifndef _CLEAR_REDIS_ERROR_H_INCLUDED_
#define _CLEAR_REDIS_ERROR_H_INCLUDED_


#include <stddef.h>


typedef enum {
    CLEAR_REDIS_FINE = 0,
    CLEAR_REDIS_LOADING,             /* reads its file, after a start */
    CLEAR_REDIS_BUSY,                /* a script runs for too long */
    CLEAR_REDIS_NOAUTH,              /* no login */
    CLEAR_REDIS_WRONGPASS,           /* user or password */
    CLEAR_REDIS_NOPERM,              /* the user may not do this */
    CLEAR_REDIS_READONLY,            /* a replica */
    CLEAR_REDIS_MASTERDOWN,          /* a replica without its master */
    CLEAR_REDIS_OOM,                 /* maxmemory is reached */
    CLEAR_REDIS_MISCONF,             /* takes no writes: cannot save them */
    CLEAR_REDIS_NOREPLICAS,          /* takes no writes: too few replicas */
    CLEAR_REDIS_CLUSTER,             /* belongs to a Redis Cluster */
    CLEAR_REDIS_DENIED,              /* protected mode */
    CLEAR_REDIS_OTHER,
    CLEAR_REDIS_ERRORS
} clear_redis_error_e;


/* text, len: the error reply, without its "-" */
clear_redis_error_e clear_redis_error(const char *text, size_t len);

/* for people and logs, a few words that follow "it"; nothing of the reply */
const char *clear_redis_error_text(clear_redis_error_e error);


#endif /* _CLEAR_REDIS_ERROR_H_INCLUDED_ */
