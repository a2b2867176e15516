/* floor_input: frames from the producer. See floor_input.h. */
#include "tests/bench/floor_input.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proto/frame.h"
#include "proto/msg_decode.h"
#include "proto/msg_encode.h"

enum { TELL_RECORDS = 1000, TELL_BYTES = 256 * 1024 };

void floor_input_init(struct floor_input *in, int epoll)
{
    *in = (struct floor_input){.epoll = epoll, .fd = -1, .bytes = malloc(FLOOR_INPUT_MAX)};
    if (in->bytes == NULL)
        floor_die("no memory");
}

void floor_input_open(struct floor_input *in, int fd)
{
    uint8_t *bytes = in->bytes;
    if (in->fd >= 0)
        floor_die("a second producer");
    *in = (struct floor_input){.epoll = in->epoll, .fd = fd, .bytes = bytes, .reading = true};
    floor_watch(in->epoll, fd, EPOLLIN, FLOOR_WATCH_INPUT);
}

void floor_input_watch(struct floor_input *in, bool on)
{
    struct epoll_event e = {.events = on ? EPOLLIN : 0, .data.u32 = FLOOR_WATCH_INPUT};
    if (in->reading == on || in->fd < 0)
        return;
    in->reading = on;
    if (epoll_ctl(in->epoll, EPOLL_CTL_MOD, in->fd, &e) != 0)
        floor_die("epoll_ctl: %s", strerror(errno));
}

bool floor_input_read(struct floor_input *in)
{
    /* Only a partial frame is left: whole ones were parsed before. */
    memmove(in->bytes, in->bytes + in->at, in->end - in->at);
    in->end -= in->at;
    in->at = 0;
    if (in->end == FLOOR_INPUT_MAX)
        floor_die("a frame larger than %d bytes", FLOOR_INPUT_MAX);
    ssize_t n = recv(in->fd, in->bytes + in->end, FLOOR_INPUT_MAX - in->end, MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN)
        return true;
    if (n <= 0) {
        close(in->fd);
        in->fd = -1;
        return false;
    }
    in->end += (size_t)n;
    return true;
}

/* A blocking send: the client reads whenever it waits. */
static void frame_send(struct floor_input *in, const struct mp_writer *w)
{
    if (!mp_write_fits(w))
        floor_die("an answer larger than its buffer");
    for (size_t sent = 0; sent < w->need && in->fd >= 0;) {
        ssize_t n = send(in->fd, w->out + sent, w->need - sent, MSG_NOSIGNAL);
        if (n < 0)
            return; /* the producer is gone, as the next read will show */
        sent += (size_t)n;
    }
}

/* The producer's own memory limits what it sends, so the credit need not. */
static void welcome(struct floor_input *in, struct span body)
{
    uint8_t out[256];
    char errmsg[MSG_ERRMSG];
    struct msg_hello hello;
    if (msg_decode_hello(body, &hello, errmsg) != DDBS_OK)
        floor_die("%s", errmsg);
    memcpy(in->table, hello.table.p, hello.table.n);
    struct mp_writer w = mp_write_open(out, sizeof out);
    msg_encode_welcome(&w, &(struct msg_welcome){.version = MSG_VERSION,
                                                 .epoch = 1,
                                                 .connection = 1,
                                                 .max_frame = FLOOR_INPUT_MAX - FRAME_HEADER,
                                                 .max_record = FLOOR_INPUT_MAX,
                                                 .credit = UINT64_MAX / 2,
                                                 .server = span_of("floor", 5)});
    frame_send(in, &w);
}

static void frame_take(struct floor_input *in, uint8_t type, struct span body)
{
    char errmsg[MSG_ERRMSG];
    uint64_t upto;
    int rc = DDBS_OK;
    if (type == MSG_WRITE) {
        rc = msg_decode_write(body, &in->write, errmsg);
        in->left = in->write.count;
        in->seq = in->write.first_seq;
    } else if (type == MSG_FLUSH) {
        rc = msg_decode_flush(body, &in->token, &upto, errmsg);
        in->flush_open = true;
    } else if (type == MSG_HELLO) {
        welcome(in, body);
    } else if (type != MSG_BYE && type != MSG_BLOCKED) {
        floor_die("a message of type %u", type);
    }
    if (rc != DDBS_OK)
        floor_die("%s", errmsg);
}

/* Process frames up to a WRITE or a FLUSH. */
static void frames_take(struct floor_input *in)
{
    while (in->left == 0 && !in->flush_open) {
        struct frame_head head;
        int rc = frame_peek(span_of(in->bytes + in->at, in->end - in->at), &head);
        if (rc < 0)
            floor_die("a frame that is none");
        if (rc > 0 || in->end - in->at - FRAME_HEADER < head.body)
            return;
        struct span body = span_of(in->bytes + in->at + FRAME_HEADER, head.body);
        in->at += FRAME_HEADER + head.body;
        frame_take(in, head.type, body);
    }
}

bool floor_input_next(struct floor_input *in, struct floor_record *ret)
{
    const uint8_t *start, *item;
    uint8_t op;
    if (in->left == 0)
        frames_take(in);
    if (in->left == 0)
        return false;
    struct mp_cursor *c = &in->write.records;
    if (msg_decode_write_next(c, &op, &start) != DDBS_OK || op != OP_PUT)
        floor_die("a record that is no put");
    item = c->p;
    if (mp_read_skip(c) != DDBS_OK)
        floor_die("a record that is no msgpack");
    in->left--;
    *ret = (struct floor_record){.seq = in->seq++, .item = span_of(item, (size_t)(c->p - item))};
    return true;
}

void floor_input_written(struct floor_input *in, uint64_t first, uint64_t last, uint64_t bytes)
{
    if (in->range_count == FLOOR_RANGES_MAX)
        floor_die("more outcomes in one turn than it has lanes");
    in->ranges[in->range_count++] = (struct msg_range){.first = first, .last = last};
    in->untold_records += last - first + 1;
    in->untold_bytes += bytes;
}

void floor_input_tell(struct floor_input *in, bool idle)
{
    uint8_t out[FLOOR_RANGES_MAX * 20 + 64];
    struct mp_writer w = mp_write_open(out, sizeof out);
    if (in->untold_records >= TELL_RECORDS || in->untold_bytes >= TELL_BYTES || (idle && in->range_count > 0)) {
        msg_encode_settled(&w, &(struct msg_outcomes){.ranges = in->ranges, .range_count = in->range_count});
        in->range_count = 0;
        in->untold_records = in->untold_bytes = 0;
    }
    if (idle && in->flush_open) {
        msg_encode_flushed(&w, in->token);
        in->flush_open = false;
    }
    if (w.need > 0)
        frame_send(in, &w);
}
