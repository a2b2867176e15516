/* fuzz_rig: the rig as the engine's fuzzers use it: a few paced and reused connections, settings from one byte, and an
 * end at which everything that waits must make progress.
 * Owner: the target embeds one struct rig for all its inputs; fuzz_rig_open resets it.
 */
#ifndef TESTS_FUZZ_FUZZ_RIG_H
#define TESTS_FUZZ_FUZZ_RIG_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/lib/rig.h"

enum { FUZZ_CONNS = 8 };

/* Begin an input: FUZZ_CONNS connection slots, none open, and an engine with the settings of this variant (any byte).
 * False: memory ran out. */
bool fuzz_rig_open(struct rig *r, uint8_t variant);

/* End all faults: what waits must make progress in time, and the daemon must stop; then rig_close. */
void fuzz_rig_close(struct rig *r);

/* Connect as user number `uid` (0..MODEL_UIDS-1). */
void fuzz_rig_connect(struct rig_conn *c, unsigned uid);

/* The peer vanishes, and loses its last bytes if `loses`; what it sent before ends with EOF. */
void fuzz_rig_vanish(struct rig_conn *c, bool loses);

/* A successful answer. */
void fuzz_rig_good(const struct job *job, struct job_result *ret);

/* Answer all jobs in flight successfully, and pump. */
void fuzz_rig_answer_all(struct rig *r);

#endif
