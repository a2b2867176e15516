/* ddbsidecar: the C client of ddbsidecard, the daemon that writes records to DynamoDB for the processes of its host.
 *
 *     struct ddbs_options options = DDBS_OPTIONS_INIT;
 *     struct ddbs_client *client;
 *     struct ddbs_item *item = ddbs_item_new();
 *     char errmsg[DDBS_ERRMSG_SIZE];
 *
 *     options.table = "music";
 *     if (ddbs_open(&options, &client, errmsg) != DDBS_OK)
 *         ...;                                                    errmsg says what, where and what to do
 *     ddbs_item_str(item, "artist", "Acme Band");
 *     ddbs_item_int(item, "year", 1998);
 *     if (ddbs_put(client, item, NULL) != DDBS_OK)
 *         ...;                                                    ddbs_errmsg(client)
 *     if (ddbs_flush(client, -1, NULL) != DDBS_OK)
 *         ...;                                                    ddbs_failure_next, ddbs_errmsg
 *     ddbs_close(client, -1);
 *
 * One client writes to one table. When a flush returns, every record put before it is in DynamoDB, or was superseded by
 * a newer write to its key, or is reported as failed by its sequence number. Until then the client keeps each record
 * and sends it again after a lost connection, so a restart of the daemon is only a pause. Delivery is at least once;
 * put and delete are idempotent.
 *
 * The library has no threads and no global state, prints nothing and raises no SIGPIPE. Only one thread at a time may
 * use a client. A client does not survive a fork: in the child, calls that could fail return DDBS_E_FORKED, except
 * ddbs_close, which frees the child's copy and leaves the parent's connection alone.
 *
 * Functions return DDBS_OK (0), a positive DDBS_AGAIN or DDBS_FAILURES, or a negative DDBS_E_... code; ddbs_errmsg
 * returns a sentence about it. After a code that ends the client (see ddbs_open and ddbs_put) only ddbs_failure_next,
 * ddbs_stats, ddbs_errmsg and ddbs_close are useful.
 */
#ifndef DDBSIDECAR_H
#define DDBSIDECAR_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define DDBS_API __attribute__((visibility("default")))
#else
#define DDBS_API
#endif

/* DDBS_AGAIN (nonblocking clients only): there is no room now; wait for ddbs_fd or ddbs_timeout, call ddbs_process,
 * then try again. DDBS_FAILURES (ddbs_flush only): every record has settled, but some failed. */
#define DDBS_OK       0
#define DDBS_AGAIN    1
#define DDBS_FAILURES 2

/* Error codes. Every client, the daemon's log and the protocol use the same names (ddbs_errname). */
#define DDBS_E_PROTOCOL_ERROR      (-1)
#define DDBS_E_UNSUPPORTED_VERSION (-2)
#define DDBS_E_UNSUPPORTED_OPTION  (-3)
#define DDBS_E_UNSUPPORTED_OP      (-4)
#define DDBS_E_INVALID_ITEM        (-5)
#define DDBS_E_ITEM_TOO_LARGE      (-6)
#define DDBS_E_MISSING_KEY         (-7)
#define DDBS_E_TABLE_NOT_FOUND     (-8)
#define DDBS_E_ACCESS_DENIED       (-9)
#define DDBS_E_CREDENTIALS         (-10)
#define DDBS_E_TABLE_UNUSABLE      (-11)
#define DDBS_E_REJECTED            (-12)
#define DDBS_E_DEADLINE_EXCEEDED   (-13)
#define DDBS_E_NOT_PERMITTED       (-14)
#define DDBS_E_TIMED_OUT           (-15)
#define DDBS_E_CONNECTION_LOST     (-16)
#define DDBS_E_BUSY                (-17)
#define DDBS_E_FENCED              (-18)
#define DDBS_E_ABORTED             (-19)
#define DDBS_E_NOT_REACHABLE       (-20)
#define DDBS_E_TOO_MANY_FAILURES   (-21)
#define DDBS_E_INVALID_ARGUMENT    (-22)
#define DDBS_E_BAD_CONFIG          (-23)
#define DDBS_E_OUT_OF_MEMORY       (-24)
#define DDBS_E_FORKED              (-25)
#define DDBS_E_CLOSED              (-26)
#define DDBS_E_SHUTTING_DOWN       (-27)
#define DDBS_E_INTERNAL            (-28)

#define DDBS_ERRMSG_SIZE 768

