/* rig_hear: the client's ear of the rig: bytes of the daemon, decoded strictly and written down.
 * Owner: rig.c. See rig.h for the words.
 */
#ifndef TESTS_CORE_RIG_HEAR_H
#define TESTS_CORE_RIG_HEAR_H

#include "proto/span.h"
#include "tests/unit/core/rig.h"

/* Bytes came out of the socket. */
void rig_hear(struct rig_conn *c, struct span bytes);

/* Write down one message. */
void rig_say(struct rig_conn *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
