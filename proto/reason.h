/* reason: the one list of reasons why records wait (PROTOCOL M6), spelled the same in NOTICE, status and metrics.
 * Owner: none, constants only. Pure.
 * Invariant: a record that waits has exactly one of these, or a timer below `linger` (E3).
 */
#ifndef PROTO_REASON_H
#define PROTO_REASON_H

/* X(NAME, name, text) */
#define DDBS_REASONS(X)                                                                                                \
    X(NONE, "none", "nothing waits")                                                                                   \
    X(MEMORY, "memory", "the daemon's memory is in use, records wait for room")                                        \
    X(KEY_ORDER, "key_order", "a record waits for an earlier write to the same key")                                   \
    X(THROTTLED, "throttled", "DynamoDB throttles the table")                                                          \
    X(BACKOFF, "backoff", "a failed request waits before it is tried again")                                           \
    X(CREDENTIALS, "credentials", "no usable credentials")                                                             \
    X(SCHEMA, "schema", "the table's key schema is being looked up")                                                   \
    X(TABLE_PAUSED, "table_paused", "the table cannot be written, the daemon probes it")                               \
    X(ENDPOINT_DOWN, "endpoint_down", "the DynamoDB endpoint does not answer")                                         \
    X(IN_FLIGHT, "in_flight", "requests are in flight, all that may be, or one is late")                               \
    X(DRAINING, "draining", "the daemon is stopping")

enum reason {
#define X(NAME, name, text) REASON_##NAME,
    DDBS_REASONS(X)
#undef X
        REASON_COUNT_
};

/* The wire name ("endpoint_down"). Static. */
const char *reason_name(enum reason r);

/* The sentence of a reason, without a full stop. Static. */
const char *reason_text(enum reason r);

#endif
