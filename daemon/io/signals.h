/* signals: SIGTERM, SIGINT and SIGHUP as callbacks of the loop.
 * Owner: daemon.c, from signals_open to signals_close.
 * Invariant: the callback runs on the loop's thread, never in a signal handler.
 */
#ifndef IO_SIGNALS_H
#define IO_SIGNALS_H

#include <uv.h>

#include "proto/must_use.h"

typedef void (*signals_fn)(void *ctx, int number);

enum { SIGNALS_COUNT = 3 };

struct signals {
    uv_signal_t handles[SIGNALS_COUNT];
    signals_fn fn;
    void *ctx;
};

/* Catch the signals. DDBS_OK, or DDBS_E_INTERNAL: its handles are then closed once the loop has turned. */
int signals_open(struct signals *s, uv_loop_t *loop, signals_fn fn, void *ctx) MUST_USE;

/* Restore the signals' default handling. The loop must turn once more to close the handles. */
void signals_close(struct signals *s);

#endif
