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
 * One client writes one table. What a flush promises: every record put before it is in DynamoDB, superseded by a
 * newer write to its key, or reported as failed by its sequence number. Until then the client keeps each record and
 * sends it again after a lost connection, so a restart of the daemon is a pause. Delivery is at least once; put and
 * delete are idempotent.
 *
 * The library has no threads, no global state, prints nothing and raises no SIGPIPE. A client may be used by one
 * thread at a time. A client does not survive fork: in the child every call fails with DDBS_E_FORKED, except
 * ddbs_close, which frees the child's copy and leaves the parent's connection alone.
 *
 * Functions return DDBS_OK (0), a positive DDBS_AGAIN or DDBS_FAILURES, or a negative DDBS_E_... code; ddbs_errmsg
 * has the sentence to it. After a code that ends the client (ddbs_open and ddbs_put say which do) only
 * ddbs_failure_next, ddbs_stats, ddbs_errmsg and ddbs_close are of use.
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

/* DDBS_AGAIN: nonblocking clients only: there is no room now; wait for ddbs_fd and ddbs_timeout, call ddbs_process, ask
 * again. DDBS_FAILURES: from ddbs_flush: everything has settled, but records failed. */
#define DDBS_OK       0
#define DDBS_AGAIN    1
#define DDBS_FAILURES 2

/* Error codes. The same list, by name, in every client, in the daemon's log and on the wire (ddbs_errname). */
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

/* What happens to records that are not written yet when the client goes away without a flush. */
#define DDBS_ON_EOF_DELIVER 0 /* the daemon still writes what it has */
#define DDBS_ON_EOF_DISCARD 1 /* the daemon drops what is not in flight */

/* Set to DDBS_OPTIONS_INIT, then fill in. A field of 0 or NULL takes its default. */
struct ddbs_options {
    size_t struct_size;       /* sizeof(struct ddbs_options); DDBS_OPTIONS_INIT sets it */
    const char *table;        /* required: the table's name or ARN */
    const char *socket_path;  /* default: $DDBSIDECAR_SOCKET, else /run/ddbsidecar/ddbsidecar.sock; at most 107 bytes */
    const char *app;          /* a name for this program in the daemon's status, at most 255 bytes */
    int connect_timeout_ms;   /* until the daemon first answers; default 60000; negative: one attempt */
    int reconnect_timeout_ms; /* without a daemon, later; default 300000; negative: one attempt */
    size_t memory_max;        /* bytes for records that are not settled; default 16 MiB, at least 64 KiB */
    uint64_t max_window;      /* bytes that the daemon may hold for this client; default: the daemon's setting */
    int on_eof;               /* DDBS_ON_EOF_DELIVER (default) or DDBS_ON_EOF_DISCARD */
    int nonblocking;          /* 1: no call waits; see ddbs_fd */
};

#define DDBS_OPTIONS_INIT                                                                                              \
    {                                                                                                                  \
        sizeof(struct ddbs_options), NULL, NULL, NULL, 0, 0, 0, 0, 0, 0                                                \
    }

/* Connect a writer to the daemon and wait until it is welcome. A nonblocking client is returned at once and connects
 * during ddbs_process. `options` is not kept. errmsg may be NULL; it gets a sentence on failure.
 * DDBS_OK with a client to be closed by ddbs_close. DDBS_E_INVALID_ARGUMENT (an option; errmsg says which);
 * DDBS_E_UNSUPPORTED_OPTION (a newer program's option that this library does not know, or one the daemon does not);
 * DDBS_E_NOT_REACHABLE (no daemon within connect_timeout_ms); DDBS_E_NOT_PERMITTED (this user may not open the
 * socket, or not write this table); DDBS_E_BUSY, DDBS_E_CONNECTION_LOST (a daemon that does not take the client
 * in time); DDBS_E_UNSUPPORTED_VERSION, DDBS_E_PROTOCOL_ERROR; DDBS_E_OUT_OF_MEMORY. */
DDBS_API int ddbs_open(const struct ddbs_options *options, struct ddbs_client **ret_client,
                       char errmsg[DDBS_ERRMSG_SIZE]);

