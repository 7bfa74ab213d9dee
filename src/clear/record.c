/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * A success as bytes and back; see the header.
 *
 *     0  version          2  flags: 1 presigned URLs
 *     1  workflow         3  0
 *     4  fetched, 8 bytes
 *    12  lifetime, 8 bytes; all bits for ever
 *    20  entity tag, 16 bytes
 *    36  the body's length, 4 bytes
 *    40  the body
 */


#include "clear/record.h"

#include <string.h>

#include "clear/bytes.h"


#define CLEAR_RECORD_URLS  1


void
clear_record_write(const clear_record_t *record, unsigned char *p)
{
    uint64_t  lifetime;

    lifetime = (record->lifetime == CLEAR_FOREVER)
               ? UINT64_MAX : (uint64_t) record->lifetime;

    *p++ = CLEAR_RECORD_VERSION;
    *p++ = (unsigned char) record->workflow;
    *p++ = record->urls ? CLEAR_RECORD_URLS : 0;
    *p++ = 0;

    p = clear_bytes_put(p, (uint64_t) record->fetched, 8);
    p = clear_bytes_put(p, lifetime, 8);

    memcpy(p, record->etag, CLEAR_RECORD_ETAG);
    p += CLEAR_RECORD_ETAG;

    p = clear_bytes_put(p, record->body.len, 4);

    memcpy(p, record->body.data, record->body.len);
}


clear_record_e
clear_record_read(const unsigned char *p, size_t len, clear_record_t *record)
{
    uint64_t  fetched, lifetime;

    if (len == 0 || p[0] == 0) {
        return CLEAR_RECORD_BROKEN;
    }

    if (p[0] > CLEAR_RECORD_VERSION) {
        return CLEAR_RECORD_NEWER;
    }

    if (len <= CLEAR_RECORD_HEAD
        || clear_bytes_get(p + 36, 4) != len - CLEAR_RECORD_HEAD
        || p[1] > CLEAR_WORKFLOW_OTHER
        || p[2] > CLEAR_RECORD_URLS
        || p[3] != 0)
    {
        return CLEAR_RECORD_BROKEN;
    }

    fetched = clear_bytes_get(p + 4, 8);
    lifetime = clear_bytes_get(p + 12, 8);

    if (fetched > INT64_MAX / 2
        || (lifetime != UINT64_MAX && lifetime > INT64_MAX / 4))
    {
        return CLEAR_RECORD_BROKEN;
    }

    record->workflow = (clear_workflow_e) p[1];
    record->urls = p[2] & CLEAR_RECORD_URLS;
    record->fetched = (int64_t) fetched;
    record->lifetime = (lifetime == UINT64_MAX) ? CLEAR_FOREVER
                                                : (int64_t) lifetime;
    memcpy(record->etag, p + 20, CLEAR_RECORD_ETAG);

    record->body.data = p + CLEAR_RECORD_HEAD;
    record->body.len = len - CLEAR_RECORD_HEAD;

    return CLEAR_RECORD_OK;
}


void
clear_record_times(clear_record_t *record, const clear_stamp_t *stamp,
    int64_t wall, int64_t mono)
{
    int64_t  age;

    age = mono - stamp->fetched;

    record->fetched = (wall > age) ? wall - age : 0;

    record->lifetime = (stamp->fresh_until == CLEAR_FOREVER)
                       ? CLEAR_FOREVER
                       : (stamp->fresh_until > stamp->fetched)
                         ? stamp->fresh_until - stamp->fetched : 0;
}


void
clear_record_stamp(const clear_record_t *record, int64_t wall, int64_t mono,
    clear_stamp_t *stamp)
{
    memset(stamp, 0, sizeof(clear_stamp_t));

    stamp->terminal = (unsigned) clear_freshness_terminal(record->workflow);

    /* 0 would say that it was never fetched */

    if (record->fetched > wall) {
        stamp->fetched = mono ? mono : -1;
        stamp->fresh_until = stamp->fetched;
        return;
    }

    stamp->fetched = mono - (wall - record->fetched);

    if (stamp->fetched == 0) {
        stamp->fetched = -1;
    }

    stamp->fresh_until = (record->lifetime == CLEAR_FOREVER)
                         ? CLEAR_FOREVER : stamp->fetched + record->lifetime;
}
