/* script: see script.h. */
#include "tests/unit/client/script.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "client/c/core_input.h"
#include "client/c/core_output.h"
#include "proto/be.h"
#include "proto/err.h"
#include "proto/msg_decode.h"
#include "proto/msg_encode.h"

enum { HEARD_MAX = 4 * 1024 * 1024, SAY_MAX = 70 * 1024, LIST_MAX = 64 };

struct script {
    struct client_core core;
    uint64_t now_ms;
    size_t cut;
    uint8_t *heard; /* output that no '>' line has read yet */
    size_t heard_bytes;
    const char *line;
};

static void script_free(struct script *s)
{
    core_fini(&s->core);
    free(s->heard);
    free(s);
}

/* Leaves the test through cmocka's longjmp. */
__attribute__((noreturn)) static void script_fail(struct script *s, const char *got)
{
    static char text[6000];
    snprintf(text, sizeof text, "line \"%s\" does not hold: %s", s->line, got);
    script_free(s);
    fail_msg("%s", text);
    abort(); /* not reached; cmocka does not declare that */
}

static void check(struct script *s, bool holds, const char *got)
{
    if (!holds)
        script_fail(s, got);
}

static unsigned long number(struct script *s, const char *text)
{
    unsigned long n;
    char *end;
    errno = 0;
    n = strtoul(text, &end, 10);
    check(s, errno == 0 && end != text, "a number is missing");
    return n;
}

/* ---- client to daemon ---- */

static void hear(struct script *s, size_t max)
{
    struct span spans[CORE_SPANS];
    size_t n;
    while (max > 0 && (n = core_output(&s->core, spans)) > 0) {
        size_t take = spans[0].n < max ? spans[0].n : max;
        check(s, s->heard_bytes + take <= HEARD_MAX, "too much output");
        memcpy(s->heard + s->heard_bytes, spans[0].p, take);
        s->heard_bytes += take;
        max -= take;
        core_output_sent(&s->core, take);
    }
}

static int render_write(struct span body, char *out, size_t room)
{
    struct msg_write m;
    char errmsg[MSG_ERRMSG];
    uint8_t op;
    const uint8_t *start;
    if (msg_decode_write(body, &m, errmsg) != DDBS_OK)
        return -1;
    for (uint32_t i = 0; i < m.count; i++)
        if (msg_decode_write_next(&m.records, &op, &start) != DDBS_OK || mp_read_skip(&m.records) != DDBS_OK)
            return -1;
    if (m.records.p != m.records.end || m.count == 0 || (body.n > FRAME_BUFFERED_MAX && m.count > 1))
        return -1;
    if (m.count == 1)
        return snprintf(out, room, "WRITE %d", (int)m.first_seq);
    return snprintf(out, room, "WRITE %d-%d", (int)m.first_seq, (int)(m.first_seq + m.count - 1));
}

static int render(uint8_t type, struct span body, char *out, size_t room)
{
    struct msg_hello hello;
    char errmsg[MSG_ERRMSG];
    uint64_t a = 0, b = 0;
    switch (type) {
    case MSG_HELLO:
        if (msg_decode_hello(body, &hello, errmsg) != DDBS_OK)
            return -1;
        return snprintf(out, room, "HELLO %.*s%s", (int)hello.table.n, (const char *)hello.table.p,
                        hello.discard ? " discard" : "");
    case MSG_WRITE:
        return render_write(body, out, room);
    case MSG_BLOCKED:
        return msg_decode_blocked(body, &a, errmsg) != DDBS_OK ? -1 : snprintf(out, room, "BLOCKED %d", (int)a);
    case MSG_FLUSH:
        if (msg_decode_flush(body, &a, &b, errmsg) != DDBS_OK || a != b)
            return -1;
        return snprintf(out, room, "FLUSH %d", (int)a);
    case MSG_ABORT:
        return msg_decode_abort(body, &a, errmsg) != DDBS_OK ? -1 : snprintf(out, room, "ABORT %d", (int)a);
    case MSG_BYE:
        return snprintf(out, room, "BYE");
    default:
        return -1;
    }
}

