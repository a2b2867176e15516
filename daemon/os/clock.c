/* clock: wall and monotonic time. See clock.h. */
#include "daemon/os/clock.h"

#include <assert.h>
#include <time.h>

static struct timespec clock_read(clockid_t id)
{
    struct timespec t;
    int rc = clock_gettime(id, &t);
    assert(rc == 0);
    return t;
}

uint64_t clock_wall_s(void)
{
    struct timespec t = clock_read(CLOCK_REALTIME_COARSE);
    return t.tv_sec > 0 ? (uint64_t)t.tv_sec : 0;
}

uint64_t clock_mono_ns(void)
{
    struct timespec t = clock_read(CLOCK_MONOTONIC);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}
