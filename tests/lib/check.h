/* check: a condition of a test or of its harness that must hold, else the program ends at the place that failed.
 * Owner: none. What runs without cmocka (the fuzzers, the engine's rig) checks with this.
 */
#ifndef TESTS_LIB_CHECK_H
#define TESTS_LIB_CHECK_H

#include <stdio.h>
#include <stdlib.h>

/* The text says what is wrong; its arguments are those of printf. stdout is flushed, so that the name of the running
 * test is not lost. */
#define FAIL(...)                                                                                                      \
    do {                                                                                                               \
        fflush(stdout);                                                                                                \
        fprintf(stderr, "%s:%d: ", __FILE__, __LINE__);                                                                \
        fprintf(stderr, __VA_ARGS__);                                                                                  \
        fputc('\n', stderr);                                                                                           \
        abort();                                                                                                       \
    } while (0)

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition))                                                                                              \
            FAIL("does not hold: %s", #condition);                                                                     \
    } while (0)

#endif
