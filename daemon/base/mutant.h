/* mutant: switches that break the engine on purpose, so that a test can show that the oracle notices.
 * Owner: tests. In the daemon every MUTANT(...) is the constant false and leaves no code behind.
 */
#ifndef BASE_MUTANT_H
#define BASE_MUTANT_H

/* X(NAME, what is broken) */
#define DDBS_MUTANTS_LIST(X)                                                                                           \
    X(FLUSH_EARLY, "a flush is answered before its records have settled")                                              \
    X(NO_KEY_LOCK, "two writes of one key are in flight together")                                                     \
    X(DROP_UNPROCESSED, "an unprocessed item counts as written")                                                       \
    X(CREDIT_KEPT, "credit of settled records is not given back")                                                      \
    X(NO_FENCE, "a second HELLO of a session leaves the first connection alive")                                       \
    X(FAILED_AS_WRITTEN, "a failed record is reported as written")                                                     \
    X(BOOK_FORGOTTEN, "a reconnect starts with an empty book")                                                         \
    X(GATE_OPEN, "the record pool has no limit")                                                                       \
    X(ABORTED_WRITTEN, "a withdrawn record is written all the same")                                                   \
    X(BAD_ITEM_FAILS_BATCH, "a refused batch fails as a whole")                                                        \
    X(LINGER_FOREVER, "a batch is sent only when it is full")                                                          \
    X(RANGE_OVER_HOLE, "SETTLED covers a record that is still open")                                                   \
    X(RETRY_LOST, "records of a failed request are forgotten")

enum mutant {
    MUTANT_NONE,
#define X(NAME, text) MUTANT_##NAME,
    DDBS_MUTANTS_LIST(X)
#undef X
        MUTANT_COUNT_
};

#ifdef DDBS_MUTANTS
extern enum mutant mutant_on;
#define MUTANT(NAME) (mutant_on == MUTANT_##NAME)
#else
#define MUTANT(NAME) false
#endif

#endif
