/* core_output: what goes to the daemon, in the only order that is right: HELLO; an open ABORT; records within the
 * credit; the FLUSH of every token whose records are out; BLOCKED when records have to wait; BYE when nothing is left.
 * Owner: part of struct client_core. Pure.
 * Invariants: one core_out is on its way at a time; what it shows stays in place until it is sent or the connection
 * ends.
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

/* n bytes of what core_output showed are in the socket. */
void core_output_sent(struct client_core *c, size_t n);

#endif
