/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Runs a fuzz target over the files that are given, as libFuzzer does with
 * them, but with any compiler: what was found once stays found.
 */


#include "fuzz.h"


static int
replay(const char *path)
{
    long      size;
    FILE     *file;
    uint8_t  *data;

    file = fopen(path, "rb");

    if (file == NULL || fseek(file, 0, SEEK_END) != 0) {
        perror(path);
        return 1;
    }

    size = ftell(file);
    rewind(file);

    /* exactly as long, so that sanitizers see a read beyond it */

    data = malloc(size > 0 ? (size_t) size : 1);

    if (data == NULL || size < 0
        || fread(data, 1, (size_t) size, file) != (size_t) size)
    {
        perror(path);
        return 1;
    }

    (void) fclose(file);
    (void) LLVMFuzzerTestOneInput(data, (size_t) size);

    free(data);

    return 0;
}


int
main(int argc, char **argv)
{
    int  i;

    for (i = 1; i < argc; i++) {
        if (replay(argv[i]) != 0) {
            return 1;
        }
    }

    (void) printf("%d files\n", argc - 1);

    return (argc > 1) ? 0 : 1;
}
