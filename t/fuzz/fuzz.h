/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What the fuzz targets share: libFuzzer's entry, and a check that ends the
 * program, which is how a target says that a property does not hold.
 */


#ifndef _FUZZ_H_INCLUDED_
#define _FUZZ_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>


#define fuzz_check(holds)                                                     \
    do {                                                                      \
        if (!(holds)) {                                                       \
            (void) fprintf(stderr, "%s:%d: does not hold: %s\n",              \
                           __FILE__, __LINE__, #holds);                       \
            abort();                                                          \
        }                                                                     \
    } while (0)


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


#endif /* _FUZZ_H_INCLUDED_ */
