/* truth: what really happened: every record that a client put, every key, and what the service, the wire and the writer
 * saw of each. It is the oracle's only source.
 * Owner: struct world embeds one. Records and keys are only added; an index stays valid for the whole run.
 * Invariants: record r of a writer has seq = its position in the writer's list + 1 (as the client core numbers them); a
 * key is deleted by at most one record, so that the key identifies a delete.
 */
#ifndef SIM_TRUTH_H
#define SIM_TRUTH_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/hmap.h"
#include "proto/item/item.h"
#include "tests/sim/scenario.h"

enum { TRUTH_WRITERS_MAX = 24, TRUTH_KEY_TEXT = 96, TRUTH_NONE = UINT32_MAX };

/* What is wrong with an item. X(NAME, code that its failure must have) */
#define TRUTH_BADNESS(X)                                                                                               \
    X(NONE, DDBS_OK)                                                                                                   \
    X(NO_KEY, DDBS_E_MISSING_KEY)                                                                                      \
    X(KEY_TYPE, DDBS_E_MISSING_KEY)                                                                                    \
    X(EMPTY_KEY, DDBS_E_MISSING_KEY)                                                                                   \
    X(NAN_VALUE, DDBS_E_INVALID_ITEM)                                                                                  \
    X(UNKNOWN_OP, DDBS_E_UNSUPPORTED_OP)                                                                               \
    X(TOO_LARGE, DDBS_E_ITEM_TOO_LARGE)                                                                                \
    X(POISON, DDBS_E_REJECTED) /* only the service detects it */

enum badness {
#define X(NAME, code) BAD_##NAME,
    TRUTH_BADNESS(X)
#undef X
        BAD_COUNT_
};

struct record {
    uint32_t writer, table, key;
    uint64_t seq;
    uint8_t op; /* enum msg_op, or an unknown one */
    enum badness bad;
    uint32_t pad_bytes;
    bool has_alt; /* has the key that the table gets when it is recreated */
    uint32_t cost;

    /* at the service */
    uint32_t outstanding;    /* requests with it that the daemon has no answer for */
    uint32_t applied;        /* how many times */
    uint64_t applied_epochs; /* bit e: a request of the daemon of epoch e applied it */
    uint64_t acked_epoch;    /* epoch of the daemon that got an answer which counts it as written */

    /* on the wire, as received by the daemon */
    uint64_t received_epoch, received_link;
    bool doubtful;         /* the daemon closed its connection: it may have been dropped before admission */
    uint64_t unsure_epoch; /* it was resent after that: when this daemon admitted it is unknown */
    uint64_t arrival;      /* its position among all first arrivals at this daemon */
    uint64_t others, own;  /* bytes started by then, of others and of its writer; bytes ahead of it */
    uint64_t ahead;
    uint64_t covered_link;  /* the last link that reported it as settled */
    uint64_t written_epoch; /* reported as settled, not failed */
    uint64_t failed_epoch;
    bool wire_maybe;
    uint64_t barred_epoch; /* no request of this daemon may carry it any more: withdrawn */

    /* at the writer */
    bool failed, failed_maybe;
    int failed_code;
};

/* The writer of one session. */
struct writer {
    uint32_t *records; /* indexed by seq - 1 */
    uint32_t count, cap;
    bool discard;
    uint64_t abort_upto;       /* requested by the client */
    uint64_t link;             /* the link whose HELLO reached the daemon last */
    uint64_t epoch;            /* of the last WELCOME */
    uint64_t epoch_link;       /* the link whose WELCOME sent it first */
    uint64_t gone_ms;          /* since when the daemon has no connection for it; 0: it has one */
    uint64_t left_link;        /* link that it closed while the daemon could still read on; 0: none */
    uint64_t sent_away_link;   /* link closed by a stopping daemon that had seen neither BYE nor hang-up; 0: none */
    uint64_t flushed_upto;     /* the highest token that the client core reported as done */
    bool settled;              /* it ended with every record's outcome known */
    uint32_t failed, aborted;  /* from its list of failures */
    uint64_t arrived, started; /* cost of its records that reached the daemon; that were sent to the service */
};

struct key {
    struct hmap_node node;
    char text[TRUTH_KEY_TEXT]; /* table and canonical key */
    uint32_t index, table;
    uint32_t number;       /* its value is derived from this */
    uint32_t writer;       /* its only writer; TRUTH_NONE: several may write it */
    uint32_t outstanding;  /* requests in flight that carry it */
    uint32_t deleted_by;   /* record */
    uint32_t last_applied; /* record */
    bool late;             /* a write landed after its request was given up: no order is guaranteed any more (R3) */
    struct {
        uint64_t epoch, seq;
    } order[TRUTH_WRITERS_MAX]; /* highest applied on time, by writer */
    uint32_t newest;            /* record: of those applied on time by one daemon, the one it received last */
    uint64_t newest_epoch;
};

struct truth {
    struct record *records;
    uint32_t record_count, record_cap;
    struct key **keys;
    uint32_t key_count, key_cap;
    struct hmap by_text;
    uint64_t arrivals;
    uint64_t told_failed, told_aborted; /* records that the running daemon reported as failed; as withdrawn */
    uint64_t started;                   /* cost of all records sent to the service for the first time */
    struct writer writers[TRUTH_WRITERS_MAX];
};

void truth_init(struct truth *t);
void truth_fini(struct truth *t);

/* Add a blank record. Returns its index. */
uint32_t truth_record_add(struct truth *t, uint32_t writer, uint32_t table);

/* The client core accepted the record as `seq`, the next number of its writer. */
void truth_record_put(struct truth *t, uint32_t index, uint64_t seq);

/* The record of a writer's seq; NULL if it never put one. */
static inline struct record *truth_record_of(struct truth *t, uint32_t writer, uint64_t seq)
{
    const struct writer *wr = &t->writers[writer];
    return seq >= 1 && seq <= wr->count ? &t->records[wr->records[seq - 1]] : NULL;
}

/* The key derived from `number` in this table, created if new. `writer`: as in struct key. */
uint32_t truth_key(struct truth *t, uint32_t table, uint32_t number, uint32_t writer);

/* The key of a canonical text; TRUTH_NONE if no client ever used it. */
uint32_t truth_key_find(const struct truth *t, const char *text);

/* The key derived from the digits of a number key; otherwise as truth_key_find. */
uint32_t truth_key_of_digits(const struct truth *t, uint32_t table, uint64_t digits, int exponent);

/* The key schema of a table: 0 "pk:S", 1 "pk:N", 2 "pk:S,sk:N", 3 "pk:B"; once recreated: "alt:N". */
void truth_schema(uint32_t table, bool remade, struct key_schema *ret);

/* The bytes of a binary key. */
enum { TRUTH_BINARY_KEY = 7 };
void truth_binary(uint32_t number, uint8_t out[TRUTH_BINARY_KEY]);

/* "table-0" and so on. */
const char *truth_table_name(uint32_t table);

/* The value of a number key: digits that do not end in 0, times ten to the exponent. */
uint64_t truth_digits(uint32_t number);
int truth_exponent(uint32_t number);

/* The failure code required for such a record; DDBS_OK for a good one. */
int truth_bad_code(enum badness b);

/* malloc that aborts when memory runs out: the simulator need not survive that. */
void *truth_alloc(size_t bytes);
void *truth_realloc(void *block, size_t bytes);

#endif
