/* core_parts: what the files of the core share with each other (core.c, core_input.c, core_output.c) and nobody else.
 * Owner: none.
 */
#ifndef CLIENT_CORE_PARTS_H
#define CLIENT_CORE_PARTS_H

#include "client/core.h"
#include "proto/err.h"

/* End this writer: no connection will be wanted again. The sentence gets the number of records not known to be
 * written. */
__attribute__((format(printf, 3, 4))) void core_fail(struct client_core *c, int code, const char *format, ...);

/* Settle first..last as written. Returns how many were not settled before. */
uint64_t core_settle_written(struct client_core *c, uint64_t first, uint64_t last);

/* Settle one record as failed. A mention of a settled one is harmless. */
void core_settle_failed(struct client_core *c, const struct msg_failure *failure);

/* Settle what is left of first..last as withdrawn. */
void core_settle_aborted(struct client_core *c, uint64_t first, uint64_t last, bool maybe_written);

/* Forget the tokens that are settled and not with the daemon. */
void core_tokens_trim(struct client_core *c);

#endif