static void expect_output(struct script *s, const char *expected)
{
    char text[4096] = "";
    size_t at = 0, used = 0;
    hear(s, SIZE_MAX);
    while (at < s->heard_bytes) {
        struct frame_head head;
        struct span rest = span_of(s->heard + at, s->heard_bytes - at);
        int n;
        check(s, frame_peek(rest, &head) == DDBS_OK && rest.n - FRAME_HEADER >= head.body,
              "an incomplete frame went out");
        if (used > 0)
            used += (size_t)snprintf(text + used, sizeof text - used, "; ");
        n = render(head.type, span_of(rest.p + FRAME_HEADER, head.body), text + used, sizeof text - used);
        check(s, n > 0, "a malformed frame went out");
        used += (size_t)n;
        at += FRAME_HEADER + (size_t)head.body;
    }
    s->heard_bytes = 0;
    check(s, strcmp(text, expected) == 0, text);
}

/* ---- daemon to client ---- */

static void say(struct script *s, struct span bytes)
{
    while (bytes.n > 0) {
        size_t n = s->cut > 0 && s->cut < bytes.n ? s->cut : bytes.n;
        uint8_t *copy = malloc(n); /* so that a read past the end is detected */
        memcpy(copy, bytes.p, n);
        core_input_bytes(&s->core, s->now_ms, span_of(copy, n));
        free(copy);
        bytes = span_from(bytes, n);
    }
}

static void settled_word(const char *word, struct msg_outcomes *m, struct msg_range *ranges,
                         struct msg_failure *failures)
{
    unsigned long a, b;
    char code[64];
    if (sscanf(word, "!%lu:%63[a-z_]", &a, code) == 2) {
        failures[m->failure_count++] = (struct msg_failure){.seq = a,
                                                            .code = err_from_name(code, strlen(code)),
                                                            .message = span_of("why", 3),
                                                            .maybe_written = strstr(word, ":maybe") != NULL};
    } else if (sscanf(word, "%lu-%lu", &a, &b) == 2) {
        ranges[m->range_count++] = (struct msg_range){.first = a, .last = b};
    } else if (sscanf(word, "s=%lu", &a) == 1) {
        m->superseded = a;
    }
}

static void encode_settled(struct script *s, struct mp_writer *w, const char *args)
{
    struct msg_range ranges[LIST_MAX];
    struct msg_failure failures[LIST_MAX];
    struct msg_outcomes m = {.ranges = ranges, .failures = failures};
    char word[80];
    int n = 0;
    m.upto = number(s, args);
    while (sscanf(args += n, " %79s%n", word, &n) == 1)
        settled_word(word, &m, ranges, failures);
    msg_encode_settled(w, &m);
}

static void encode_hex(struct mp_writer *w, const char *args)
{
    unsigned byte;
    int n = 0;
    while (sscanf(args += n, " %2x%n", &byte, &n) == 1) {
        uint8_t b = (uint8_t)byte;
        mp_write_raw(w, &b, 1);
    }
}

static void daemon_says(struct script *s, const char *text)
{
    static uint8_t frame[SAY_MAX];
    struct mp_writer w = mp_write_open(frame, sizeof frame);
    char word[32] = "", arg[64] = "";
    unsigned long a = 0, b = FRAME_WRITE_MAX, c = 1024 * 1024, version = 1, epoch = 7;
    int at = 0;
    sscanf(text, "%31s %n", word, &at);
    sscanf(text + at, "%63s", arg);
    sscanf(text + at, "%lu %lu %lu %lu %lu", &a, &b, &c, &version, &epoch);
    if (strcmp(word, "WELCOME") == 0)
        msg_encode_welcome(&w, &(struct msg_welcome){.version = version,
                                                     .epoch = epoch,
                                                     .connection = 1,
                                                     .max_frame = b,
                                                     .max_record = c,
                                                     .credit = a,
                                                     .server = span_of("test", 4)});
    else if (strcmp(word, "CREDIT") == 0)
        msg_encode_credit(&w, a);
    else if (strcmp(word, "SETTLED") == 0)
        encode_settled(s, &w, text + at);
    else if (strcmp(word, "FLUSHED") == 0)
        msg_encode_flushed(&w, a);
    else if (strcmp(word, "ABORTED") == 0)
        msg_encode_aborted(&w, a);
    else if (strcmp(word, "GOAWAY") == 0)
        msg_encode_goaway(&w, "draining");
    else if (strcmp(word, "ERROR") == 0)
        msg_encode_error(&w, err_from_name(arg, strlen(arg)), "because");
    else if (strcmp(word, "NOTICE") == 0)
        msg_encode_notice(&w, arg, "so it is");
    else if (strcmp(word, "HEX") == 0)
        encode_hex(&w, text + at);
    else
        script_fail(s, "no such message");
    say(s, span_of(frame, w.need));
}

