/* payload: builds the msgpack item of a record from its description: key in one of many spellings, record number,
 * filler.
 * Owner: none, the caller's buffer. Pure except for the random choices.
 */
#ifndef SIM_PAYLOAD_H
#define SIM_PAYLOAD_H

#include <stddef.h>

#include "tests/sim/truth.h"

enum { PAYLOAD_MAX = 420 * 1024, PAYLOAD_PAD_PERIOD = 26 };

/* Write record `index`'s item into out (PAYLOAD_MAX bytes); returns its length. A resent record is never rebuilt: the
 * client core keeps the bytes. */
size_t payload_make(const struct truth *t, uint32_t index, struct rng *r, uint8_t *out);

/* The filler of record `index`: PAYLOAD_MAX bytes of a repeating pattern. Static. */
const char *payload_pad(uint32_t index);

#endif
