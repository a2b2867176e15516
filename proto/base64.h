/* base64: the standard alphabet with padding, as DynamoDB's JSON carries binary values.
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

/* Characters for n bytes, padding included. */
static inline size_t base64_len(size_t n)
{
    return (n + 2) / 3 * 4;
}

/* Write base64_len(n) characters (no NUL, nothing past them). Returns the end. */
char *base64_put(char *out, const uint8_t *p, size_t n);

/* Decode a text with its padding into `out`. False if it is not base64, or stands for more than `max` bytes. */
bool base64_read(struct span text, uint8_t *out, size_t max, size_t *ret_len) MUST_USE;

#endif
