/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * A success as bytes and back, for where answers outlive the process or leave
 * the machine.  Times in a record are wall clock, ms since the epoch; a stamp
 * (clear/freshness.h), which is monotonic, means nothing there.  The first
 * byte is the version, numbers are big-endian.
 * Plain C: no nginx, no allocation, no state, the clocks are passed in.
 */


#ifndef _CLEAR_RECORD_H_INCLUDED_
#define _CLEAR_RECORD_H_INCLUDED_


#include "clear/freshness.h"


#define CLEAR_RECORD_VERSION  1

/* what stands before the body */
#define CLEAR_RECORD_HEAD     40

/* an entity tag, before it is written in hexadecimal digits */
#define CLEAR_RECORD_ETAG     16


typedef struct {
    clear_str_t              body;        /* read: points into the bytes */
    int64_t                  fetched;     /* wall, ms */
    int64_t                  lifetime;    /* from then, ms, or CLEAR_FOREVER */
    clear_workflow_e         workflow;
    unsigned char            etag[CLEAR_RECORD_ETAG];
    unsigned                 urls:1;      /* carries presigned URLs */
} clear_record_t;


typedef enum {
    CLEAR_RECORD_OK = 0,
    CLEAR_RECORD_NEWER,        /* of a later version: whole, but not for us */
    CLEAR_RECORD_BROKEN
} clear_record_e;


/*
 * Writes a record: CLEAR_RECORD_HEAD and body.len bytes at p, which has room
 * for them.
 */
void clear_record_write(const clear_record_t *record, unsigned char *p);

/*
 * Reads a record of exactly len bytes.  Nothing of *record counts but after
 * CLEAR_RECORD_OK.
 */
clear_record_e clear_record_read(const unsigned char *p, size_t len,
    clear_record_t *record);

/*
 * A record's times from a stamp, when it is wall and mono.
 */
void clear_record_times(clear_record_t *record, const clear_stamp_t *stamp,
    int64_t wall, int64_t mono);

/*
 * And the stamp from them: never fresh for longer than from now on the
 * original lifetime, whatever the clock was set to, and not fresh at all where
 * the answer was fetched in the future.  An answer that lasts for ever stays
 * so but for the latter.
 */
void clear_record_stamp(const clear_record_t *record, int64_t wall,
    int64_t mono, clear_stamp_t *stamp);


#endif /* _CLEAR_RECORD_H_INCLUDED_ */
