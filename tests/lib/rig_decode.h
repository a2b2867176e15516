/* rig_decode: strict decoding of the daemon's messages to a connection of the rig. See rig.h.
 * Owner: none.
 */
#ifndef TESTS_LIB_RIG_DECODE_H
#define TESTS_LIB_RIG_DECODE_H

#include "tests/lib/rig.h"

/* Decode bytes from the daemon. */
void rig_decode(struct rig_conn *c, struct span bytes);

/* Append an entry to the connection's transcript, unless the rig is mute. */
void rig_note(struct rig_conn *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
