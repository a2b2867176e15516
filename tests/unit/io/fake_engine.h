/* fake_engine: a fake engine for tests of the shells: records every event, returns the effects that the test queued.
 * Owner: process-wide; fake_engine_reset before each test. Replaces daemon/engine/engine at link time.
 */
#ifndef TESTS_FAKE_ENGINE_H
#define TESTS_FAKE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/engine/engine.h"

enum { FAKE_CONNS = 64, FAKE_INPUT = 1 << 20, FAKE_EFFECTS = 64 };

struct fake_conn {
    bool open, reading;
    int eofs, hangups;
    bool hung_before_eof;
    struct peer peer;
    size_t received;       /* bytes in total */
    size_t biggest;        /* most bytes in one event */
    size_t peek;           /* not 0: it only peeks at input and takes this many bytes of it */
    const uint8_t *output; /* what engine_output returns */
    size_t output_left, sent;
};

struct fake_engine {
    struct fake_conn conns[FAKE_CONNS + 1]; /* by id, from 1 */
    uint64_t opened;
    int open_rc;
    struct effect effects[FAKE_EFFECTS];
    size_t effect_first, effect_count;
    uint64_t deadline;
    int turns, jobs_done;
    struct job_result last_result;
    bool drained;
};

extern struct fake_engine fake;

void fake_engine_reset(void);

/* An engine for loop_attach; only its address is used. */
struct engine *fake_engine_handle(void);

/* Queue an effect for a connection. */
void fake_effect(enum effect_kind kind, uint64_t conn);

/* Give a connection `n` bytes to send, and the effect for it. */
void fake_output(uint64_t conn, const uint8_t *p, size_t n);

#endif
