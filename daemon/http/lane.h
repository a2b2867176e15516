/* lane: the HTTP side of the daemon: an own thread with an own loop that builds, signs and sends jobs and classifies
 * the answers.
 * Owner: the main thread; all functions are called there.
 * Happy path: lane_submit -> mailbox -> lane's thread: body, SHA-256, signature, curl, response_classify -> mailbox ->
 * `done` on the main loop. Failure modes: what goes wrong becomes the job's result, once; a lane never tries again,
 * but for one signature that was refused because the local clock is wrong.
 * SIGPIPE must be ignored in the process (host_sigpipe_ignore): TLS writes would raise it.
 * Invariants: every submitted job gets exactly one `done`, on the main thread, never from inside lane_submit; nothing
 * of a job is touched by the lane after that.
 */
#ifndef HTTP_LANE_H
#define HTTP_LANE_H

#include <stdint.h>
#include <uv.h>

#include "daemon/aws/creds/creds.h"
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
    const struct creds *creds;       /* copied, wiped at the end */
    const char *ca_bundle;           /* NULL or "": the system's; must outlive the lane */
    const char *user_agent;          /* must outlive the lane */
    uint32_t request_timeout_ms;     /* for a whole attempt */
    uint32_t transfers_max;          /* at once; further jobs wait in the lane, in order */
    uint64_t seed;                   /* jitter */
};

/* DDBS_OK, DDBS_E_OUT_OF_MEMORY or DDBS_E_INTERNAL (no thread, no descriptor, a broken curl or libcrypto). */
int lane_start(const struct lane_params *p, struct lane **ret) MUST_USE;

/* Hand a job over until its `done`. DDBS_OK, or DDBS_E_OUT_OF_MEMORY: no `done` will follow. The lane may not see it
 * before lane_wake. */
int lane_submit(struct lane *l, struct job *job) MUST_USE;

/* After submitting: wake the lane. */
void lane_wake(struct lane *l);

/* Jobs submitted and not yet done. */
uint32_t lane_load(const struct lane *l);

/* Cut off what is in flight, end the thread, deliver every unfinished job as TRANSIENT (maybe_written if it was on
 * its way) from inside this call, and free the lane; the main loop must turn once more to close its handle. NULL is
 * allowed. */
void lane_stop(struct lane *l);

#endif
