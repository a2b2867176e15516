/* fuzz: what every target shares: its entry point, and a check that ends the run with the place that failed.
 * Owner: none. A target keeps no state between two inputs, so that each file reproduces alone.
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Called by libFuzzer, and by replay.c for the files of the corpus. Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Of a target whose inputs are streams of frames: where they begin (frames.c). */
extern const size_t fuzz_frames_at;

#define FUZZ_CHECK(condition)                                                                     \
    do {                                                                                          \
        if (!(condition)) {                                                                       \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition);        \
            abort();                                                                              \
        }                                                                                         \
    } while (0)

#endif
