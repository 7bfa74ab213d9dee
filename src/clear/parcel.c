/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * An answer as bytes and back; see the header.  Numbers are big-endian.
 *
 *     0  version          6  0, 2 bytes
 *     1  flags: 1 definite
 *     2  status           8  upstream's time, 4 bytes
 *     4  upstream's      12  until another fetch, 4 bytes
 *    16  the record
 */


#include "clear/parcel.h"

#include "clear/bytes.h"


#define CLEAR_PARCEL_DEFINITE  1

/* where the record is */
#define CLEAR_PARCEL_RECORD    (CLEAR_PARCEL_HEAD - CLEAR_RECORD_HEAD)


void
clear_parcel_write(const clear_parcel_t *parcel, unsigned char *p)
{
    *p++ = CLEAR_PARCEL_VERSION;
    *p++ = parcel->definite ? CLEAR_PARCEL_DEFINITE : 0;

    p = clear_bytes_put(p, parcel->status, 2);
    p = clear_bytes_put(p, parcel->upstream_status, 2);
    p = clear_bytes_put(p, 0, 2);
    p = clear_bytes_put(p, parcel->upstream_time, 4);
    p = clear_bytes_put(p, parcel->again, 4);

    clear_record_write(&parcel->record, p);
}


clear_record_e
clear_parcel_read(const unsigned char *p, size_t len, clear_parcel_t *parcel)
{
    clear_record_e  rc;

    if (len == 0 || p[0] == 0) {
        return CLEAR_RECORD_BROKEN;
    }

    if (p[0] > CLEAR_PARCEL_VERSION) {
        return CLEAR_RECORD_NEWER;
    }

    if (len < CLEAR_PARCEL_RECORD
        || p[1] > CLEAR_PARCEL_DEFINITE
        || clear_bytes_get(p + 6, 2) != 0)
    {
        return CLEAR_RECORD_BROKEN;
    }

    parcel->definite = p[1] & CLEAR_PARCEL_DEFINITE;
    parcel->status = (uint32_t) clear_bytes_get(p + 2, 2);
    parcel->upstream_status = (uint32_t) clear_bytes_get(p + 4, 2);
    parcel->upstream_time = (uint32_t) clear_bytes_get(p + 8, 4);
    parcel->again = (uint32_t) clear_bytes_get(p + 12, 4);

    rc = clear_record_read(p + CLEAR_PARCEL_RECORD, len - CLEAR_PARCEL_RECORD,
                           &parcel->record);

    if (rc != CLEAR_RECORD_OK) {
        return rc;
    }

    if (parcel->upstream_status < 100 || parcel->upstream_status > 599) {
        return CLEAR_RECORD_BROKEN;
    }

    if (parcel->status == 200) {
        return (parcel->record.workflow == CLEAR_WORKFLOW_NONE
                || parcel->definite)
               ? CLEAR_RECORD_BROKEN : CLEAR_RECORD_OK;
    }

    return (parcel->status < 400 || parcel->status > 599
            || parcel->record.workflow != CLEAR_WORKFLOW_NONE
            || parcel->record.urls)
           ? CLEAR_RECORD_BROKEN : CLEAR_RECORD_OK;
}
