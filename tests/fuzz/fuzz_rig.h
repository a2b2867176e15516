/* fuzz_rig: the rig as the fuzzers of the engine use it: a few connections that are paced and used again, settings from
 * one byte, and an end at which whatever waits must move.
 * Owner: the target embeds one struct rig for all its inputs; fuzz_rig_open begins each anew.
 */
#ifndef TESTS_FUZZ_FUZZ_RIG_H
#define TESTS_FUZZ_FUZZ_RIG_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/lib/rig.h"

enum { FUZZ_CONNS = 8 };

/* Begin an input: FUZZ_CONNS connections, none open, and an engine with the settings of this variant (a byte, any).
 * False: memory ran out. */
bool fuzz_rig_open(struct rig *r, uint8_t variant);

/* Nothing fails any more: whatever waits must move within its time, and the daemon must stop; then rig_close. */
void fuzz_rig_close(struct rig *r);

/* Connect as the user of that number (0..MODEL_UIDS-1). */
void fuzz_rig_connect(struct rig_conn *c, unsigned uid);

/* The peer vanishes, with its last bytes if `loses`; what it sent before ends with an EOF. */
void fuzz_rig_vanish(struct rig_conn *c, bool loses);

/* An answer that is all right. */
void fuzz_rig_good(const struct job *job, struct job_result *ret);

/* Answer all that is out so, and pump. */
void fuzz_rig_answer_all(struct rig *r);

#endif
