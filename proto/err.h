/* err: the one list of error codes, shared by the daemon, every client, ctl, the logs and the docs.
 * Owner: none, constants only. Pure.
 * Invariants: 0 is success; codes are negative in C and are sent by name on the wire; a name never changes.
 */
#ifndef PROTO_ERR_H
#define PROTO_ERR_H

#include <stdbool.h>

/* X(NAME, number, name, retryable, text). Retryable: a client may retry by itself on a new connection. */
#define DDBS_ERRORS(X)                                                                                                 \
    X(PROTOCOL_ERROR, -1, "protocol_error", false, "the peer broke the protocol")                                      \
    X(UNSUPPORTED_VERSION, -2, "unsupported_version", false, "no protocol version in common")                          \
    X(UNSUPPORTED_OPTION, -3, "unsupported_option", false, "the daemon does not know this option")                     \
    X(UNSUPPORTED_OP, -4, "unsupported_op", false, "the daemon does not know this operation")                          \
    X(INVALID_ITEM, -5, "invalid_item", false, "the item breaks a DynamoDB rule")                                      \
    X(ITEM_TOO_LARGE, -6, "item_too_large", false, "the item is larger than 400 KB")                                   \
    X(MISSING_KEY, -7, "missing_key", false, "a key attribute is missing, empty or of the wrong type")                 \
    X(TABLE_NOT_FOUND, -8, "table_not_found", false, "the table does not exist")                                       \
    X(ACCESS_DENIED, -9, "access_denied", false, "the credentials may not do this")                                    \
    X(CREDENTIALS, -10, "credentials", false, "no usable credentials")                                                 \
    X(TABLE_UNUSABLE, -11, "table_unusable", false, "the table cannot be written in its present state")                \
    X(REJECTED, -12, "rejected", false, "DynamoDB rejected the item")                                                  \
    X(DEADLINE_EXCEEDED, -13, "deadline_exceeded", false, "the record's deadline passed before it was written")        \
    X(NOT_PERMITTED, -14, "not_permitted", false, "this user may not do this here")                                    \
    X(TIMED_OUT, -15, "timed_out", true, "the time allowed ran out")                                                   \
    X(CONNECTION_LOST, -16, "connection_lost", true, "the connection to the daemon was lost")                          \
    X(BUSY, -17, "busy", true, "the daemon has no place left for this")                                                \
    X(FENCED, -18, "fenced", false, "a newer connection took this session over")                                       \
    X(ABORTED, -19, "aborted", false, "the client withdrew the record")                                                \
    X(NOT_REACHABLE, -20, "not_reachable", true, "no daemon answers on the socket")                                    \
    X(TOO_MANY_FAILURES, -21, "too_many_failures", false, "too many records of this writer failed")                    \
    X(INVALID_ARGUMENT, -22, "invalid_argument", false, "an argument is not allowed here")                             \
    X(BAD_CONFIG, -23, "bad_config", false, "the configuration is not usable")                                         \
    X(OUT_OF_MEMORY, -24, "out_of_memory", true, "memory ran out")                                                     \
    X(FORKED, -25, "forked", false, "the client was opened before a fork")                                             \
    X(CLOSED, -26, "closed", false, "the client is closed")                                                            \
    X(SHUTTING_DOWN, -27, "shutting_down", true, "the daemon is stopping")                                             \
    X(INTERNAL, -28, "internal", false, "a defect of ddbsidecar")

enum {
    DDBS_OK = 0,
#define X(NAME, number, name, retryable, text) DDBS_E_##NAME = (number),
    DDBS_ERRORS(X)
#undef X
        DDBS_E_COUNT_ = 28 /* codes are -1 .. -DDBS_E_COUNT_ */
};

/* The wire name of a code ("item_too_large"), "ok" for 0, "internal" for a number not in the list. Static. */
const char *err_name(int code);

/* The sentence of a code, without a full stop. Static. */
const char *err_text(int code);

/* True if a client may retry by itself after this code. */
bool err_retryable(int code);

/* The code of a wire name, DDBS_E_INTERNAL if it is unknown. `name` need not be NUL-terminated. */
int err_from_name(const char *name, unsigned long len);

#endif
