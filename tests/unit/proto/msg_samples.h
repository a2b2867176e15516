/* msg_samples: one typical message of each type, and one function for all decoders, for the tests of msg.
 * Owner: the caller's buffers. Fails the current test if a type has no decoder or a sample does not fit.
 */
#ifndef TESTS_MSG_SAMPLES_H
#define TESTS_MSG_SAMPLES_H

#include "proto/msg.h"

#define BYTES(s)       s, sizeof(s) - 1
#define TEXT(s)        span_of(s, sizeof(s) - 1)
#define SAMPLE_SESSION "0123456789abcdef"

enum { FRAME_ROOM = 4096, DECODED_TYPES = 15 };

/* One decoded message of any type, so that tables can drive all decoders alike. */
union any_message {
    struct msg_hello hello;
    struct msg_write write;
    struct msg_request request;
    struct msg_welcome welcome;
    struct msg_settled settled;
    struct msg_error error;
    struct msg_reply reply;
    struct msg_notice notice;
    struct span text;
    uint64_t number[2];
};

/* Every type except BYE, which has no fields. */
extern const enum msg_type decoded_types[DECODED_TYPES];

extern const struct msg_range sample_ranges[2];
extern const struct msg_failure sample_failures[2];

/* Run the decoder of a type. Numbers are stored in m->number, a reason in m->text. */
int decode_any(enum msg_type type, struct span body, union any_message *m, char *errmsg);

/* Encode the sample of a type. Returns the frame's length. */
size_t encode_sample(enum msg_type type, uint8_t out[FRAME_ROOM]);

/* The same without the header. */
struct span sample_body(enum msg_type type, uint8_t out[FRAME_ROOM]);

#endif
