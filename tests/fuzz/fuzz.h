/* fuzz: the entry point that all targets share. A failed CHECK ends the run.
 * Owner: none. A target keeps no state between inputs, so that each file reproduces alone.
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

#include "tests/lib/check.h"

/* Called by libFuzzer, and by replay.c for the corpus files. Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* For targets whose inputs are streams of frames: the offset of the stream (frames.c). */
extern const size_t fuzz_frames_at;

#endif
