/* event: what the shell passes to the engine: its parameters, the time, a peer, the input buffer.
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
    uint64_t wall_s;  /* since 1970 */
};

struct peer {
    uint32_t uid, gid;
    int32_t pid;
};

struct engine_params {
    const struct config *config; /* must outlive the engine */
    uint64_t seed;               /* jitter and hash keys: entropy in the daemon, a constant in tests */
    uint64_t epoch;              /* different at every start of the daemon; not 0 */
    uint32_t daemon_uid;         /* this uid and root may use the operator's verbs */
    const char *server;          /* "ddbsidecard 0.1.0"; must outlive the engine */
    const char *endpoint;        /* for status; must outlive the engine */
    const char *region;
};

/* The buffer for a connection's next bytes: read at most n into p, then call engine_received. n == 0: reading is off,
 * or the id is dead. `peek`: only peek, then remove from the socket as many bytes as engine_received returns, because
 * no buffer is free for bytes that cannot be processed at once. */
struct room {
    uint8_t *p;
    size_t n;
    bool peek;
};

#endif
