/* honest: what an honest client says to the shell's daemon: the messages of the protocol with records that can be told
 * apart, within the credit and in the order of their numbers.
 * Owner: struct shell keeps what was said. Invariant: a record is made of its session, its seq and two bytes of style,
 * so that it can be made again for a resend, and found in a job.
 */
#ifndef TESTS_FUZZ_HONEST_H
#define TESTS_FUZZ_HONEST_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/span.h"
#include "tests/fuzz/shell.h"

struct hello {
    unsigned session; /* 0..3, of the connection's uid */
    unsigned table;   /* SHELL_TABLES: none */
    bool discard;
    uint64_t max_window;
};

/* HELLO; on a connection that said one already it is a breach, and the session is not believed any more. */
void honest_hello(struct shell *s, struct shell_conn *c, const struct hello *h);

/* Put records, after a gap in the numbers, and send what may be sent. No more than SHELL_SEQS of a session. */
void honest_write(struct shell_conn *c, uint32_t count, uint32_t gap, uint8_t style, uint8_t pad);

/* Send the records without an outcome that were not sent on this connection yet, in order, as far as credit goes
 * (R1). */
void honest_pump(struct shell_conn *c);

/* Up to the last record sent but `back`. */
void honest_flush(struct shell_conn *c, uint64_t back);
void honest_abort(struct shell_conn *c, uint64_t back);
void honest_blocked(struct shell_conn *c, uint64_t cost);
void honest_bye(struct shell_conn *c);

/* One of the verbs, with a number for an argument. */
void honest_request(struct shell_conn *c, unsigned verb, uint8_t value);

/* Anything. Its session is not believed from here on. */
void honest_not(struct shell_conn *c, struct span bytes);

/* DynamoDB took this item. */
void honest_written(struct shell *s, struct span item);

/* The daemon reports a record as failed, or all of first..last as settled: the others of them must be written. */
void honest_hear_failure(struct shell_conn *c, uint64_t seq);
void honest_hear_settled(struct shell_conn *c, uint64_t first, uint64_t last);

/* The daemon says that all up to here has been reported. */
void honest_hear_all(struct shell_conn *c, uint64_t upto);

#endif
