/* rig_decode: what the daemon says to a connection of the rig, decoded strictly. See rig.h.
 * Owner: none.
 */
#ifndef TESTS_LIB_RIG_DECODE_H
#define TESTS_LIB_RIG_DECODE_H

#include "tests/lib/rig.h"

/* Bytes of the daemon. */
void rig_decode(struct rig_conn *c, struct span bytes);

/* One more entry of what the connection heard; nothing if the rig is mute. */
void rig_note(struct rig_conn *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
