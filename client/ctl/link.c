/* link: see link.h. */
#include "client/ctl/link.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/base/mem.h"
#include "daemon/os/clock.h"
#include "daemon/os/host.h"
#include "proto/be.h"
#include "proto/err.h"
#include "proto/msg_decode.h"
#include "proto/msg_encode.h"

enum { ANSWER_TIMEOUT_MS = 5000, REPLY_MAX = 64 << 20, REQUEST_ID = 1 };

static uint64_t now_ms(void)
{
    return clock_mono_ns() / 1000000u;
}

static uint64_t deadline_after(uint64_t timeout_ms)
{
    uint64_t now = now_ms();
    return timeout_ms < UINT64_MAX - now ? now + timeout_ms : UINT64_MAX;
}

static int fail(char errmsg[CTL_ERRMSG], int rc, const char *path, const char *what)
{
    snprintf(errmsg, CTL_ERRMSG, "%s: %s", path, what);
    return rc;
}

/* Wait for an event on the socket. False: the deadline has passed. */
static bool wait_for(const struct ctl_link *l, short events, uint64_t deadline_ms)
{
    for (;;) {
        uint64_t now = now_ms(), left = deadline_ms > now ? deadline_ms - now : 0;
        struct pollfd p = {.fd = l->fd, .events = events};
        int n = poll(&p, 1, left < 60000 ? (int)left : 60000);
        if (n > 0)
            return true;
        if (n < 0 && errno != EINTR)
            return true; /* the next call on the socket reports the error */
        if (left == 0)
            return false;
    }
}

static int send_all(struct ctl_link *l, const uint8_t *p, size_t n, uint64_t deadline_ms, char errmsg[CTL_ERRMSG])
{
    while (n > 0) {
        ssize_t sent = send(l->fd, p, n, MSG_NOSIGNAL);
        if (sent > 0) {
            p += sent;
            n -= (size_t)sent;
        } else if (sent < 0 && errno == EAGAIN) {
            if (!wait_for(l, POLLOUT, deadline_ms))
                return fail(errmsg, DDBS_E_TIMED_OUT, l->path,
                            "the daemon does not read; is it stopped or overloaded?");
        } else if (errno != EINTR) {
            return fail(errmsg, DDBS_E_CONNECTION_LOST, l->path, "the daemon closed the connection");
        }
    }
    return DDBS_OK;
}

/* Receive one whole frame; its body is at input + FRAME_HEADER. */
static int frame_receive(struct ctl_link *l, uint64_t deadline_ms, struct frame_head *ret, char errmsg[CTL_ERRMSG])
{
    for (;;) {
        int rc = frame_peek(span_of(l->input, l->held), ret);
        if (rc < 0 || (rc == DDBS_OK && ret->body > FRAME_DAEMON_MAX))
            return fail(errmsg, DDBS_E_PROTOCOL_ERROR, l->path, "what listens there speaks another protocol");
        if (rc == DDBS_OK && l->held >= FRAME_HEADER + ret->body)
            return DDBS_OK;
        if (!wait_for(l, POLLIN, deadline_ms))
            return fail(errmsg, DDBS_E_TIMED_OUT, l->path, "no answer in time; is the daemon stopped or overloaded?");
        ssize_t n = recv(l->fd, l->input + l->held, sizeof l->input - l->held, 0);
        if (n > 0)
            l->held += (size_t)n;
        else if (n == 0 || (errno != EAGAIN && errno != EINTR))
            return fail(errmsg, DDBS_E_CONNECTION_LOST, l->path, "the daemon closed the connection");
    }
}

static void frame_drop(struct ctl_link *l, const struct frame_head *f)
{
    size_t n = FRAME_HEADER + f->body;
    memmove(l->input, l->input + n, l->held - n);
    l->held -= n;
}

/* The daemon sent ERROR: return its code and pass on its message. */
static int refused(const struct ctl_link *l, struct span body, char errmsg[CTL_ERRMSG])
{
    char why[MSG_ERRMSG];
    struct msg_error m;
    if (msg_decode_error(body, &m, why) != DDBS_OK)
        return fail(errmsg, DDBS_E_PROTOCOL_ERROR, l->path, why);
    snprintf(errmsg, CTL_ERRMSG, "%s: %.*s", l->path, (int)m.message.n, (const char *)m.message.p);
    return m.code;
}

/* Wait for a frame of this type; its body is valid until frame_drop. ERROR ends the wait; other types are skipped. */
static int message_await(struct ctl_link *l, uint8_t type, uint64_t deadline_ms, struct frame_head *head,
                         char errmsg[CTL_ERRMSG])
{
    for (;;) {
        int rc = frame_receive(l, deadline_ms, head, errmsg);
        if (rc != DDBS_OK || head->type == type)
            return rc;
        if (head->type == MSG_ERROR)
            return refused(l, span_of(l->input + FRAME_HEADER, head->body), errmsg);
        frame_drop(l, head);
    }
}