struct ddbs_client;
struct ddbs_item;

/* ---- client ---- */

/* What happens to records that are not written yet when the client ends without a flush. */
#define DDBS_ON_EOF_DELIVER 0 /* the daemon still writes the records that it has accepted */
#define DDBS_ON_EOF_DISCARD 1 /* the daemon drops the records that are not in flight */

/* Initialize with DDBS_OPTIONS_INIT, then set fields. A field of 0 or NULL means the default. */
struct ddbs_options {
    size_t struct_size;       /* sizeof(struct ddbs_options); DDBS_OPTIONS_INIT sets it */
    const char *table;        /* required: the table's name or ARN */
    const char *socket_path;  /* default: $DDBSIDECAR_SOCKET, else /run/ddbsidecar/ddbsidecar.sock; at most 107 bytes */
    const char *app;          /* a name for this program in the daemon's status, at most 255 bytes */
    int connect_timeout_ms;   /* how long to wait for the daemon at first; default 60000; negative: one attempt */
    int reconnect_timeout_ms; /* how long to wait for it after a lost connection; default 300000; negative: as above */
    size_t memory_max;        /* bytes for records that are not settled; default 16 MiB, at least 64 KiB */
    uint64_t max_window;      /* bytes that the daemon may hold for this client; default: the daemon's setting */
    int on_eof;               /* DDBS_ON_EOF_DELIVER (default) or DDBS_ON_EOF_DISCARD */
    int nonblocking;          /* 1: no call blocks, except ddbs_close; see ddbs_fd */
};

#define DDBS_OPTIONS_INIT                                                                                              \
    {                                                                                                                  \
        sizeof(struct ddbs_options), NULL, NULL, NULL, 0, 0, 0, 0, 0, 0                                                \
    }

/* Open a client and wait until the daemon has accepted it. A nonblocking client is returned at once and connects during
 * ddbs_process. `options` is not used after the call. errmsg may be NULL; on failure it gets a sentence.
 * DDBS_OK: *ret_client must be closed with ddbs_close. DDBS_E_INVALID_ARGUMENT (an option; errmsg says which);
 * DDBS_E_UNSUPPORTED_OPTION (an option that this library or the daemon does not know); DDBS_E_NOT_REACHABLE (no daemon
 * within connect_timeout_ms); DDBS_E_NOT_PERMITTED (this user may not open the socket, or may not write to this table);
 * DDBS_E_BUSY, DDBS_E_CONNECTION_LOST (the daemon does not accept the client in time); DDBS_E_UNSUPPORTED_VERSION,
 * DDBS_E_PROTOCOL_ERROR; DDBS_E_INTERNAL (no random bytes from the kernel); DDBS_E_OUT_OF_MEMORY. */
DDBS_API int ddbs_open(const struct ddbs_options *options, struct ddbs_client **ret_client,
                       char errmsg[DDBS_ERRMSG_SIZE]);

/* Write the item, replacing any item with the same key. The item is validated, copied, and sent in a batch: when the
 * batch is full, or when its first record is a few milliseconds old and the program makes a further call, and at the
 * latest by ddbs_flush or ddbs_close. Blocks while memory_max is used up, that is, while DynamoDB is slower than the
 * program. *ret_seq (may be NULL) is the record's sequence number, 1, 2, 3, ..., which a failure refers to.
 * DDBS_OK; DDBS_AGAIN (nonblocking only).
 * After these errors the record was not stored, and the client goes on: DDBS_E_INVALID_ITEM, DDBS_E_ITEM_TOO_LARGE
 * (ddbs_errmsg says what is wrong, and names the attribute if only one is the cause), DDBS_E_INVALID_ARGUMENT (the item
 * was built incorrectly: a missing ddbs_item_end, a NULL name), DDBS_E_OUT_OF_MEMORY.
 * These errors end the client: DDBS_E_NOT_REACHABLE, DDBS_E_CONNECTION_LOST, DDBS_E_BUSY (no daemon within
 * reconnect_timeout_ms), and every refusal by the daemon that a new connection would not change, such as DDBS_E_FENCED,
 * DDBS_E_NOT_PERMITTED or DDBS_E_PROTOCOL_ERROR. ddbs_errmsg then says how many records are not known to be written. */
DDBS_API int ddbs_put(struct ddbs_client *client, const struct ddbs_item *item, uint64_t *ret_seq);

