/* lockfile: flock with a timeout. See lockfile.h. */
#include "daemon/io/lockfile.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/time.h>
#include <unistd.h>

#include "daemon/io/journal.h"
#include "daemon/os/clock.h"
#include "proto/err.h"

enum { ALARM_PERIOD_US = 100 * 1000 };

static void on_alarm(int number)
{
    (void)number; /* the signal interrupts flock */
}

/* Blocking flock until the deadline. The alarm repeats, in case it fires between two calls of flock. */
static bool lock_wait(int fd, uint64_t wait_ms)
{
    const struct itimerval period = {.it_interval.tv_usec = ALARM_PERIOD_US, .it_value.tv_usec = ALARM_PERIOD_US};
    const struct itimerval none = {0};
    struct sigaction act = {.sa_handler = on_alarm}, before;
    uint64_t end_ns = clock_mono_ns() + wait_ms * 1000000u;
    if (sigaction(SIGALRM, &act, &before) != 0 || setitimer(ITIMER_REAL, &period, NULL) != 0)
        return false;
    int rc;
    do
        rc = flock(fd, LOCK_EX);
    while (rc != 0 && errno == EINTR && clock_mono_ns() < end_ns);
    setitimer(ITIMER_REAL, &none, NULL);
    sigaction(SIGALRM, &before, NULL);
    return rc == 0;
}

static int open_refuse(const char *path, char errmsg[IO_ERRMSG])
{
    const char *remedy = "check the folder's owner and mode, or choose another socket path";
    if (errno == ENOENT)
        remedy = "make the folder first, or choose another socket path";
    snprintf(errmsg, IO_ERRMSG, "the lock file %s cannot be opened (%s); %s", path, strerror(errno), remedy);
    return DDBS_E_INTERNAL;
}

int lockfile_take(const char *socket_path, uint64_t wait_ms, int *ret_fd, char errmsg[IO_ERRMSG])
{
    char path[256];
    snprintf(path, sizeof path, "%s.lock", socket_path);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return open_refuse(path, errmsg);
    bool held = flock(fd, LOCK_EX | LOCK_NB) == 0;
    if (!held && errno == EWOULDBLOCK) {
        journal(LOG_LEVEL_INFO, "waiting for %s: another ddbsidecard holds it, maybe one that is stopping; for %llu s",
                path, (unsigned long long)(wait_ms / 1000));
        held = lock_wait(fd, wait_ms);
    }
    if (held) {
        *ret_fd = fd;
        return DDBS_OK;
    }
    snprintf(errmsg, IO_ERRMSG,
             "another ddbsidecard holds %s and did not end within %llu s; stop it, or give this one another socket "
             "path",
             path, (unsigned long long)(wait_ms / 1000));
    close(fd);
    return DDBS_E_BUSY;
}
