/* core_input: what the daemon says: frames put together from any cut of bytes, and one handler a message.
 * Owner: part of struct client_core. Pure.
 * Invariants: at most one frame is kept, its length checked before; a message that breaks the protocol ends the
 * writer, since a daemon that cannot be understood cannot be believed.
 */
#ifndef CLIENT_CORE_INPUT_H
#define CLIENT_CORE_INPUT_H

#include <stdint.h>

#include "client/c/core.h"
#include "proto/span.h"

/* Bytes from the daemon, in any cut. What is wrong with them ends in CORE_FAILED or a wish to close, never in a
 * crash. */
void core_input_bytes(struct client_core *c, uint64_t now_ms, struct span bytes);

#endif
