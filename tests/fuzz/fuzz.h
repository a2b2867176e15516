/* fuzz: what every target shares: its entry point. Its checks end the run (CHECK).
 * Owner: none. A target keeps no state between two inputs, so that each file reproduces alone.
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

#include "tests/lib/check.h"

/* Called by libFuzzer, and by replay.c for the files of the corpus. Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Of a target whose inputs are streams of frames: where they begin (frames.c). */
extern const size_t fuzz_frames_at;

#endif