/* Delete the item with this key. `key` has the key attributes and no others. Otherwise as ddbs_put. */
DDBS_API int ddbs_delete(struct ddbs_client *client, const struct ddbs_item *key, uint64_t *ret_seq);

/* The same for an item already encoded as msgpack: one map from attribute names to values. Strings are S, integers and
 * floats N, binary B, booleans BOOL, nil NULL, arrays L and maps M. Extension 1 is the text of a number (N); extensions
 * 2, 3 and 4 are a msgpack array of the members of a string, number or binary set. */
DDBS_API int ddbs_put_msgpack(struct ddbs_client *client, const void *item, size_t size, uint64_t *ret_seq);
DDBS_API int ddbs_delete_msgpack(struct ddbs_client *client, const void *key, size_t size, uint64_t *ret_seq);

/* What became of the records that settled since the last ddbs_flush that returned DDBS_OK or DDBS_FAILURES. */
struct ddbs_result {
    uint64_t written;
    uint64_t failed;
    uint64_t superseded; /* replaced by a newer write to the same key */
    uint64_t aborted;    /* withdrawn by ddbs_abort */
    uint64_t unlisted;   /* of failed and aborted: not listed, because 1000 others were not fetched yet */
};

/* Send what is pending and wait until every record put before has settled, for at most timeout_ms (negative: without
 * limit; 0: start the flush and check once). DDBS_OK: all are in DynamoDB, superseded, or were withdrawn by ddbs_abort.
 * DDBS_FAILURES: all have settled but some failed; ddbs_failure_next lists them. Both fill in *ret_result (may be
 * NULL). DDBS_E_TIMED_OUT: some have not settled; nothing is lost, and the program can flush again (ddbs_errmsg says
 * why they wait). Or a code that ends the client. */
DDBS_API int ddbs_flush(struct ddbs_client *client, int timeout_ms, struct ddbs_result *ret_result);

/* One record that was not written. */
struct ddbs_failure {
    uint64_t seq;
    int code;            /* DDBS_E_... */
    int maybe_written;   /* 1: an earlier attempt may still have written it */
    const char *message; /* valid until the next call of ddbs_failure_next or ddbs_close */
};

/* Take the oldest failure. 1: *ret_failure is filled in; 0: there is none. Does not block. */
DDBS_API int ddbs_failure_next(struct ddbs_client *client, struct ddbs_failure *ret_failure);

/* Withdraw every record put so far that is not written yet, and wait for the outcome as ddbs_flush does. Records in
 * flight may still be written. Each withdrawn record is counted in `aborted` and listed by ddbs_failure_next.
 * DDBS_OK, DDBS_E_TIMED_OUT, or a code that ends the client. */
DDBS_API int ddbs_abort(struct ddbs_client *client, int timeout_ms);

/* Totals since ddbs_open. put = written + failed + superseded + aborted + unsettled. */
struct ddbs_stats {
    uint64_t put;
    uint64_t written;
    uint64_t failed;
    uint64_t superseded;
    uint64_t aborted;
    uint64_t unsettled;
    uint64_t memory; /* bytes held for unsettled records */
};

DDBS_API void ddbs_stats(const struct ddbs_client *client, struct ddbs_stats *ret_stats);

/* The daemon's reason why records wait ("throttled: DynamoDB throttles the table"); empty if it has given none. Valid
 * until the next call with this client. */
DDBS_API const char *ddbs_reason(const struct ddbs_client *client);

/* Send everything put so far to the daemon, waiting at most timeout_ms (negative: without limit) for its credit, and
 * free the client in every case. It does not wait for DynamoDB: flush first to know the outcome. With
 * DDBS_ON_EOF_DISCARD, records that have not settled are dropped instead. NULL is allowed.
 * DDBS_OK; DDBS_E_TIMED_OUT (records that were not sent are lost), or the code that ended the client. */
DDBS_API int ddbs_close(struct ddbs_client *client, int timeout_ms);

/* The sentence of this client's last call that failed; empty if none did. Valid until the next call with it. */
DDBS_API const char *ddbs_errmsg(const struct ddbs_client *client);

/* A code's name ("item_too_large") and its general description. Static. */
DDBS_API const char *ddbs_errname(int code);
DDBS_API const char *ddbs_strerror(int code);

/* The version of this library, "0.1.0". Static. */
DDBS_API const char *ddbs_version(void);

