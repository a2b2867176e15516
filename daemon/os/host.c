/* host: see host.h. */
#include "daemon/os/host.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

#include "daemon/base/mem.h"
#include "proto/err.h"

uint64_t host_random(void)
{
    uint64_t v = 0;
    while (v == 0) {
        ssize_t n = getrandom(&v, sizeof v, 0);
        if (n != sizeof v) {
            assert(n < 0 && errno == EINTR); /* up to 256 bytes are never returned in part */
            v = 0;
        }
    }
    return v;
}

uint64_t host_limits_raise(void)
{
    struct rlimit r;
    int rc = getrlimit(RLIMIT_NOFILE, &r);
    assert(rc == 0);
    if (r.rlim_cur < r.rlim_max) {
        rlim_t before = r.rlim_cur;
        r.rlim_cur = r.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &r) != 0)
            r.rlim_cur = before;
    }
    return r.rlim_cur;
}

void host_stdio_keep(void)
{
    int fd;
    do
        fd = open("/dev/null", O_RDWR); /* gets the lowest free number; not O_CLOEXEC, like any standard stream */
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

void host_sigpipe_ignore(void)
{
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    int rc = sigaction(SIGPIPE, &ignore, NULL);
    assert(rc == 0);
}

void host_memory_guard(void)
{
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

/* Read up to `cap` bytes, fewer only at the end of the file. -1 with errno set. */
static ssize_t read_all(int fd, char *out, size_t cap)
{
    size_t n = 0;
    while (n < cap) {
        ssize_t got = read(fd, out + n, cap - n);
        if (got == 0)
            break;
        if (got < 0 && errno != EINTR)
            return -1;
        n += got > 0 ? (size_t)got : 0;
    }
    return (ssize_t)n;
}

int host_file_read(const char *path, size_t max, char **ret_text, size_t *ret_n)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return DDBS_E_BAD_CONFIG;
    char *text = mem_alloc(max + 1);
    ssize_t n = text != NULL ? read_all(fd, text, max + 1) : -1;
    int error = errno;
    close(fd);
    if (n >= 0 && (size_t)n <= max) {
        *ret_text = text;
        *ret_n = (size_t)n;
        return DDBS_OK;
    }
    int rc = text == NULL ? DDBS_E_OUT_OF_MEMORY : DDBS_E_BAD_CONFIG;
    mem_free(text);
    errno = n >= 0 ? EFBIG : error;
    return rc;
}
