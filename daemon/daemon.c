/* daemon: see daemon.h. */
#include "daemon/daemon.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "daemon/capacity.h"
#include "daemon/io/journal.h"
#include "daemon/io/listener.h"
#include "daemon/io/lockfile.h"
#include "daemon/io/loop.h"
#include "daemon/io/notify.h"
#include "daemon/io/signals.h"
#include "daemon/os/host.h"
#include "proto/err.h"

enum {
    LOCK_SLACK_MS = 7000,   /* what the previous daemon may need beyond its timeouts to send last messages and close */
    EPOCH_UNUSED_BITS = 11, /* 53 bits remain, which every JSON reader represents exactly */
};

static const char SERVER[] = "ddbsidecard " DDBS_VERSION;
static const char USER_AGENT[] = "ddbsidecard/" DDBS_VERSION;

struct daemon {
    const struct settings *settings;
    struct config config; /* a copy that shares the tables; max_clients is lowered to what the open files allow */
    struct capacity capacity;
    struct loop loop;
    struct engine *engine;
    struct listener listener;
    struct signals signals;
    bool draining;
};

static void drain_begin(struct daemon *d, int number)
{
    journal(LOG_LEVEL_INFO, "stopping: signal %d, delivering what was accepted", number);
    notify_stopping("delivering what was accepted");
    d->draining = true;
    listener_close(&d->listener);
    engine_drain(d->engine, loop_turn_moment(&d->loop.turn));
    loop_turn_request(&d->loop.turn);
}

static void on_signal(void *ctx, int number)
{
    struct daemon *d = ctx;
    if (number == SIGHUP) {
        journal(LOG_LEVEL_WARNING, "SIGHUP: the configuration stays as it is; restart the daemon to read it again");
    } else if (!d->draining) {
        drain_begin(d, number);
    } else {
        journal(LOG_LEVEL_WARNING, "ending at once: signal %d came again", number);
        loop_break(&d->loop);
    }
}

static int lanes_start(struct daemon *d)
{
    const struct settings *s = d->settings;
    struct lane_params p = {
        .endpoint = &s->endpoint,
        .creds = &s->creds,
        .ca_bundle = s->ca_bundle,
        .user_agent = USER_AGENT,
        .request_timeout_ms = (uint32_t)s->config.request_timeout_ms,
        .transfers_max = d->capacity.lane_transfers,
    };
    int rc = DDBS_OK;
    for (uint64_t i = 0; rc == DDBS_OK && i < s->config.lanes; i++) {
        p.seed = host_random();
        rc = loop_lane_add(&d->loop, &p);
    }
    return rc;
}

static int engine_start(struct daemon *d)
{
    const struct engine_params p = {
        .config = &d->config,
        .seed = host_random(),
        .epoch = host_random() >> EPOCH_UNUSED_BITS | 1,
        .daemon_uid = geteuid(),
        .server = SERVER,
        .endpoint = d->settings->endpoint.url,
        .region = d->settings->endpoint.region,
    };
    d->engine = engine_new(&p, loop_turn_moment(&d->loop.turn));
    if (d->engine == NULL)
        return DDBS_E_OUT_OF_MEMORY;
    loop_attach(&d->loop, d->engine);
    return DDBS_OK;
}

static int fail(char errmsg[IO_ERRMSG], int rc, const char *what)
{
    snprintf(errmsg, IO_ERRMSG, "%s (%s)", what, err_text(rc));
    return rc;
}

static void log_ready(const struct daemon *d)
{
    const struct settings *s = d->settings;
    char status[256];
    if (!s->endpoint.region_known)
        journal(LOG_LEVEL_WARNING, "region %s is unknown to this version; it is treated as a public region",
                s->endpoint.region);
    journal(LOG_LEVEL_INFO, "ready: %s, socket %s, endpoint %s, region %s, lanes %" PRIu64, SERVER, s->config.socket,
            s->endpoint.url, s->endpoint.region, s->config.lanes);
    snprintf(status, sizeof status, "serving %.200s", s->config.socket);
    notify_ready(status);
}

static void log_end(const struct daemon *d)
{
    struct engine_counts c;
    engine_counts(d->engine, &c);
    journal_left_out();
    uint64_t left = c.ledger.queued + c.ledger.in_flight;
    journal(left > 0 ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO,
            "stopped: accepted %" PRIu64 ", written %" PRIu64 ", failed %" PRIu64 ", not settled %" PRIu64,
            c.ledger.accepted, c.ledger.written, c.ledger.failed, left);
}

/* Listen and run; signals are already caught. */
static int serve(struct daemon *d, char errmsg[IO_ERRMSG])
{
    const struct config *c = &d->settings->config;
    int rc = listener_open(&d->listener, &d->loop.streams, c->socket, c->socket_mode, c->socket_group, errmsg);
    if (rc != DDBS_OK)
        return rc;
    log_ready(d);
    bool in_order = loop_run(&d->loop);
    log_end(d);
    listener_close(&d->listener);
    listener_unlink(&d->listener);
    return in_order ? DDBS_OK : DDBS_E_SHUTTING_DOWN;
}

/* Build everything, serve, tear down; the lock is held. */
static int build(struct daemon *d, char errmsg[IO_ERRMSG])
{
    int rc = loop_init(&d->loop);
    if (rc != DDBS_OK)
        return fail(errmsg, rc, "the event loop cannot be started; check the limits of open files");
    rc = engine_start(d);
    if (rc != DDBS_OK)
        fail(errmsg, rc, "no memory for the daemon; lower [daemon] memory_max or give the host more");
    if (rc == DDBS_OK && (rc = lanes_start(d)) != DDBS_OK)
        fail(errmsg, rc, "a lane cannot be started; check the limits of threads and open files");
    if (rc == DDBS_OK && (rc = signals_open(&d->signals, &d->loop.uv, on_signal, d)) != DDBS_OK)
        fail(errmsg, rc, "signals cannot be caught");
    if (rc == DDBS_OK) {
        rc = serve(d, errmsg);
        signals_close(&d->signals);
    }
    loop_close(&d->loop);
    engine_free(d->engine);
    return rc;
}

/* Divide the file descriptors between clients and lanes. */
static int files_share(struct daemon *d, char errmsg[IO_ERRMSG])
{
    uint64_t files = host_limits_raise(), wanted = d->config.max_clients;
    int rc = capacity_share(&d->config, files, &d->capacity, errmsg);
    if (rc != DDBS_OK)
        return rc;
    d->config.max_clients = d->capacity.clients;
    if (d->config.max_clients < wanted)
        journal(LOG_LEVEL_WARNING,
                "at most %" PRIu64 " clients, not %" PRIu64 ": %" PRIu64
                " files may be open; raise LimitNOFILE= (ulimit -Hn), or lower max_clients",
                d->config.max_clients, wanted, files);
    return DDBS_OK;
}

/* How long a daemon with these settings may take to stop: the handover, the requests in flight, then the drain. */
static uint64_t stop_time_ms(const struct config *c)
{
    return c->handover_ms + c->request_timeout_ms + c->drain_timeout_ms + LOCK_SLACK_MS;
}

int daemon_run(const struct settings *s, char errmsg[IO_ERRMSG])
{
    struct daemon d = {.settings = s, .config = s->config};
    int lock;
    host_memory_guard();
    int rc = files_share(&d, errmsg);
    if (rc != DDBS_OK)
        return rc;
    rc = lockfile_take(s->config.socket, stop_time_ms(&s->config), &lock, errmsg);
    if (rc != DDBS_OK)
        return rc;
    rc = build(&d, errmsg);
    close(lock);
    return rc;
}
