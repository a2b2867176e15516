/* base64: standard alphabet with padding.
 * Owner: none. Pure.
 */
#ifndef FAKEDDB_BASE64_H
#define FAKEDDB_BASE64_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/span.h"

/* The decoded size. False if it is not valid base64; *ret_why (static) then has the reason. */
bool base64_size(struct span text, uint32_t *ret, const char **ret_why);

/* Decode text that base64_size accepted; returns the length. */
size_t base64_decode(struct span text, uint8_t *out);

#endif