/* Write the item, replacing the one with its key. The item is copied, checked, and sent when some have gathered, within
 * milliseconds of further calls, and at the latest by ddbs_flush or ddbs_close. Waits while memory_max is used up,
 * that is, while DynamoDB is slower than the program; meanwhile it keeps the connection going. Then *ret_seq (may be
 * NULL) is the record's sequence number, 1, 2, 3, ..., by which a failure names it.
 * DDBS_OK; DDBS_AGAIN (nonblocking only). After these nothing was sent and the client goes on: DDBS_E_INVALID_ITEM,
 * DDBS_E_ITEM_TOO_LARGE (ddbs_errmsg says what is wrong, and names the attribute if one alone is the cause),
 * DDBS_E_INVALID_ARGUMENT (the item was not built right: a missing ddbs_item_end, a name that is NULL),
 * DDBS_E_OUT_OF_MEMORY. These end the client:
 * DDBS_E_NOT_REACHABLE, DDBS_E_CONNECTION_LOST, DDBS_E_BUSY (no daemon within
 * reconnect_timeout_ms), and every refusal by the daemon that a new connection would not change, as DDBS_E_FENCED,
 * DDBS_E_NOT_PERMITTED, DDBS_E_PROTOCOL_ERROR; ddbs_errmsg then says how many records are not known to be written. */
DDBS_API int ddbs_put(struct ddbs_client *client, const struct ddbs_item *item, uint64_t *ret_seq);

/* Delete the item with this key. `key` holds the key attributes and nothing else. As ddbs_put. */
DDBS_API int ddbs_delete(struct ddbs_client *client, const struct ddbs_item *key, uint64_t *ret_seq);

/* The same for an item that already is msgpack: one map from attribute names to values. Text is S, integers and
 * floats are N, binary is B, booleans, nil, arrays (L) and maps (M); extension 1 holds a number's text, extensions 2,
 * 3 and 4 a msgpack array with the members of a string, number or binary set. */
DDBS_API int ddbs_put_msgpack(struct ddbs_client *client, const void *item, size_t size, uint64_t *ret_seq);
DDBS_API int ddbs_delete_msgpack(struct ddbs_client *client, const void *key, size_t size, uint64_t *ret_seq);

/* What became of the records that settled since the last ddbs_flush that returned DDBS_OK or DDBS_FAILURES. */
struct ddbs_result {
    uint64_t written;
    uint64_t failed;
    uint64_t superseded; /* a newer write to the same key went in their place */
    uint64_t aborted;    /* withdrawn by ddbs_abort */
    uint64_t unlisted;   /* of failed and aborted: beyond the first 1000 not fetched by ddbs_failure_next */
};

/* Send what is pending and wait until every record put before has settled, at most timeout_ms (negative: as long as
 * it takes; 0: ask, and look). DDBS_OK: all are in DynamoDB, superseded, or were withdrawn by ddbs_abort.
 * DDBS_FAILURES: all have settled but some failed; ddbs_failure_next says which. Both fill in *ret_result (may be
 * NULL). DDBS_E_TIMED_OUT: some have not settled; nothing is lost, flush again (ddbs_errmsg has the daemon's reason
 * for waiting). Or a code that ends the client. */
DDBS_API int ddbs_flush(struct ddbs_client *client, int timeout_ms, struct ddbs_result *ret_result);

/* One record that was not written. */
struct ddbs_failure {
    uint64_t seq;
    int code;            /* DDBS_E_... */
    int maybe_written;   /* 1: an earlier attempt may have written it all the same */
    const char *message; /* valid until the next call of ddbs_failure_next or ddbs_close */
};

/* Take the oldest failure that was not taken yet. 1: *ret_failure is filled in; 0: there is none. Does not wait. */
DDBS_API int ddbs_failure_next(struct ddbs_client *client, struct ddbs_failure *ret_failure);

/* Withdraw every record put so far that is not written yet, and wait for the outcome as ddbs_flush does. What is in
 * flight may still be written; each withdrawn record is counted in `aborted` and listed by ddbs_failure_next.
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

/* Why records wait, in the daemon's words ("throttled: DynamoDB throttles the table"); empty if nothing is known to
 * wait. Valid until the next call with this client. */
DDBS_API const char *ddbs_reason(const struct ddbs_client *client);

/* Hand everything put so far to the daemon, waiting at most timeout_ms for room there (negative: as long as it
 * takes), and free the client, whatever is returned. It does not wait for DynamoDB: flush first to know the outcome.
 * With DDBS_ON_EOF_DISCARD what has not settled is dropped instead. NULL is allowed.
 * DDBS_OK; DDBS_E_TIMED_OUT (some records were not handed over: they are lost), or the code that had ended the
 * client. */
DDBS_API int ddbs_close(struct ddbs_client *client, int timeout_ms);

/* The sentence of the last call of this client that failed; empty if none did. Valid until the next call with it. */
DDBS_API const char *ddbs_errmsg(const struct ddbs_client *client);

