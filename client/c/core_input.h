/* core_input: parses the daemon's messages: it assembles frames from chunks of any size, and has one handler for each
 * message.
 * Owner: part of struct client_core. Pure.
 * Invariants: at most one incomplete frame is kept, and its length is checked first. A message that breaks the protocol
 * ends the writer, because what else such a daemon reports cannot be trusted.
 */
#ifndef CLIENT_CORE_INPUT_H
#define CLIENT_CORE_INPUT_H

#include <stdint.h>

#include "client/c/core.h"
#include "proto/span.h"

/* Process bytes from the daemon, in chunks of any size. Malformed input leads to CORE_FAILED, never to a crash. */
void core_input_bytes(struct client_core *c, uint64_t now_ms, struct span bytes);

#endif
