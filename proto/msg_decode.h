/* msg_decode: decodes one frame body into one message struct; checks every field and explains every refusal.
 * Owner: spans in the results borrow from the body. Pure, no allocation.
 * Invariants: results are written only on success; a body is exactly one array, known fields first, later fields
 * skipped (PROTOCOL F3: in every message but the [op, item] pair), nothing after the array.
 */
#ifndef PROTO_MSG_DECODE_H
#define PROTO_MSG_DECODE_H

#include <stdint.h>

#include "proto/mp_read.h"
#include "proto/msg.h"
#include "proto/must_use.h"
#include "proto/span.h"

enum { MSG_ERRMSG = 256 };

/* `body` is the frame's body without the length. DDBS_OK, or DDBS_E_PROTOCOL_ERROR with a message in errmsg (always
 * NUL-terminated) that names the field. */
int msg_decode_hello(struct span body, struct msg_hello *ret, char errmsg[MSG_ERRMSG]) MUST_USE;
int msg_decode_write(struct span body, struct msg_write *ret, char errmsg[MSG_ERRMSG]) MUST_USE;
int msg_decode_blocked(struct span body, uint64_t *ret_cost, char errmsg[MSG_ERRMSG]) MUST_USE;
int msg_decode_flush(struct span body, uint64_t *ret_token, uint64_t *ret_upto, char errmsg[MSG_ERRMSG]) MUST_USE;
int msg_decode_abort(struct span body, uint64_t *ret_upto, char errmsg[MSG_ERRMSG]) MUST_USE;
int msg_decode_request(struct span body, struct msg_request *ret, char errmsg[MSG_ERRMSG]) MUST_USE;
int msg_decode_welcome(struct span body, struct msg_welcome *ret, char errmsg[MSG_ERRMSG]) MUST_USE;
int msg_decode_credit(struct span body, uint64_t *ret_limit, char errmsg[MSG_ERRMSG]) MUST_USE;
int msg_decode_settled(struct span body, struct msg_settled *ret, char errmsg[MSG_ERRMSG]) MUST_USE;
int msg_decode_flushed(struct span body, uint64_t *ret_token, char errmsg[MSG_ERRMSG]) MUST_USE;
int msg_decode_aborted(struct span body, uint64_t *ret_upto, char errmsg[MSG_ERRMSG]) MUST_USE;
int msg_decode_goaway(struct span body, struct span *ret_reason, char errmsg[MSG_ERRMSG]) MUST_USE;
int msg_decode_error(struct span body, struct msg_error *ret, char errmsg[MSG_ERRMSG]) MUST_USE;
int msg_decode_reply(struct span body, struct msg_reply *ret, char errmsg[MSG_ERRMSG]) MUST_USE;
int msg_decode_notice(struct span body, struct msg_notice *ret, char errmsg[MSG_ERRMSG]) MUST_USE;

/* Open the next [op, item] of a WRITE. Returns its op and leaves the cursor at the item's first byte; `*ret_start` is
 * the first byte of the [op, item] array, so cost = (end of item) - start + MSG_COST_OVERHEAD. The caller then moves
 * the cursor past the item (item_check or mp_read_skip). DDBS_E_PROTOCOL_ERROR if the pair is not an array of exactly
 * two or the op is not an integer 0..255 (an op of 2 and up is well-formed but unknown, M3). */
int msg_decode_write_next(struct mp_cursor *records, uint8_t *ret_op, const uint8_t **ret_start) MUST_USE;

/* Close a WRITE after its `count` records; `records` is at the end of the last one. DDBS_OK, or DDBS_E_PROTOCOL_ERROR
 * if anything but `extra` whole values follows: records beyond the declared count must not be lost silently. */
int msg_decode_write_end(const struct msg_write *m, const struct mp_cursor *records) MUST_USE;

/* Step through the lists of a SETTLED. DDBS_OK or DDBS_E_PROTOCOL_ERROR (first > last, wrong shapes). */
int msg_decode_settled_range(struct mp_cursor *ranges, struct msg_range *ret) MUST_USE;
int msg_decode_settled_failure(struct mp_cursor *failures, struct msg_failure *ret) MUST_USE;

#endif