/* A code's name ("item_too_large") and its general sentence. Static. */
DDBS_API const char *ddbs_errname(int code);
DDBS_API const char *ddbs_strerror(int code);

/* The version of this library, "0.1.0". Static. */
DDBS_API const char *ddbs_version(void);

/* ---- for programs with an event loop: options.nonblocking = 1 ----
 *
 * Before each wait ask ddbs_fd, ddbs_events and ddbs_timeout (all three may change with every call); when the
 * descriptor is ready or the time has come, call ddbs_process. ddbs_flush and ddbs_abort with timeout 0 return
 * DDBS_E_TIMED_OUT until they are done. */

#define DDBS_READ  1
#define DDBS_WRITE 2

/* The descriptor to watch; -1 while there is no connection. Not to be read, written or closed by the program. */
DDBS_API int ddbs_fd(const struct ddbs_client *client);

/* What to watch it for: DDBS_READ, DDBS_WRITE, both, or 0. */
DDBS_API int ddbs_events(const struct ddbs_client *client);

/* Milliseconds until ddbs_process is to be called even if the descriptor is not ready; -1: no need. */
DDBS_API int ddbs_timeout(const struct ddbs_client *client);

/* Read, write, connect, whatever can be done without waiting. DDBS_OK or the code that ended the client. */
DDBS_API int ddbs_process(struct ddbs_client *client);

/* ---- items ----
 *
 * An item is built attribute by attribute. The first mistake (a number that is none, a NULL name, memory) sticks: it
 * is returned by that call and again by ddbs_put, so that the calls in between need no checking. What only the whole
 * item shows (a name twice, a missing ddbs_item_end, its size) ddbs_put finds. Inside a list `name` is NULL; everywhere
 * else it is the attribute's name. */

/* A new, empty item; NULL if memory ran out. Every other function takes a NULL item as that same mistake. */
DDBS_API struct ddbs_item *ddbs_item_new(void);

/* Empty the item, its mistakes too, and keep its memory for the next one. */
DDBS_API void ddbs_item_reset(struct ddbs_item *item);

DDBS_API void ddbs_item_free(struct ddbs_item *item);

/* S: text in UTF-8, ending in NUL, or of `size` bytes. */
DDBS_API int ddbs_item_str(struct ddbs_item *item, const char *name, const char *value);
DDBS_API int ddbs_item_strn(struct ddbs_item *item, const char *name, const char *value, size_t size);

/* N. As text it keeps all 38 digits; a double is stored as the shortest text that reads back equal. */
DDBS_API int ddbs_item_int(struct ddbs_item *item, const char *name, int64_t value);
DDBS_API int ddbs_item_double(struct ddbs_item *item, const char *name, double value);
DDBS_API int ddbs_item_num_text(struct ddbs_item *item, const char *name, const char *value);

/* B, BOOL, NULL. */
DDBS_API int ddbs_item_bin(struct ddbs_item *item, const char *name, const void *value, size_t size);
DDBS_API int ddbs_item_bool(struct ddbs_item *item, const char *name, int value);
DDBS_API int ddbs_item_null(struct ddbs_item *item, const char *name);

/* M and L: what follows goes into it, until ddbs_item_end. */
DDBS_API int ddbs_item_begin_map(struct ddbs_item *item, const char *name);
DDBS_API int ddbs_item_begin_list(struct ddbs_item *item, const char *name);
DDBS_API int ddbs_item_end(struct ddbs_item *item);

/* SS, NS (as text) and BS: `count` values, at least one, all different. */
DDBS_API int ddbs_item_str_set(struct ddbs_item *item, const char *name, const char *const *values, size_t count);
DDBS_API int ddbs_item_num_set(struct ddbs_item *item, const char *name, const char *const *values, size_t count);
DDBS_API int ddbs_item_bin_set(struct ddbs_item *item, const char *name, const void *const *values, const size_t *sizes,
                               size_t count);

/* A value that already is msgpack (see ddbs_put_msgpack). */
DDBS_API int ddbs_item_raw(struct ddbs_item *item, const char *name, const void *value, size_t size);

/* The item as msgpack, for ddbs_put_msgpack elsewhere; valid until the item is changed. DDBS_OK or the first
 * mistake's code. */
DDBS_API int ddbs_item_msgpack(const struct ddbs_item *item, const void **ret_bytes, size_t *ret_size);

/* The sentence of the first mistake; empty if there is none. */
DDBS_API const char *ddbs_item_errmsg(const struct ddbs_item *item);

#ifdef __cplusplus
}
#endif

#endif