/* ---- checks of the core's state ---- */

static const char *state_name(enum core_state state)
{
    static const char *const names[] = {"waiting", "greeting", "open", "ended", "failed"};
    return names[state];
}

static void check_counts(struct script *s)
{
    const struct core_counts *k = &s->core.counts;
    char got[128];
    snprintf(got, sizeof got, "counts %d %d %d %d %d", (int)k->written, (int)k->failed, (int)k->superseded,
             (int)k->aborted, (int)k->unsettled);
    check(s, strcmp(got, s->line + 2) == 0, got);
    check(s, k->put == k->written + k->failed + k->superseded + k->aborted + k->unsettled, "the books do not balance");
}

static void check_failure(struct script *s)
{
    struct failed_record *f = core_failure_take(&s->core);
    char got[700];
    if (f == NULL)
        snprintf(got, sizeof got, "failure none");
    else
        snprintf(got, sizeof got, "failure %d %s%s", (int)f->seq, err_name(f->code), f->maybe_written ? " maybe" : "");
    failure_list_free(f);
    check(s, strcmp(got, s->line + 2) == 0, got);
}

static void check_deadline(struct script *s, const char *arg)
{
    uint64_t at;
    char got[64] = "none";
    if (core_deadline(&s->core, &at))
        snprintf(got, sizeof got, "%d", (int)at);
    check(s, strcmp(got, arg) == 0, got);
}

static void check_known(struct script *s, const char *text)
{
    struct client_core *c = &s->core;
    char word[32] = "", arg[64] = "", last[16] = "";
    unsigned long n = 0;
    sscanf(text, "%31s %63s %15s", word, arg, last);
    if (arg[0] >= '0' && arg[0] <= '9')
        n = number(s, arg);
    if (strcmp(word, "state") == 0)
        check(s, strcmp(arg, state_name(c->state)) == 0, c->state == CORE_FAILED ? c->errmsg : state_name(c->state));
    else if (strcmp(word, "error") == 0)
        check(s, c->state == CORE_FAILED && strcmp(arg, err_name(c->error)) == 0, err_name(c->error));
    else if (strcmp(word, "says") == 0)
        check(s, strstr(c->errmsg, text + 5) != NULL, c->errmsg);
    else if (strcmp(word, "counts") == 0)
        check_counts(s);
    else if (strcmp(word, "failure") == 0)
        check_failure(s);
    else if (strcmp(word, "done") == 0)
        check(s, core_flush_done(c, n) == (strcmp(last, "yes") == 0), "the other");
    else if (strcmp(word, "unsettled") == 0)
        check(s, core_unsettled(c, n) == (strcmp(last, "yes") == 0), "the other");
    else if (strcmp(word, "abort") == 0)
        check(s, core_abort_done(c) == (strcmp(arg, "done") == 0), "the other");
    else if (strcmp(word, "busy") == 0)
        check(s, core_busy(c) == (strcmp(arg, "yes") == 0), "the other");
    else if (strcmp(word, "reason") == 0)
        check(s, strcmp(arg, c->reason) == 0, c->reason);
    else if (strcmp(word, "deadline") == 0)
        check_deadline(s, arg);
    else if (strcmp(word, "lost") == 0)
        check(s, c->failures.lost == n, "another number");
    else if (strcmp(word, "wants") == 0)
        check(s,
              core_wants_connect(c) == (strcmp(arg, "connect") == 0) &&
                  core_wants_close(c) == (strcmp(arg, "close") == 0),
              core_wants_connect(c) ? "connect"
              : core_wants_close(c) ? "close"
                                    : "nothing");
    else
        script_fail(s, "no such question");
}

/* ---- the user and the transport ---- */

