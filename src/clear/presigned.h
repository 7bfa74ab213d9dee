/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * When a presigned URL expires, as the URL itself says.
 * Plain C: no nginx, no allocation, no state.
 */


#ifndef _CLEAR_PRESIGNED_H_INCLUDED_
#define _CLEAR_PRESIGNED_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>


/*
 * Reads the end of a URL's life from its query string (names are compared
 * without regard to case, values percent-decoded):
 *
 *   X-Amz-Date + X-Amz-Expires     AWS Signature Version 4
 *   X-Goog-Date + X-Goog-Expires   Google Cloud Storage V4
 *   Expires                        AWS V2, CloudFront, Google V2 (epoch s)
 *   se                             Azure SAS, signed expiry (ISO 8601, UTC)
 *
 * url, len: the URL, JSON escapes already resolved.
 * Returns epoch seconds, or -1 where the URL does not say, or says nonsense.
 */
int64_t clear_presigned_expires(const unsigned char *url, size_t len);


#endif /* _CLEAR_PRESIGNED_H_INCLUDED_ */
