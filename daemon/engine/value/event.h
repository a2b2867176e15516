/* event: what the shell brings to the engine: its parameters, the time, a peer, the place for input.
 * Owner: the shell. Values only.
 */
#ifndef ENGINE_VALUE_EVENT_H
#define ENGINE_VALUE_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config;

/* Both clocks, read once per event by the shell. */
struct moment {
    uint64_t mono_ms; /* monotonic; never goes back */
    uint64_t wall_s;  /* since 1970, for status only */
};

struct peer {
    uint32_t uid, gid;
    int32_t pid;
};

struct engine_params {
    const struct config *config; /* must outlive the engine */
    uint64_t seed;               /* jitter and hash keys: entropy in the daemon, a constant in tests */
    uint64_t epoch;              /* another number at every start of the daemon, not 0 */
    uint32_t daemon_uid;         /* this uid and root may operate */
    const char *server;          /* "ddbsidecard 0.1.0"; must outlive the engine */
    const char *endpoint;        /* for status; must outlive the engine */
    const char *region;
};

/* Where the next bytes of this connection belong: read at most n into p, then call engine_received. n == 0: not now
 * (reading is off), or the id is dead. `peek`: only look at them, and take from the socket what engine_received says:
 * there is no buffer for what cannot be worked off at once. */
struct room {
    uint8_t *p;
    size_t n;
    bool peek;
};

#endif