static int put(struct script *s, size_t size)
{
    struct mp_writer w;
    uint8_t *item = malloc(size);
    uint64_t seq = 0, before = s->core.counts.put;
    uint32_t fill = (uint32_t)size - 10;
    int rc;
    assert_true(size >= 10); /* [op, {"k": bin 32}] */
    w = mp_write_open(item, size);
    mp_write_map(&w, 1);
    mp_write_str(&w, "k", 1);
    item[w.need] = 0xc6;
    be_store32(item + w.need + 1, fill);
    memset(item + w.need + 5, (int)before, fill);
    rc = core_put(&s->core, s->now_ms, OP_PUT, span_of(item, size - 2), &seq);
    free(item);
    check(s, s->core.counts.put == before + (rc == DDBS_OK ? 1 : 0), "the count of puts is wrong");
    return rc;
}

static void connect_step(struct script *s, const char *word, const char *arg)
{
    check(s, core_wants_connect(&s->core), "no connection is wanted");
    if (strcmp(word, "connect") == 0)
        core_connected(&s->core, s->now_ms);
    else
        core_connect_failed(&s->core, s->now_ms, err_from_name(arg, strlen(arg)), "/tried: because");
}

static void act(struct script *s, const char *text)
{
    struct client_core *c = &s->core;
    char word[32] = "", arg[64] = "", arg2[64] = "";
    unsigned long n = 0;
    uint64_t token;
    sscanf(text, "%31s %63s %63s", word, arg, arg2);
    if (arg[0] >= '0' && arg[0] <= '9')
        n = number(s, arg);
    if (strcmp(word, "connect") == 0 || strcmp(word, "refuse") == 0) {
        connect_step(s, word, arg);
    } else if (strcmp(word, "eof") == 0) {
        core_eof(c, s->now_ms);
    } else if (strcmp(word, "wait") == 0) {
        s->now_ms += n;
        core_tick(c, s->now_ms);
    } else if (strcmp(word, "put") == 0) {
        while (n-- > 0)
            check(s, put(s, number(s, arg2)) == DDBS_OK, "not taken");
    } else if (strcmp(word, "full") == 0) {
        check(s, put(s, n) == CORE_AGAIN, "taken");
    } else if (strcmp(word, "reject") == 0) {
        int rc = put(s, n);
        check(s, rc < 0 && strcmp(err_name(rc), arg2) == 0, rc < 0 ? err_name(rc) : "taken");
    } else if (strcmp(word, "flush") == 0) {
        int rc = core_flush(c, &token);
        check(s, arg[0] == '\0' ? rc == DDBS_OK : rc < 0 && strcmp(err_name(rc), arg) == 0, err_name(rc));
    } else if (strcmp(word, "send") == 0) {
        hear(s, n);
    } else if (strcmp(word, "push") == 0) {
        core_push(c);
    } else if (strcmp(word, "abort") == 0) {
        check(s, core_abort(c, s->now_ms) == DDBS_OK, "refused");
    } else if (strcmp(word, "bye") == 0) {
        core_bye(c);
    } else {
        script_fail(s, "no such step");
    }
}

static void run_line(struct script *s, const char *line)
{
    s->line = line;
    if (line[0] == '<')
        daemon_says(s, line + 2);
    else if (line[0] == '>')
        expect_output(s, line[1] == ' ' ? line + 2 : "");
    else if (line[0] == '=')
        check_known(s, line + 2);
    else if (line[0] != '\0' && line[0] != '#')
        act(s, line);
}

void script_run(const struct script_options *options, const char *text)
{
    struct script *s = calloc(1, sizeof *s);
    struct core_config config = {
        .table = span_of("t", 1),
        .client = span_of("test", 4),
        .pid = 1,
        .seed = 42,
        .discard = options->discard,
        .memory_max = options->memory_max,
        .failures_max = options->failures_max,
        .connect_timeout_ms = options->connect_timeout_ms > 0 ? options->connect_timeout_ms : 1000,
        .reconnect_timeout_ms = options->reconnect_timeout_ms > 0 ? options->reconnect_timeout_ms : 5000,
        .linger_ms = 5,
    };
    char line[512];
    s->heard = malloc(HEARD_MAX);
    s->cut = options->cut;
    s->now_ms = 10000;
    assert_int_equal(core_init(&s->core, &config, s->now_ms), DDBS_OK);
    while (*text != '\0') {
        size_t n = strcspn(text, "\n");
        while (n > 0 && *text == ' ') {
            text++;
            n--;
        }
        assert_true(n < sizeof line);
        memcpy(line, text, n);
        line[n] = '\0';
        run_line(s, line);
        text += n + (text[n] == '\n' ? 1 : 0);
    }
    script_free(s);
}