/* ---- for programs with an event loop: options.nonblocking = 1 ----
 *
 * Before each wait call ddbs_fd, ddbs_events and ddbs_timeout, because any call may change all three. When the
 * descriptor is ready or the timeout has passed, call ddbs_process. ddbs_flush and ddbs_abort do not wait, whatever
 * their timeout: they return DDBS_E_TIMED_OUT until they are done. */

#define DDBS_READ  1
#define DDBS_WRITE 2

/* The descriptor to poll; -1 while there is no connection. The program must not read, write or close it. */
DDBS_API int ddbs_fd(const struct ddbs_client *client);

/* The events to poll for: DDBS_READ, DDBS_WRITE, both, or 0. */
DDBS_API int ddbs_events(const struct ddbs_client *client);

/* Milliseconds until ddbs_process must be called even if the descriptor is not ready; -1: no limit. */
DDBS_API int ddbs_timeout(const struct ddbs_client *client);

/* Connect, read and write as far as possible without blocking. DDBS_OK or the code that ended the client. */
DDBS_API int ddbs_process(struct ddbs_client *client);

/* ---- items ----
 *
 * An item is built attribute by attribute. The first error (a NULL name or value, no memory) is sticky: that call, all
 * later ones and ddbs_put return it, so only the result of ddbs_put must be checked. ddbs_put also validates the whole
 * item: numbers, duplicate names, a missing ddbs_item_end, its size. Inside a list `name` is NULL; everywhere else it
 * is the attribute's name. */

/* A new, empty item; NULL if memory ran out. All other functions treat a NULL item as that error. */
DDBS_API struct ddbs_item *ddbs_item_new(void);

/* Make the item empty, clear its error, and keep its memory for the next item. */
DDBS_API void ddbs_item_reset(struct ddbs_item *item);

DDBS_API void ddbs_item_free(struct ddbs_item *item);

/* S: UTF-8 text, NUL-terminated or of `size` bytes. */
DDBS_API int ddbs_item_str(struct ddbs_item *item, const char *name, const char *value);
DDBS_API int ddbs_item_strn(struct ddbs_item *item, const char *name, const char *value, size_t size);

/* N. As text a number keeps all 38 digits; a double is stored as the shortest decimal that reads back as the same
 * value. */
DDBS_API int ddbs_item_int(struct ddbs_item *item, const char *name, int64_t value);
DDBS_API int ddbs_item_double(struct ddbs_item *item, const char *name, double value);
DDBS_API int ddbs_item_num_text(struct ddbs_item *item, const char *name, const char *value);

/* B, BOOL, NULL. */
DDBS_API int ddbs_item_bin(struct ddbs_item *item, const char *name, const void *value, size_t size);
DDBS_API int ddbs_item_bool(struct ddbs_item *item, const char *name, int value);
DDBS_API int ddbs_item_null(struct ddbs_item *item, const char *name);

/* M and L: the calls that follow add to the map or list, until ddbs_item_end. */
DDBS_API int ddbs_item_begin_map(struct ddbs_item *item, const char *name);
DDBS_API int ddbs_item_begin_list(struct ddbs_item *item, const char *name);
DDBS_API int ddbs_item_end(struct ddbs_item *item);

/* SS, NS (as text) and BS: `count` values, at least one, all different. */
DDBS_API int ddbs_item_str_set(struct ddbs_item *item, const char *name, const char *const *values, size_t count);
DDBS_API int ddbs_item_num_set(struct ddbs_item *item, const char *name, const char *const *values, size_t count);
DDBS_API int ddbs_item_bin_set(struct ddbs_item *item, const char *name, const void *const *values, const size_t *sizes,
                               size_t count);

/* A value already encoded as msgpack (see ddbs_put_msgpack). */
DDBS_API int ddbs_item_raw(struct ddbs_item *item, const char *name, const void *value, size_t size);

/* The item as msgpack, for ddbs_put_msgpack; valid until the item is changed. DDBS_OK; the first error's code; or
 * DDBS_E_INVALID_ARGUMENT if ddbs_item_end is missing. */
DDBS_API int ddbs_item_msgpack(const struct ddbs_item *item, const void **ret_bytes, size_t *ret_size);

/* A sentence about the first error; empty if there is none. */
DDBS_API const char *ddbs_item_errmsg(const struct ddbs_item *item);

#ifdef __cplusplus
}
#endif

#endif
