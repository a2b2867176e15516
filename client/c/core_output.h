/* core_output: builds what is sent to the daemon, in the order that the protocol requires: HELLO; an open ABORT;
 * records within the credit; FLUSH for every token whose records are sent; BLOCKED if a record must wait for credit;
 * BYE when nothing is left to send.
 * Owner: part of struct client_core. Pure.
 * Invariants: one core_out is being sent at a time. Its bytes stay in place until they are sent or the connection ends.
 */
#ifndef CLIENT_CORE_OUTPUT_H
#define CLIENT_CORE_OUTPUT_H

#include <stddef.h>
#include <stdint.h>

#include "client/c/core.h"
#include "proto/span.h"

enum { CORE_SPANS = 3 };

/* What to send next, in order, as 0..CORE_SPANS spans. They stay valid until core_output_sent has counted all of them,
 * or core_eof; after a core_output_sent of less, ask again. */
size_t core_output(struct client_core *c, struct span ret_spans[CORE_SPANS]);

/* n bytes of what core_output returned were written to the socket. */
void core_output_sent(struct client_core *c, size_t n);

#endif
