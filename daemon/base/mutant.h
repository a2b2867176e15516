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
    X(RETRY_LOST, "records of a failed request are forgotten")                                                         \
    X(LIMIT_FALLS, "CREDIT says what is left, not the limit")                                                          \
    X(WINDOW_UNBOUNDED, "max_window is not looked at")                                                                 \
    X(OVERDRAFT, "records beyond the credit are taken")                                                                \
    X(UID_UNBOUNDED, "a user may take all that its table may take")                                                    \
    X(BODY_KEPT, "the memory of a request's body is not given back")                                                   \
    X(KEY_LOCK_KEPT, "a key's next write does not follow when the one before has settled")                             \
    X(KEY_ORDER_LOST, "a key's writes wait in another order than they came")                                           \
    X(SESSIONS_UNORDERED, "a session's write to a key goes before those of others that came earlier")                  \
    X(NO_TURNS, "a batch takes what it can of one session before it looks at the next")                                \
    X(FLUSH_UNANSWERED, "a flush with nothing open is not answered")                                                   \
    X(FLUSH_LINGERS, "a flush waits as long as a batch lingers")                                                       \
    X(FLUSH_ALL_EARLY, "an operator's flush is answered at once")                                                      \
    X(ABORT_EARLY, "ABORTED does not wait for what is in flight")                                                      \
    X(ABORT_WRONG_UPTO, "ABORTED names the highest seq received, not what it was asked")                               \
    X(FENCED_LOST, "a new connection drops what the session's older one had sent")                                     \
    X(SESSION_STOLEN, "any user may take a session over")                                                              \
    X(REPLAY_TWICE, "a record that is sent again counts as new")                                                       \
    X(BOOK_EXPIRES_SOON, "a book is forgotten long before reconnect_timeout")                                          \
    X(EPOCH_KEPT, "WELCOME says the old epoch after a book was forgotten")                                             \
    X(FAILURES_TOLD_ONCE, "a new connection is not told the failures again")                                           \
    X(FAILURE_RANGE_CUT, "of failures kept as a range only the first is told")                                         \
    X(MAYBE_FORGOTTEN, "a failed record that may be written counts as surely not written")                             \
    X(NEVER_ALONE, "a refused batch is sent again as it was")                                                          \
    X(BACKOFF_IN_SECONDS, "a backoff is reckoned in seconds")                                                          \
    X(SLOTS_UNBOUNDED, "[aws] max_in_flight is not looked at")                                                         \
    X(IN_FLIGHT_UNBOUNDED, "max_in_flight of a table is not looked at")                                                \
    X(UNKEYED_FORGOTTEN, "records that waited for the key schema go on waiting when it has come")                      \
    X(PAUSED_FOR_EVER, "a paused table is never tried again")                                                          \
    X(PAUSE_IMPATIENT, "records of a paused table fail at once")                                                       \
    X(DELIVER_DISCARDED, "what a client with on_eof deliver had sent is withdrawn when it goes")                       \
    X(DISCARD_DELIVERED, "what a client with on_eof discard had sent is written when it goes")                         \
    X(HANGUP_CLOSES, "a hang-up ends a connection although there is more to read")                                     \
    X(DRAIN_DROPS, "a stopping daemon does not wait for the records of clients that have left")                        \
    X(DRAIN_TIMELESS, "the phases of a stop have no time limit")                                                       \
    X(WITHDRAWN_AS_FAILED, "a withdrawn record is counted as failed")                                                  \
    X(TABLE_BOOKS_STALE, "the books of a table do not follow its records")                                             \
    X(NO_NOTICE, "nobody is told why records wait")                                                                    \
    X(HELLO_UNTIMED, "a peer may take its time for HELLO")

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
