/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * A query string: a task id that is accepted is text of at most 256 bytes,
 * and what is written of it for upstream is read as the same again.
 */


#include "fuzz.h"

#include "clear/task_id.h"
#include "clear/utf8.h"


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t                i, len, again_len, n;
    unsigned char         id[CLEAR_TASK_ID_MAX], again[CLEAR_TASK_ID_MAX];
    unsigned char         args[7 + CLEAR_TASK_ID_ESCAPED_MAX];
    clear_task_id_e       rc;
    const unsigned char  *plain;

    rc = clear_task_id_parse(data, size, id, &len);
    n = clear_task_id_plain(data, size, &plain);

    if (n) {
        fuzz_check(rc == CLEAR_TASK_ID_OK);
        fuzz_check(n == len && memcmp(plain, id, n) == 0);
    }

    fuzz_check((rc == CLEAR_TASK_ID_OK) == !clear_task_id_strerror(rc));

    if (rc != CLEAR_TASK_ID_OK) {
        return 0;
    }

    fuzz_check(len >= 1 && len <= CLEAR_TASK_ID_MAX);
    fuzz_check(clear_utf8_valid(id, len));

    for (i = 0; i < len; i++) {
        fuzz_check(id[i] >= 0x20 && id[i] != 0x7f);
    }

    memcpy(args, "taskId=", 7);
    n = 7 + clear_task_id_escape(id, len, args + 7);

    fuzz_check(n <= sizeof(args));

    for (i = 7; i < n; i++) {
        fuzz_check(args[i] > 0x20 && args[i] < 0x7f
                   && strchr("&=+#?/", args[i]) == NULL);
    }

    fuzz_check(clear_task_id_parse(args, n, again, &again_len)
               == CLEAR_TASK_ID_OK);
    fuzz_check(again_len == len && memcmp(again, id, len) == 0);

    return 0;
}
