/* stream: one client's socket. See stream.h. */
#include "daemon/io/stream.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/base/mem.h"
#include "proto/err.h"

enum {
    READ_MAX = 64 * 1024,
    SENDS_MAX = 16, /* sends in a row before other streams get their turn */
};

static void on_poll(uv_poll_t *poll, int status, int events);

/* Poll for exactly the events that something acts on. */
static void poll_update(struct stream *s)
{
    int want = 0;
    if (s->reading && !s->eof)
        want |= UV_READABLE;
    if (s->full && !s->hung_up)
        want |= UV_WRITABLE;
    if (!s->hung_up && !s->half_closed)
        want |= UV_DISCONNECT;
    if (want == s->polled || s->closing)
        return;
    s->polled = want;
    int rc = want != 0 ? uv_poll_start(&s->poll, want, on_poll) : uv_poll_stop(&s->poll);
    assert(rc == 0);
}

static void report_hangup(struct stream *s)
{
    if (s->hung_up)
        return;
    s->hung_up = true;
    engine_conn_hangup(s->set->turn->engine, s->id, loop_turn_moment(s->set->turn));
    loop_turn_request(s->set->turn);
}

static void report_eof(struct stream *s)
{
    if (s->eof)
        return;
    s->eof = true;
    engine_conn_eof(s->set->turn->engine, s->id, loop_turn_moment(s->set->turn));
    loop_turn_request(s->set->turn);
}

/* UV_DISCONNECT means either that the peer is gone or that it only shut down its sending side. poll() distinguishes
 * the two. */
static void disconnect_classify(struct stream *s)
{
    struct pollfd p = {.fd = s->fd};
    if (poll(&p, 1, 0) == 1 && (p.revents & (POLLHUP | POLLERR)) != 0)
        report_hangup(s);
    else
        s->half_closed = true;
}

/* Consume n bytes that were read with MSG_PEEK before. */
static void input_take(struct stream *s, uint8_t *p, size_t n)
{
    while (n > 0) {
        ssize_t got = recv(s->fd, p, n, 0);
        assert(got > 0 || errno == EINTR); /* the bytes are in the socket's buffer */
        n -= got > 0 ? (size_t)got : 0;
    }
}

static void input_read(struct stream *s)
{
    struct room room = engine_input(s->set->turn->engine, s->id);
    if (room.n == 0)
        return;
    ssize_t n = recv(s->fd, room.p, room.n < READ_MAX ? room.n : READ_MAX, room.peek ? MSG_PEEK : 0);
    if (n > 0) {
        size_t taken = engine_received(s->set->turn->engine, s->id, (size_t)n, loop_turn_moment(s->set->turn));
        if (room.peek)
            input_take(s, room.p, taken);
        loop_turn_request(s->set->turn);
    } else if (n == 0) {
        report_eof(s);
    } else if (errno != EAGAIN && errno != EINTR) {
        report_hangup(s);
        report_eof(s);
    }
}

/* libuv stopped the poll because of an error. Clear the error, so that what was sent before it can be read. A second
 * error ends the input. */
static void on_poll_error(struct stream *s)
{
    int error;
    socklen_t n = sizeof error;
    s->polled = 0;
    report_hangup(s);
    if (s->failed || getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &n) != 0)
        report_eof(s);
    s->failed = true;
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct stream *s = CONTAINER_OF(poll, struct stream, poll);
    if (status < 0) {
        on_poll_error(s);
    } else {
        /* Read first: the peer's last messages, a BYE above all, must be handled before its hang-up. */
        if ((events & UV_READABLE) != 0 && s->reading && !s->eof)
            input_read(s);
        if ((events & UV_DISCONNECT) != 0)
            disconnect_classify(s);
        if ((events & UV_WRITABLE) != 0 && s->full)
            stream_flush(s);
    }
    poll_update(s);
}

void stream_flush(struct stream *s)
{
    if (s == NULL || s->hung_up || s->closing)
        return;
    struct engine *e = s->set->turn->engine;
    s->full = false;
    for (int sends = 0; !s->full; sends++) {
        struct span out = engine_output(e, s->id, loop_turn_moment(s->set->turn));
        if (out.n == 0)
            break;
        ssize_t n = sends < SENDS_MAX ? send(s->fd, out.p, out.n, MSG_NOSIGNAL) : -1;
        if (n > 0) {
            engine_sent(e, s->id, (size_t)n, loop_turn_moment(s->set->turn));
            loop_turn_request(s->set->turn);
        } else if (sends == SENDS_MAX || errno == EAGAIN) {
            s->full = true;
        } else if (errno != EINTR) {
            report_hangup(s);
            break;
        }
    }
    poll_update(s);
}

void stream_reading(struct stream *s, bool on)
{
    if (s == NULL)
        return;
    s->reading = on;
    poll_update(s);
}

static uint64_t id_hash(uint64_t id)
{
    return id * UINT64_C(0x9e3779b97f4a7c15) >> 16;
}

struct stream *stream_find(const struct stream_set *set, uint64_t id)
{
    for (struct hmap_node *n = hmap_first(&set->by_id, id_hash(id)); n != NULL; n = hmap_next(n)) {
        struct stream *s = CONTAINER_OF(n, struct stream, by_id);
        if (s->id == id)
            return s;
    }
    return NULL;
}

static void on_closed(uv_handle_t *handle)
{
    mem_free(CONTAINER_OF(handle, struct stream, poll));
}

void stream_close(struct stream *s)
{
    if (s == NULL)
        return;
    s->closing = true;
    hmap_remove(&s->set->by_id, &s->by_id);
    list_remove(&s->node);
    uv_close((uv_handle_t *)&s->poll, on_closed);
    close(s->fd);
}

void stream_set_close(struct stream_set *set)
{
    while (!list_empty(&set->all))
        stream_close(CONTAINER_OF(set->all.first, struct stream, node));
    hmap_fini(&set->by_id);
}

/* Open the connection in the engine and register the stream. On failure the stream is not in the set. */
static int engine_enter(struct stream *s, struct peer peer)
{
    struct loop_turn *t = s->set->turn;
    int rc = engine_conn_open(t->engine, peer, loop_turn_moment(t), &s->id);
    if (rc != DDBS_OK)
        return rc;
    loop_turn_request(t);
    if (hmap_put(&s->set->by_id, &s->by_id, id_hash(s->id))) {
        list_push_back(&s->set->all, &s->node);
        return DDBS_OK;
    }
    engine_conn_hangup(t->engine, s->id, loop_turn_moment(t));
    engine_conn_eof(t->engine, s->id, loop_turn_moment(t));
    return DDBS_E_OUT_OF_MEMORY;
}

int stream_open(struct stream_set *set, int fd, struct peer peer)
{
    struct stream *s = mem_zalloc(sizeof *s);
    int rc = s != NULL ? DDBS_OK : DDBS_E_OUT_OF_MEMORY;
    if (rc == DDBS_OK) {
        s->set = set;
        s->fd = fd;
        s->reading = true;
        rc = uv_poll_init(set->turn->uv, &s->poll, fd) == 0 ? DDBS_OK : DDBS_E_INTERNAL;
        if (rc == DDBS_OK) {
            rc = engine_enter(s, peer);
            if (rc == DDBS_OK) {
                poll_update(s);
                return DDBS_OK;
            }
            uv_close((uv_handle_t *)&s->poll, on_closed);
            s = NULL;
        }
    }
    mem_free(s);
    close(fd);
    return rc;
}
