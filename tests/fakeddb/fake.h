/* fake: the process's state, which every operation works on, and one call to it.
 * Owner: main; a call is on the stack while it is answered.
 */
#ifndef FAKEDDB_FAKE_H
#define FAKEDDB_FAKE_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/fakeddb/auth.h"
#include "tests/fakeddb/capacity.h"
#include "tests/fakeddb/fault.h"
#include "tests/fakeddb/script.h"
#include "tests/fakeddb/store.h"
#include "tests/fakeddb/text.h"

enum { ANSWER_BYTES_MAX = 64 * 1024 * 1024 };

enum operation {
    OP_BATCH_WRITE_ITEM,
    OP_PUT_ITEM,
    OP_DELETE_ITEM,
    OP_GET_ITEM,
    OP_SCAN,
    OP_DESCRIBE_TABLE,
    OP_CREATE_TABLE,
    OP_DELETE_TABLE,
    OP_LIST_TABLES,
    OP_CONTROL, /* from here on: fakeddb's own operations, unsigned, without faults */
    OP_STATS,
    OP_HISTORY,
    OP_SCRIPT,
    OP_CREDENTIAL,
    OP_COUNT,
    OP_UNKNOWN = OP_COUNT
};

struct counters {
    uint64_t connections, handshakes, requests, bytes_in, bytes_out;
    uint64_t ops[OP_COUNT];
    uint64_t status_2xx, status_4xx, status_5xx, auth_refused;
    uint64_t items_put, items_deleted, items_unprocessed; /* by batches and single writes, as applied */
    uint64_t late_applied, late_refused;                  /* late writes that were applied; that found no room in the
                                                           * queue */
};

struct fake {
    struct store store;
    struct fault fault;
    struct script script;
    struct auth auth;
    struct counters counters;
    struct bucket account; /* write units of all tables together */
    bool check_auth;
    const char *region;
    struct text keys; /* key bytes of the call being answered */
};

struct call {
    struct fake *fake;
    struct span body;
    struct text *out; /* the answer's JSON */
    int status;
    uint64_t request;                 /* number of the request */
    uint64_t now_ms;                  /* since the start */
    int64_t now_s;                    /* of the server's clock, with skew */
    const struct fault_settings *set; /* those that apply to this request */
    bool faults;                      /* faults may hit this request */
    bool replay;                      /* a late write being applied: no faults, no answer */
};

#endif
