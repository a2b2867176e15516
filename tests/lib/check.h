/* check: asserts a condition of a test or its harness; on failure the program ends there.
 * Owner: none. Used where cmocka does not run: fuzzers and the engine's rig.
 */
#ifndef TESTS_LIB_CHECK_H
#define TESTS_LIB_CHECK_H

#include <stdio.h>
#include <stdlib.h>

/* The message has printf arguments. stdout is flushed so that the name of the running test is not lost. */
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
