/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * An answer, a success or an error, as bytes and back, for other gateways: what
 * a record (clear/record.h) has no room for, and then the record.  What comes
 * back may be anything that somebody wrote there.
 * Plain C: no nginx, no allocation, no state.
 */


#ifndef _CLEAR_PARCEL_H_INCLUDED_
#define _CLEAR_PARCEL_H_INCLUDED_


#include "clear/record.h"


#define CLEAR_PARCEL_VERSION  1

/* what stands before the body */
#define CLEAR_PARCEL_HEAD     (16 + CLEAR_RECORD_HEAD)


typedef struct {
    clear_record_t           record;           /* workflow: NONE of an error */
    unsigned                 status;           /* what callers get */
    unsigned                 upstream_status;  /* HTTP */
    uint32_t                 upstream_time;    /* ms */
    uint32_t                 again;            /* from the fetch until another
                                                  may follow, ms; 0: nobody
                                                  said */
    unsigned                 definite:1;       /* as of a clear_stamp_t */
} clear_parcel_t;


/*
 * Writes a parcel: CLEAR_PARCEL_HEAD and record.body.len bytes at p, which has
 * room for them.
 */
void clear_parcel_write(const clear_parcel_t *parcel, unsigned char *p);

/*
 * Reads a parcel of exactly len bytes, of a success (status 200, with a
 * workflow) or an error (400 to 599).  Nothing of *parcel counts but after
 * CLEAR_RECORD_OK; the body points into the bytes.
 */
clear_record_e clear_parcel_read(const unsigned char *p, size_t len,
    clear_parcel_t *parcel);


#endif /* _CLEAR_PARCEL_H_INCLUDED_ */