static int greet(struct ctl_link *l, char errmsg[CTL_ERRMSG])
{
    uint8_t out[512];
    char why[MSG_ERRMSG];
    struct msg_hello hello = {.versions = {MSG_VERSION}, .version_count = 1, .pid = (uint64_t)getpid()};
    static const char CLIENT[] = "ddbsidecarctl " DDBS_VERSION;
    hello.client = span_of(CLIENT, sizeof CLIENT - 1);
    be_store64(hello.session, host_random());
    be_store64(hello.session + 8, host_random());
    struct mp_writer w = mp_write_open(out, sizeof out);
    msg_encode_hello(&w, &hello);
    uint64_t deadline = deadline_after(ANSWER_TIMEOUT_MS);
    int rc = send_all(l, out, w.need, deadline, errmsg);
    struct frame_head head;
    struct msg_welcome welcome;
    if (rc == DDBS_OK)
        rc = message_await(l, MSG_WELCOME, deadline, &head, errmsg);
    if (rc != DDBS_OK)
        return rc;
    if (msg_decode_welcome(span_of(l->input + FRAME_HEADER, head.body), &welcome, why) != DDBS_OK)
        return fail(errmsg, DDBS_E_PROTOCOL_ERROR, l->path, why);
    frame_drop(l, &head);
    return DDBS_OK;
}

/* Turn the errno of a failed connect into a code and a sentence. */
static int connect_refused(const struct ctl_link *l, char errmsg[CTL_ERRMSG])
{
    switch (errno) {
    case ENOENT:
        return fail(errmsg, DDBS_E_NOT_REACHABLE, l->path,
                    "no daemon: the socket is not there; start ddbsidecard, or name its socket with --socket or "
                    "DDBSIDECAR_SOCKET");
    case ECONNREFUSED:
        return fail(errmsg, DDBS_E_NOT_REACHABLE, l->path,
                    "no daemon: nobody listens on the socket; start ddbsidecard, or name another socket with --socket "
                    "or DDBSIDECAR_SOCKET");
    case EACCES:
    case EPERM:
        return fail(errmsg, DDBS_E_NOT_PERMITTED, l->path,
                    "you may not open the socket; ask as root, as the daemon's user, or as a member of its group");
    case EAGAIN:
        return fail(errmsg, DDBS_E_NOT_REACHABLE, l->path, "the daemon takes no connection; is it stopped?");
    default:
        return fail(errmsg, DDBS_E_NOT_REACHABLE, l->path, strerror(errno));
    }
}

int link_open(struct ctl_link *l, const char *path, char errmsg[CTL_ERRMSG])
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    l->path = path;
    l->held = 0;
    l->fd = -1;
    if (strlen(path) >= sizeof a.sun_path)
        return fail(errmsg, DDBS_E_INVALID_ARGUMENT, path, "a socket's path has at most 107 bytes");
    memcpy(a.sun_path, path, strlen(path) + 1);
    l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (l->fd < 0)
        return fail(errmsg, DDBS_E_INTERNAL, path, strerror(errno));
    int rc = connect(l->fd, (const struct sockaddr *)&a, sizeof a) == 0 ? greet(l, errmsg) : connect_refused(l, errmsg);
    if (rc != DDBS_OK)
        link_close(l);
    return rc;
}

void link_close(struct ctl_link *l)
{
    if (l->fd >= 0)
        close(l->fd);
    l->fd = -1;
}

/* Append a chunk; the text stays NUL-terminated. */
static bool reply_append(struct ctl_reply *r, struct span chunk)
{
    if (chunk.n > REPLY_MAX - r->len)
        return false;
    char *grown = mem_realloc(r->text, r->len + chunk.n + 1);
    if (grown == NULL)
        return false;
    memcpy(grown + r->len, chunk.p, chunk.n);
    r->len += chunk.n;
    grown[r->len] = '\0';
    r->text = grown;
    return true;
}

/* Take over one REPLY. *ret_more: another one follows. */
static int reply_take(struct ctl_link *l, struct span body, struct ctl_reply *r, bool *ret_more,
                      char errmsg[CTL_ERRMSG])
{
    struct msg_reply m;
    char why[MSG_ERRMSG];
    if (msg_decode_reply(body, &m, why) != DDBS_OK)
        return fail(errmsg, DDBS_E_PROTOCOL_ERROR, l->path, why);
    if (m.id != REQUEST_ID)
        return fail(errmsg, DDBS_E_PROTOCOL_ERROR, l->path, "a reply to a request that was not sent");
    if (!reply_append(r, m.payload))
        return fail(errmsg, DDBS_E_OUT_OF_MEMORY, l->path, "no memory for the answer");
    bool ok = span_equal(m.status, span_of("ok", 2));
    r->status = ok ? DDBS_OK : err_from_name((const char *)m.status.p, m.status.n);
    *ret_more = m.more;
    return DDBS_OK;
}

int link_ask(struct ctl_link *l, const char *verb, struct span arguments, uint64_t timeout_ms, struct ctl_reply *ret,
             char errmsg[CTL_ERRMSG])
{
    uint8_t out[512];
    struct msg_request request = {.id = REQUEST_ID, .verb = span_of(verb, strlen(verb)), .arguments = arguments};
    struct mp_writer w = mp_write_open(out, sizeof out);
    uint64_t deadline = deadline_after(timeout_ms);
    struct ctl_reply r = {0};
    bool more = true;
    msg_encode_request(&w, &request);
    int rc = send_all(l, out, w.need, deadline, errmsg);
    while (rc == DDBS_OK && more) {
        struct frame_head head;
        rc = message_await(l, MSG_REPLY, deadline, &head, errmsg);
        if (rc != DDBS_OK)
            break;
        rc = reply_take(l, span_of(l->input + FRAME_HEADER, head.body), &r, &more, errmsg);
        frame_drop(l, &head);
    }
    if (rc == DDBS_OK)
        *ret = r;
    else
        mem_free(r.text);
    return rc;
}
