/* failing: a preloaded library that makes allocations of a program and its libraries fail, counted from load time.
 * Owner: the process it is preloaded into. Reads the environment once, before main:
 *     OOM_NTH    the first allocation that fails, from 1; 0: none
 *     OOM_COUNT  number of consecutive failures (1)
 *     OOM_LOG    a file that gets a line "failed" with the call stack, and at exit "asked N"
 * Invariants: it allocates nothing itself. Allocations whose failure OpenSSL or libuv cannot survive are spared:
 * OpenSSL's one-time initialization, libuv's table of watchers.
 */
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OVERRIDE __attribute__((visibility("default")))

/* The C library's own functions, which it exports for this purpose. */
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);
void *__libc_memalign(size_t alignment, size_t n);

void *memalign(size_t alignment, size_t n);

static atomic_uint_fast64_t asked;
static uint64_t first, last; /* this range fails; set before main starts threads */
static bool running;
static int log_fd = -1;

/* OpenSSL's initialization: if an allocation in it fails, OpenSSL 3.0 continues without that part. */
static bool in_openssl_beginning(void *const *frames, int count)
{
    for (int i = 0; i < count; i++) {
        Dl_info info;
        if (dladdr(frames[i], &info) != 0 && info.dli_sname != NULL &&
            strcmp(info.dli_sname, "CRYPTO_THREAD_run_once") == 0)
            return true;
    }
    return false;
}

/* libuv aborts when its table of watched descriptors cannot grow; only that table grows this way. */
static bool by_libuv(const void *caller)
{
    Dl_info info;
    return dladdr(caller, &info) != 0 && info.dli_fname != NULL && strstr(info.dli_fname, "libuv") != NULL;
}

static void failure_log(void *const *frames, int count)
{
    static const char HEAD[] = "failed\n";
    ssize_t unused = write(log_fd, HEAD, sizeof HEAD - 1);
    (void)unused;
    backtrace_symbols_fd(frames, count, log_fd);
}

static bool fails(void)
{
    enum { FRAMES = 64 };
    void *frames[FRAMES];
    if (!running)
        return false;
    uint64_t n = atomic_fetch_add_explicit(&asked, 1, memory_order_relaxed) + 1;
    if (n < first || n > last)
        return false;
    int count = backtrace(frames, FRAMES);
    if (in_openssl_beginning(frames, count))
        return false;
    if (n == first && log_fd >= 0)
        failure_log(frames, count);
    errno = ENOMEM;
    return true;
}

OVERRIDE void *malloc(size_t n)
{
    return fails() ? NULL : __libc_malloc(n);
}

OVERRIDE void *calloc(size_t n, size_t size)
{
    return fails() ? NULL : __libc_calloc(n, size);
}

OVERRIDE void *realloc(void *p, size_t n)
{
    return n > 0 && !by_libuv(__builtin_return_address(0)) && fails() ? NULL : __libc_realloc(p, n);
}

OVERRIDE void *memalign(size_t alignment, size_t n)
{
    return fails() ? NULL : __libc_memalign(alignment, n);
}

OVERRIDE void *aligned_alloc(size_t alignment, size_t n)
{
    return memalign(alignment, n);
}

OVERRIDE int posix_memalign(void **ret, size_t alignment, size_t n)
{
    void *p = memalign(alignment, n);
    if (p == NULL)
        return ENOMEM;
    *ret = p;
    return 0;
}

static uint64_t number_of(const char *name, uint64_t missing)
{
    const char *text = getenv(name);
    return text != NULL ? strtoull(text, NULL, 10) : missing;
}

static void __attribute__((constructor)) watch_begin(void)
{
    const char *path = getenv("OOM_LOG");
    void *frame;
    backtrace(&frame, 1); /* the first call loads a library */
    if (path != NULL)
        log_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    first = number_of("OOM_NTH", 0);
    last = first + number_of("OOM_COUNT", 1) - 1;
    if (first == 0)
        first = UINT64_MAX;
    running = true;
}

static void __attribute__((destructor)) watch_end(void)
{
    char line[64];
    int n = snprintf(line, sizeof line, "asked %" PRIuFAST64 "\n", atomic_load(&asked));
    ssize_t unused = write(log_fd, line, (size_t)n);
    (void)unused;
}
