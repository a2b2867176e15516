/* lane: the HTTP side of the daemon: a thread with its own loop that builds, signs and sends jobs and classifies the
 * answers.
 * Owner: the main thread, which calls all these functions.
 * Happy path: lane_submit -> mailbox -> lane's thread: body, SHA-256, signature, curl, response_classify -> mailbox ->
 * `done` on the main loop. Failure modes: any failure becomes the job's result. A lane does not retry, with one
 * exception: a request whose signature was refused because the local clock is wrong is signed and sent once more.
 * SIGPIPE must be ignored in the process (host_sigpipe_ignore), because TLS writes can raise it.
 * Invariants: every submitted job gets exactly one `done`, on the main thread, never from inside lane_submit. The lane
 * does not touch the job after that.
 */
#ifndef HTTP_LANE_H
#define HTTP_LANE_H

#include <stdint.h>
#include <uv.h>

#include "daemon/aws/creds.h"
#include "daemon/aws/endpoint.h"
#include "daemon/dynamo/job.h"
#include "proto/must_use.h"

struct lane;

/* The result is valid during the call. */
typedef void (*lane_done_fn)(void *ctx, struct job *job, const struct job_result *result);

struct lane_params {
    uv_loop_t *loop; /* the main loop */
    lane_done_fn done;
    void *ctx;
    const struct endpoint *endpoint; /* copied */
    const struct creds *creds;       /* copied; the copy is wiped at the end */
    const char *ca_bundle;           /* NULL or "": the system's; must outlive the lane */
    const char *user_agent;          /* must outlive the lane */
    uint32_t request_timeout_ms;     /* of a whole attempt */
    uint32_t transfers_max;          /* concurrent requests; further jobs wait in the lane, in order */
    uint64_t seed;                   /* of the jitter */
};

/* DDBS_OK, DDBS_E_OUT_OF_MEMORY or DDBS_E_INTERNAL (no thread, no descriptor, a broken curl or libcrypto). */
int lane_start(const struct lane_params *p, struct lane **ret) MUST_USE;

/* Lend a job to the lane until its `done`. DDBS_OK, or DDBS_E_OUT_OF_MEMORY: no `done` follows. The lane may not see
 * the job before lane_wake. */
int lane_submit(struct lane *l, struct job *job) MUST_USE;

/* Wake the lane. Call once after any number of lane_submit. */
void lane_wake(struct lane *l);

/* Jobs submitted and not yet done. */
uint32_t lane_load(const struct lane *l);

/* Cut off requests in flight, join the thread, and deliver every unfinished job from inside this call: as TRANSIENT,
 * with maybe_written if it was in flight. The lane is freed once the main loop has turned and closed its handle. NULL
 * is allowed. */
void lane_stop(struct lane *l);

#endif
