/* peer: see peer.h. */
#include "tests/unit/client/peer.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "proto/err.h"
#include "proto/frame.h"
#include "proto/msg_decode.h"
#include "proto/msg_encode.h"

/* State of one connection. */
struct talk {
    struct peer *peer;
    int fd;
    size_t have;
    uint64_t limit;
    uint64_t used;
    uint64_t settled; /* upto */
    uint64_t last;    /* highest seq received here */
    uint32_t writes;
    bool over;
};

static void tell(struct talk *t, const struct mp_writer *w)
{
    size_t at = 0;
    assert(mp_write_fits(w));
    while (at < w->need) {
        ssize_t n = send(t->fd, w->out + at, w->need - at, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return; /* the client is gone; what it sent before must still be read */
        at += (size_t)n;
    }
}

static void tell_settled(struct talk *t, uint64_t upto)
{
    uint8_t out[512];
    struct mp_writer w = mp_write_open(out, sizeof out);
    struct msg_failure failure = {
        .seq = t->peer->plan.fail_seq, .code = DDBS_E_REJECTED, .message = span_of("bad luck", 8)};
    bool fails = failure.seq > t->settled && failure.seq <= upto;
    msg_encode_settled(&w, &(struct msg_outcomes){.upto = upto, .failures = &failure, .failure_count = fails ? 1 : 0});
    t->settled = upto;
    tell(t, &w);
}

static void on_hello(struct talk *t, struct span body)
{
    uint8_t out[512];
    struct mp_writer w = mp_write_open(out, sizeof out);
    struct msg_hello m;
    char errmsg[MSG_ERRMSG];
    int rc = msg_decode_hello(body, &m, errmsg);
    assert(rc == DDBS_OK);
    if (t->peer->plan.refuse != 0) {
        msg_encode_error(&w, t->peer->plan.refuse, "not you");
        t->over = true;
    } else if (!t->peer->plan.no_welcome) {
        t->limit = t->peer->plan.credit > 0 ? t->peer->plan.credit : 1 << 30;
        msg_encode_welcome(&w, &(struct msg_welcome){.version = 1,
                                                     .epoch = 1,
                                                     .connection = 1,
                                                     .max_frame = FRAME_WRITE_MAX,
                                                     .max_record = 600 * 1024,
                                                     .credit = t->limit,
                                                     .server = span_of("peer", 4)});
    }
    tell(t, &w);
}

static void on_write(struct talk *t, struct span body)
{
    struct peer *p = t->peer;
    uint8_t out[64];
    struct mp_writer w = mp_write_open(out, sizeof out);
    struct msg_write m;
    char errmsg[MSG_ERRMSG];
    int rc = msg_decode_write(body, &m, errmsg);
    assert(rc == DDBS_OK);
    for (uint64_t seq = m.first_seq; seq < m.first_seq + m.count; seq++) {
        const uint8_t *start;
        uint8_t op;
        rc = msg_decode_write_next(&m.records, &op, &start);
        assert(rc == DDBS_OK && mp_read_skip(&m.records) == DDBS_OK && seq <= PEER_RECORDS_MAX);
        p->seen.got[seq] = (uint8_t)((p->seen.got[seq] + 1) | op << 7);
        p->seen.records++;
        p->seen.bytes += (uint64_t)(m.records.p - start) - 2;
        t->used += (uint64_t)(m.records.p - start) + MSG_COST_OVERHEAD;
        t->last = seq;
    }
    assert(t->used <= t->limit);
    p->seen.writes++;
    t->writes++;
    if (p->plan.pause_ms > 0)
        poll(NULL, 0, p->plan.pause_ms);
    if (p->plan.lose_after > 0 && t->writes == p->plan.lose_after) {
        p->plan.lose_after = 0;
        t->over = true;
    }
    if (p->plan.eager)
        tell_settled(t, t->last);
    if (p->plan.goaway) {
        p->plan.goaway = false;
        msg_encode_goaway(&w, "draining");
        tell(t, &w);
        tell_settled(t, t->last);
        t->over = true;
    }
}

static void on_blocked(struct talk *t, struct span body)
{
    uint8_t out[64];
    struct mp_writer w = mp_write_open(out, sizeof out);
    uint64_t wanted;
    char errmsg[MSG_ERRMSG];
    int rc = msg_decode_blocked(body, &wanted, errmsg);
    assert(rc == DDBS_OK && t->used + wanted > t->limit);
    t->peer->seen.blocked++;
    if (!t->peer->plan.mute)
        t->limit = t->used + wanted + 4096;
    msg_encode_credit(&w, t->limit);
    tell(t, &w);
}

static void on_flush(struct talk *t, struct span body)
{
    uint8_t out[256];
    struct mp_writer w = mp_write_open(out, sizeof out);
    uint64_t token, upto;
    char errmsg[MSG_ERRMSG];
    int rc = msg_decode_flush(body, &token, &upto, errmsg);
    assert(rc == DDBS_OK);
    t->peer->seen.flushes++;
    if (t->peer->plan.mute) {
        msg_encode_notice(&w, "throttled", "DynamoDB throttles the table");
    } else {
        tell_settled(t, upto > t->settled ? upto : t->settled);
        msg_encode_flushed(&w, token);
    }
    tell(t, &w);
}

static void on_abort(struct talk *t, struct span body)
{
    uint8_t out[64];
    struct mp_writer w = mp_write_open(out, sizeof out);
    uint64_t upto;
    char errmsg[MSG_ERRMSG];
    int rc = msg_decode_abort(body, &upto, errmsg);
    assert(rc == DDBS_OK);
    msg_encode_aborted(&w, upto);
    tell(t, &w);
}

static void on_frame(struct talk *t, uint8_t type, struct span body)
{
    pthread_mutex_lock(&t->peer->lock);
    switch (type) {
    case MSG_HELLO:
        on_hello(t, body);
        break;
    case MSG_WRITE:
        on_write(t, body);
        break;
    case MSG_BLOCKED:
        on_blocked(t, body);
        break;
    case MSG_FLUSH:
        on_flush(t, body);
        break;
    case MSG_ABORT:
        on_abort(t, body);
        break;
    default:
        assert(type == MSG_BYE);
        t->peer->seen.byes++;
    }
    pthread_mutex_unlock(&t->peer->lock);
}

static void on_input(struct talk *t)
{
    uint8_t *in = t->peer->input;
    struct frame_head head;
    size_t at = 0;
    while (!t->over && frame_peek(span_of(in + at, t->have - at), &head) == DDBS_OK &&
           t->have - at >= FRAME_HEADER + (size_t)head.body) {
        assert(head.body <= frame_client_max(head.type, FRAME_WRITE_MAX));
        on_frame(t, head.type, span_of(in + at + FRAME_HEADER, head.body));
        at += FRAME_HEADER + (size_t)head.body;
    }
    memmove(in, in + at, t->have - at);
    t->have -= at;
}

/* True: input is available; false: the test is over. */
static bool peer_ready(const struct peer *p, int fd)
{
    struct pollfd fds[2] = {{.fd = p->stop_read, .events = POLLIN}, {.fd = fd, .events = POLLIN}};
    while (poll(fds, 2, -1) < 0 && errno == EINTR)
        ;
    return fds[1].revents != 0 || fds[0].revents == 0;
}

static void peer_serve(struct peer *p, int fd)
{
    struct talk t = {.peer = p, .fd = fd};
    while (!t.over && peer_ready(p, fd)) {
        ssize_t n = recv(fd, p->input + t.have, PEER_INPUT - t.have, 0);
        if (n == 0 || (n < 0 && errno != EINTR))
            break;
        t.have += n > 0 ? (size_t)n : 0;
        on_input(&t);
    }
    close(fd);
}

static void *peer_main(void *arg)
{
    struct peer *p = arg;
    while (peer_ready(p, p->listener)) {
        int fd = accept(p->listener, NULL, NULL);
        if (fd < 0)
            continue;
        pthread_mutex_lock(&p->lock);
        p->seen.connections++;
        pthread_mutex_unlock(&p->lock);
        peer_serve(p, fd);
    }
    return NULL;
}

void peer_start(struct peer *p, const struct peer_plan *plan)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    int ends[2];
    memset(p, 0, sizeof *p);
    p->plan = *plan;
    p->input = malloc(PEER_INPUT);
    snprintf(p->folder, sizeof p->folder, "/tmp/ddbs-peer-XXXXXX");
    if (p->input == NULL || mkdtemp(p->folder) == NULL || pipe(ends) != 0)
        abort();
    p->stop_read = ends[0];
    p->stop_write = ends[1];
    snprintf(p->path, sizeof p->path, "%s/sock", p->folder);
    memcpy(a.sun_path, p->path, strlen(p->path) + 1);
    p->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(p->listener, (struct sockaddr *)&a, sizeof a) != 0 || listen(p->listener, 16) != 0)
        abort();
    pthread_mutex_init(&p->lock, NULL);
    if (pthread_create(&p->thread, NULL, peer_main, p) != 0)
        abort();
}

void peer_stop(struct peer *p)
{
    close(p->stop_write);
    pthread_join(p->thread, NULL);
    close(p->stop_read);
    close(p->listener);
    unlink(p->path);
    rmdir(p->folder);
    free(p->input);
    pthread_mutex_destroy(&p->lock);
}
