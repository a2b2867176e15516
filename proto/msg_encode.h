/* msg_encode: encodes one message into one whole frame.
 * Owner: the caller's writer and memory. Pure, no allocation.
 * Invariant: the header's length is exactly the number of bytes after it. If the writer is too small, nothing past its
 * end is written and `need` is exact.
 */
#ifndef PROTO_MSG_ENCODE_H
#define PROTO_MSG_ENCODE_H

#include <stddef.h>
#include <stdint.h>

#include "proto/mp_write.h"
#include "proto/msg.h"

/* Append one whole frame, header included, to `w`; check mp_write_fits afterwards. Message texts longer than
 * MSG_TEXT_MAX are cut between characters. The caller respects all other bounds; the peer refuses frames that exceed
 * them. */
void msg_encode_hello(struct mp_writer *w, const struct msg_hello *m);
void msg_encode_blocked(struct mp_writer *w, uint64_t cost);
void msg_encode_flush(struct mp_writer *w, uint64_t token, uint64_t upto);
void msg_encode_abort(struct mp_writer *w, uint64_t upto);
void msg_encode_bye(struct mp_writer *w);
void msg_encode_request(struct mp_writer *w, const struct msg_request *m);
void msg_encode_welcome(struct mp_writer *w, const struct msg_welcome *m);
void msg_encode_credit(struct mp_writer *w, uint64_t limit);
void msg_encode_settled(struct mp_writer *w, const struct msg_outcomes *m);
void msg_encode_flushed(struct mp_writer *w, uint64_t token);
void msg_encode_aborted(struct mp_writer *w, uint64_t upto);
void msg_encode_goaway(struct mp_writer *w, const char *reason);
void msg_encode_error(struct mp_writer *w, int code, const char *message);
void msg_encode_reply(struct mp_writer *w, const struct msg_reply *m);
void msg_encode_notice(struct mp_writer *w, const char *reason, const char *message);

/* The head of a WRITE frame: length, array of 3, type, first_seq, array header; at most MSG_WRITE_HEAD bytes. After it
 * the caller appends exactly `records_bytes` bytes: `count` [op, item] pairs. */
enum { MSG_WRITE_HEAD = 4 + 2 + 9 + 5 };
void msg_encode_write_head(struct mp_writer *w, uint64_t first_seq, uint32_t count, size_t records_bytes);

#endif
