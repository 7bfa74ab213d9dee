/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The scanner of what yajl lets pass, which looks at eight bytes at a time
 * where it can: the same as one byte at a time, however the input is split,
 * and as a reading of RFC 3629 that has nothing in common with it.
 */


#include "fuzz.h"

#include <string.h>

#include "clear/scan.h"
#include "clear/utf8.h"


/* a code point from its bits, then whether such bytes may stand for it */

static int
naive_is_utf8(const uint8_t *p, size_t size)
{
    size_t    n, i;
    uint32_t  code;

    while (size) {
        n = (p[0] >> 7 == 0) ? 1 : (p[0] >> 5 == 6) ? 2
            : (p[0] >> 4 == 14) ? 3 : (p[0] >> 3 == 30) ? 4 : 0;

        if (n == 0 || n > size) {
            return 0;
        }

        code = (n == 1) ? p[0] : p[0] & (0xff >> (n + 1));

        for (i = 1; i < n; i++) {
            if (p[i] >> 6 != 2) {
                return 0;
            }

            code = code << 6 | (p[i] & 0x3f);
        }

        if ((n == 2 && code < 0x80) || (n == 3 && code < 0x800)
            || (n == 4 && code < 0x10000) || code > 0x10ffff
            || (code >= 0xd800 && code <= 0xdfff))
        {
            return 0;
        }

        p += n;
        size -= n;
    }

    return 1;
}


static int
naive_is_text(const uint8_t *p, size_t size)
{
    size_t  i;

    for (i = 0; i < size; i++) {
        if (p[i] < 0x20 && p[i] != '\t' && p[i] != '\n' && p[i] != '\r') {
            return 0;
        }
    }

    return naive_is_utf8(p, size);
}


/* in pieces of step bytes, 0 for all at once; whether all was well */

static int
scan_bytes(const uint8_t *p, size_t size, size_t step)
{
    size_t        n;
    clear_scan_t  scan;

    memset(&scan, 0, sizeof(scan));

    while (size) {
        n = (step && step < size) ? step : size;

        if (!clear_scan_bytes(&scan, p, n)) {
            return 0;
        }

        p += n;
        size -= n;
    }

    return clear_scan_done(&scan);
}


static void
scan_strings(clear_scan_t *scan, const uint8_t *p, size_t size, size_t step)
{
    size_t  n;

    memset(scan, 0, sizeof(clear_scan_t));

    while (size) {
        n = (step && step < size) ? step : size;

        clear_scan_strings(scan, p, n);

        p += n;
        size -= n;
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int           text;
    size_t        step;
    clear_scan_t  bytewise, scan;

    fuzz_check(clear_utf8_valid(data, size) == naive_is_utf8(data, size));

    text = naive_is_text(data, size);
    scan_strings(&bytewise, data, size, 1);

    for (step = 0; step < 20; step++) {
        fuzz_check(scan_bytes(data, size, step) == text);

        scan_strings(&scan, data, size, step);

        fuzz_check(scan.string == bytewise.string);
        fuzz_check(scan.escape == bytewise.escape);
        fuzz_check(scan.high == bytewise.high);
        fuzz_check(scan.lone == bytewise.lone);
        fuzz_check(scan.digits == bytewise.digits);
    }

    return 0;
}
