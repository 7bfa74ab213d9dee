/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Put before each file of a build of t/allocations.t by the compiler's option
 * -include: the module's calls of nginx's allocators, and libcurl's
 * allocations, fail where a test says so, nginx's own do not.
 *
 * A file that the test writes and every process maps, its name in the
 * environment's CLEAR_STATUS_FAULT_ALLOC, holds four numbers of 64 bits: how
 * many of the module's allocations there are until one fails, 0 for never; the
 * same for libcurl's; whether all that follow fail too; how many have failed.
 */


/* a configure's own small programs know nothing of nginx */

#if defined(__has_include) && !defined(_CLEAR_ALLOC_FAULTS_H_INCLUDED_)
#if __has_include(<ngx_config.h>) && __has_include(<ngx_auto_config.h>)
#define _CLEAR_ALLOC_FAULTS_H_INCLUDED_

#define CURL_DISABLE_DEPRECATION

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_http.h>
#include <curl/curl.h>
#include <sys/mman.h>


typedef struct {
    int64_t                  left[2];        /* the module's, libcurl's */
    int64_t                  sticky;
    int64_t                  failed;
} clear_fault_t;


/* one of each in the module, from whichever object */

#define CLEAR_FAULT_ONCE  __attribute__((weak, unused))

CLEAR_FAULT_ONCE clear_fault_t  *clear_fault;
CLEAR_FAULT_ONCE int             clear_fault_asked;

int clear_fault_is(int which);


CLEAR_FAULT_ONCE int
clear_fault_is(int which)
{
    int          fd;
    char        *name;
    void        *p;
    int64_t      left;

    if (!clear_fault_asked) {
        clear_fault_asked = 1;

        name = getenv("CLEAR_STATUS_FAULT_ALLOC");
        fd = name ? open(name, O_RDWR) : -1;

        if (fd != -1) {
            p = mmap(NULL, sizeof(clear_fault_t), PROT_READ|PROT_WRITE,
                     MAP_SHARED, fd, 0);
            clear_fault = (p == MAP_FAILED) ? NULL : p;
            (void) close(fd);
        }
    }

    if (clear_fault == NULL || clear_fault->left[which] <= 0) {
        return 0;
    }

    left = __sync_sub_and_fetch(&clear_fault->left[which], 1);

    if (left > 0) {
        return 0;
    }

    if (clear_fault->sticky) {
        clear_fault->left[which] = 1;
    }

    (void) __sync_add_and_fetch(&clear_fault->failed, 1);

    return 1;
}


#define clear_fault_0(call)  (clear_fault_is(0) ? NULL : (call))


static inline void *
clear_fault_list_push(ngx_list_t *list)
{
    return clear_fault_0(ngx_list_push(list));
}


static inline void *
clear_fault_array_push(ngx_array_t *array)
{
    return clear_fault_0(ngx_array_push(array));
}


static inline CURL *
clear_fault_easy_init(void)
{
    return clear_fault_0(curl_easy_init());
}


static inline CURLM *
clear_fault_multi_init(void)
{
    return clear_fault_0(curl_multi_init());
}


static void *
clear_fault_malloc(size_t size)
{
    return clear_fault_is(1) ? NULL : malloc(size);
}


static void *
clear_fault_calloc(size_t n, size_t size)
{
    return clear_fault_is(1) ? NULL : calloc(n, size);
}


static void *
clear_fault_realloc(void *p, size_t size)
{
    return clear_fault_is(1) ? NULL : realloc(p, size);
}


static char *
clear_fault_strdup(const char *s)
{
    return clear_fault_is(1) ? NULL : strdup(s);
}


static inline CURLcode
clear_fault_global_init(long flags)
{
    return curl_global_init_mem(flags, clear_fault_malloc, free,
                                clear_fault_realloc, clear_fault_strdup,
                                clear_fault_calloc);
}


#define ngx_palloc(pool, size)   clear_fault_0(ngx_palloc(pool, size))
#define ngx_pnalloc(pool, size)  clear_fault_0(ngx_pnalloc(pool, size))
#define ngx_pcalloc(pool, size)  clear_fault_0(ngx_pcalloc(pool, size))
#define ngx_alloc(size, log)     clear_fault_0(ngx_alloc(size, log))
#define ngx_calloc(size, log)    clear_fault_0(ngx_calloc(size, log))
#define ngx_pstrdup(pool, src)   clear_fault_0(ngx_pstrdup(pool, src))

#define ngx_create_pool(size, log)                                            \
    clear_fault_0(ngx_create_pool(size, log))
#define ngx_pool_cleanup_add(pool, size)                                      \
    clear_fault_0(ngx_pool_cleanup_add(pool, size))
#define ngx_http_cleanup_add(r, size)                                         \
    clear_fault_0(ngx_http_cleanup_add(r, size))
#define ngx_array_create(pool, n, size)                                       \
    clear_fault_0(ngx_array_create(pool, n, size))
#define ngx_get_connection(s, log)                                            \
    clear_fault_0(ngx_get_connection(s, log))

#define ngx_list_push     clear_fault_list_push
#define ngx_array_push    clear_fault_array_push
#define curl_easy_init    clear_fault_easy_init
#define curl_multi_init   clear_fault_multi_init
#undef curl_global_init
#define curl_global_init  clear_fault_global_init

#endif
#endif
