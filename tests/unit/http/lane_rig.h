/* lane_rig: a lane, a loop and a scripted server for tests; checks that they leave nothing open.
 * Owner: the test's stack. Wrong results fail the current cmocka test.
 */
#ifndef TESTS_LANE_RIG_H
#define TESTS_LANE_RIG_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "daemon/http/lane.h"
#include "tests/unit/http/http_script.h"

enum { JOBS = 64 };

struct rig {
    struct http_script server;
    bool serving;
    uv_loop_t loop;
    struct lane *lane;
    struct lane_params params;
    struct endpoint endpoint;
    struct creds creds;
    struct job jobs[JOBS];
    struct job_result results[JOBS];
    bool done[JOBS];
    int done_count, awaited;
    int fds;
    int64_t live;
    const char *ca_bundle;
};

/* Group setup: what the libraries keep open for the whole process must not count as a leak. */
int rig_libraries_warm_up(void **state);

/* Record the initial state. After that the server may be started, and then the lane for it. */
void rig_init(struct rig *r);
void rig_begin(struct rig *r, const char *scheme_and_host, uint32_t timeout_ms, uint32_t transfers_max);

/* All of that, with a server without TLS. */
void rig_open(struct rig *r, const enum act *acts, int act_count, uint32_t timeout_ms, uint32_t transfers_max);

void rig_serve_no_more(struct rig *r);

/* Stop the lane and the server; no handle, descriptor or memory block may be left. */
void rig_close(struct rig *r);

/* Job i: one put. */
struct job *rig_job(struct rig *r, int i);
void rig_submit(struct rig *r, int from, int count);

/* Run the loop until `count` jobs in total are done. */
void rig_wait(struct rig *r, int count);

/* Number of open descriptors of this process. */
int fds_open(void);

#endif
