/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * When a presigned URL expires, and how long it lives, as the URL itself says.
 * Plain C: no nginx, no allocation, no state.
 */


#ifndef _CLEAR_PRESIGNED_H_INCLUDED_
#define _CLEAR_PRESIGNED_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>


typedef struct {
    int64_t                  expires;     /* epoch seconds; or -1 */
    int64_t                  span;        /* the most it may live from now, in
                                             seconds; or -1 */
    unsigned                 session:1;   /* signed with a token that may die
                                             before */
} clear_presigned_t;


/*
 * Reads the end of a URL's life from its query string (names are compared
 * without regard to case, values percent-decoded):
 *
 *   X-Amz-Date + X-Amz-Expires     AWS Signature Version 4
 *   X-Goog-Date + X-Goog-Expires   Google Cloud Storage V4
 *   Expires                        AWS V2, CloudFront, Google V2 (epoch s)
 *   se, ske                        Azure SAS, signed expiry of the URL and of
 *                                  the key (ISO 8601, UTC)
 *
 * What tells how long it lives (the "-Expires" of the first two, Azure's st to
 * se) bounds it on a machine whose clock is behind too.  X-Amz-Security-Token
 * is of temporary credentials, whose end no URL tells.
 *
 * url, len: the URL, JSON escapes already resolved.  -1 also for nonsense.
 */
void clear_presigned(const unsigned char *url, size_t len,
    clear_presigned_t *presigned);


#endif /* _CLEAR_PRESIGNED_H_INCLUDED_ */
