/* base64: the standard alphabet with padding, as used for binary values in DynamoDB's JSON.
 * Owner: the caller's memory. Pure.
 * Source: RFC 4648, section 4.
 */
#ifndef PROTO_BASE64_H
#define PROTO_BASE64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/must_use.h"
#include "proto/span.h"

/* Length of the encoding of n bytes, padding included. */
static inline size_t base64_len(size_t n)
{
    return (n + 2) / 3 * 4;
}

/* Write base64_len(n) characters, without NUL. Returns the end. */
char *base64_put(char *out, const uint8_t *p, size_t n);

/* Decode padded text into `out`. False if it is not base64 or decodes to more than `max` bytes. */
bool base64_read(struct span text, uint8_t *out, size_t max, size_t *ret_len) MUST_USE;

#endif
