/* test_message: all frames except WRITE: HELLO in all its forms, what is allowed when, limits of open requests. */
#include <stdio.h>
#include <string.h>

#include "daemon/engine/conn/conn.h"
#include "proto/frame.h"
#include "proto/mp_write.h"
#include "tests/lib/rig_assert.h"

/* ---- HELLO, field by field ---- */

struct hello {
    uint32_t version;
    size_t session_bytes;
    struct span client, table; /* table.n == 0: nil */
    const char *option;        /* NULL: none */
    const char *text;          /* its value; NULL: `number` */
    uint64_t number;
};

static void send_hello(struct rig_conn *c, const struct hello *h)
{
    uint8_t bytes[8192], head[FRAME_HEADER];
    struct mp_writer w = mp_write_open(bytes, sizeof bytes);
    mp_write_array(&w, 9);
    mp_write_uint(&w, MSG_HELLO);
    mp_write_array(&w, 1);
    mp_write_uint(&w, h->version);
    mp_write_bin(&w, "0123456789abcdef0123456789", h->session_bytes);
    mp_write_str(&w, (const char *)h->client.p, h->client.n);
    mp_write_uint(&w, 1);
    if (h->table.n == 0)
        mp_write_nil(&w);
    else
        mp_write_str(&w, (const char *)h->table.p, h->table.n);
    mp_write_map(&w, h->option != NULL ? 1 : 0);
    if (h->option != NULL) {
        mp_write_cstr(&w, h->option);
        if (h->text != NULL)
            mp_write_cstr(&w, h->text);
        else
            mp_write_uint(&w, h->number);
    }
    mp_write_map(&w, 0);
    mp_write_array(&w, 0);
    assert_true(mp_write_fits(&w));
    frame_put_header(head, (uint32_t)w.need);
    rig_send(c, head, sizeof head);
    rig_send(c, bytes, w.need);
}

#define TEXT(s)                                                                                                        \
    {                                                                                                                  \
        (const uint8_t *)(s), sizeof(s) - 1                                                                            \
    }

static void hello_is_validated(void **state)
{
    (void)state;
    static const struct {
        struct hello h;
        const char *heard;
        const char *says; /* part of the ERROR's message */
    } cases[] = {
        {{1, 16, TEXT("x"), TEXT("orders"), NULL, NULL, 0}, "welcome 65536", ""},
        {{1, 16, TEXT("x"), {NULL, 0}, NULL, NULL, 0}, "welcome 0", ""},
        {{1, 16, TEXT("x"), TEXT("orders"), "on_eof", "discard", 0}, "welcome 65536", ""},
        {{1, 16, TEXT("x"), TEXT("orders"), "on_eof", "deliver", 0}, "welcome 65536", ""},
        {{1, 16, TEXT("x"), TEXT("orders"), "max_window", NULL, 1}, "welcome 65536", ""},
        {{1, 16, TEXT("x"), TEXT("abc"), NULL, NULL, 0}, "welcome 65536", ""},
        {{1, 16, TEXT("x"), TEXT("arn:aws:dynamodb:us-east-1:1:table/t"), NULL, NULL, 0}, "welcome 65536", ""},
        {{2, 16, TEXT("x"), TEXT("orders"), NULL, NULL, 0}, "error unsupported_version; closed", "version 1"},
        {{1, 15, TEXT("x"), TEXT("orders"), NULL, NULL, 0}, "error protocol_error; closed", "session"},
        {{1, 17, TEXT("x"), TEXT("orders"), NULL, NULL, 0}, "error protocol_error; closed", "session"},
        {{1, 16, TEXT("x"), TEXT("ab"), NULL, NULL, 0}, "error invalid_argument; closed", "\"ab\""},
        {{1, 16, TEXT("x"), TEXT("or ders"), NULL, NULL, 0}, "error invalid_argument; closed", "or ders"},
        {{1, 16, TEXT("x"), TEXT("arn:a\"b"), NULL, NULL, 0}, "error invalid_argument; closed", "arn"},
        {{1, 16, TEXT("x"), TEXT("orders"), "on_eof", "maybe", 0}, "error protocol_error; closed", "on_eof"},
        {{1, 16, TEXT("x"), TEXT("orders"), "on_eof", NULL, 1}, "error protocol_error; closed", "on_eof"},
        {{1, 16, TEXT("x"), TEXT("orders"), "supersede", NULL, 1}, "error unsupported_option; closed", "supersede"},
        {{1, 16, TEXT("x"), TEXT("orders"), "deadline_ms", NULL, 1}, "error unsupported_option; closed", "deadline_ms"},
        {{1, 16, TEXT("x"), TEXT("orders"), "region", "x", 1}, "error unsupported_option; closed", "region"},
        {{1, 16, TEXT("x"), TEXT("orders"), "colour", "x", 1}, "error unsupported_option; closed", "colour"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rig r;
        rig_open(&r, NULL);
        struct rig_conn *c = rig_connect(&r, RIG_UID);
        send_hello(c, &cases[i].h);
        rig_pump(&r);
        const char *heard = rig_heard(c);
        if (strcmp(heard, cases[i].heard) != 0 || strstr(c->last_error, cases[i].says) == NULL)
            fail_msg("case %zu: %s (%s)", i, heard, c->last_error);
        rig_close(&r);
    }
}

/* Whatever names a peer chooses, the daemon's messages are UTF-8 (the rig checks it) and fit. */
static void names_of_peers_are_cut_between_characters(void **state)
{
    (void)state;
    uint8_t name[1024];
    for (size_t shift = 0; shift < 4; shift++) {
        for (size_t i = 0; i < sizeof name; i++)
            name[i] = i < shift ? 'a' : (uint8_t)("\xe2\x82\xac"[(i - shift) % 3]);
        for (size_t n = 90; n < 110; n++) {
            struct rig r;
            rig_open(&r, NULL);
            struct rig_conn *c = rig_connect(&r, RIG_UID);
            struct hello h = {.version = 1, .session_bytes = 16, .client = TEXT("x"), .table = {name, shift + 3 * n}};
            send_hello(c, &h);
            rig_pump(&r);
            assert_heard(c, "error invalid_argument; closed");
            rig_close(&r);
        }
    }
}

/* Bytes that are not UTF-8 in text fields. */
static void names_that_are_no_text(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, NULL);
    struct rig_conn *a = rig_connect(&r, RIG_UID), *b = rig_connect(&r, RIG_UID), *c = rig_connect(&r, 0);
    struct hello table = {.version = 1, .session_bytes = 16, .client = TEXT("x"), .table = TEXT("\xff\xfe\xfd\xfc")};
    struct hello option = {.version = 1, .session_bytes = 16, .client = TEXT("x"), .option = "\xff\xfe"};
    struct hello client = {.version = 1, .session_bytes = 16, .client = TEXT("\xff\xfe")};
    send_hello(a, &table);
    send_hello(b, &option);
    send_hello(c, &client);
    rig_pump(&r);
    assert_false(a->open);
    assert_false(b->open);
    if (c->open) {
        rig_request(c, 1, "status");
        rig_pump(&r);
    }
    rig_close(&r);
}

static void max_window_bounds_the_window(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.max_window=256K", NULL);
    static const struct {
        uint64_t asked, most;
    } cases[] = {{100000, 100000}, {1 << 20, 256 * 1024}, {1, 65536}};
    for (size_t i = 0; i < 3; i++) {
        struct rig_conn *c = rig_connect(&r, RIG_UID + (uint32_t)i);
        struct hello h = {.version = 1,
                          .session_bytes = 16,
                          .client = TEXT("x"),
                          .table = TEXT("orders"),
                          .option = "max_window",
                          .number = cases[i].asked};
        send_hello(c, &h);
        rig_pump(&r);
        for (int k = 0; k < 10; k++) {
            rig_blocked(c, 1000);
            rig_pump(&r);
        }
        assert_int_equal(c->limit, cases[i].most);
    }
    rig_close(&r);
}

/* BLOCKED costs no credit, so it has a separate limit. */
static void a_flood_of_blocked_is_refused(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders");
    for (uint64_t seq = 1; seq <= 3; seq++) {
        for (int i = 0; i < CONN_BLOCKED_MAX; i++)
            rig_blocked(c, 300);
        rig_write(c, seq, 1, "k");
        rig_pump(&r);
    }
    assert_true(c->open);
    for (int i = 0; i < CONN_BLOCKED_MAX; i++)
        rig_blocked(c, 300);
    rig_pump(&r);
    assert_true(c->open);
    rig_blocked(c, 300);
    rig_pump(&r);
    assert_false(c->open);
    assert_non_null(strstr(rig_heard(c), "error protocol_error"));
    rig_finish(&r);
    assert_non_null(strstr(r.written, "k3")); /* what came before is delivered */
    rig_close(&r);
}

/* ---- what is allowed when ---- */

enum { HELLO, WRITE, BLOCKED, FLUSH, ABORT, BYE, REQUEST, KINDS };

/* A client gave up waiting for WELCOME and connected again; the daemon reads the two HELLOs in reverse order. */
static void a_late_hello_does_not_fence_the_newer_connection(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", NULL);
    struct rig_conn *a = rig_connect(&r, RIG_UID);
    struct rig_conn *b = rig_connect(&r, RIG_UID);
    rig_hello(b, 1, "orders", false);
    rig_pump(&r);
    rig_hello(a, 1, "orders", false);
    rig_pump(&r);
    assert_heard(a, "error fenced; closed");
    rig_write(b, 1, 1, "k");
    rig_pump(&r);
    rig_done(&r);
    assert_heard(b, "welcome 65536; settled 1");
    rig_close(&r);
}

static void send_kind(struct rig_conn *c, int kind)
{
    switch (kind) {
    case HELLO:
        rig_hello(c, 1, "orders", false);
        break;
    case WRITE:
        rig_write(c, 1, 1, "k");
        break;
    case BLOCKED:
        rig_blocked(c, 300);
        break;
    case FLUSH:
        rig_flush(c, 1, 1);
        break;
    case ABORT:
        rig_abort(c, 0);
        break;
    case BYE:
        rig_bye(c);
        break;
    default:
        rig_request(c, 1, "ping");
    }
}

static void each_message_has_its_time(void **state)
{
    (void)state;
    static const char *const want[3][KINDS] = {
        {"welcome 65536", "error", "error", "error", "error", "error", "error"},          /* before HELLO */
        {"error", "", "credit 131072", "flushed 1", "aborted 0", "closed", "reply 1 ok"}, /* a writer */
        {"error", "error", "error", "error", "error", "closed", "reply 1 ok"},            /* an asker */
    };
    for (int stage = 0; stage < 3; stage++)
        for (int kind = 0; kind < KINDS; kind++) {
            struct rig r;
            rig_open(&r, "defaults.linger=1m", NULL);
            struct rig_conn *c = stage == 0   ? rig_connect(&r, RIG_UID)
                                 : stage == 1 ? rig_writer(&r, 9, "orders")
                                              : rig_asker(&r, RIG_UID);
            send_kind(c, kind);
            rig_pump(&r);
            const char *w = want[stage][kind];
            assert_heard(c, strcmp(w, "error") == 0 ? "error protocol_error; closed" : w);
            rig_close(&r);
        }
}

static void broken_messages_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        size_t n;
    } cases[] = {
#define CASE(bytes) {bytes, sizeof(bytes) - 1}
        CASE("\x91\x04"),                     /* FLUSH without anything */
        CASE("\x92\x04\x01"),                 /* without upto */
        CASE("\x93\x04\x01\xc0"),             /* nil is no uint */
        CASE("\x93\x04\x01\xff"),             /* nor is -1 */
        CASE("\x92\x03\xc3"),                 /* BLOCKED true */
        CASE("\x92\x03\xce\xff\xff\xff\xff"), /* BLOCKED for more than max_record */
        CASE("\x92\x05\xa1x"),                /* ABORT "x" */
        CASE("\x94\x07\x01\xa0\x80"),         /* REQUEST without a verb */
        CASE("\x94\x07\x01\xa4ping\x90"),
        CASE("\x93\x04\x01\x01\x02"),         /* a byte behind the frame's array */
        CASE("\x93\x02\x00\x91\x92\x00\x80"), /* WRITE seq 0 */
        CASE("\x93\x02\x01\x90"),             /* WRITE without records */
        CASE("\x93\x02\xcf\xff\xff\xff\xff\xff\xff\xff\xff\x92\x92\x00\x80\x92\x00\x80"), /* seqs beyond u64 */
#undef CASE
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rig r;
        uint8_t head[FRAME_HEADER];
        rig_open(&r, NULL);
        struct rig_conn *c = rig_writer(&r, 1, "orders");
        frame_put_header(head, (uint32_t)cases[i].n);
        rig_send(c, head, sizeof head);
        rig_send(c, cases[i].body, cases[i].n);
        rig_pump(&r);
        const char *heard = rig_heard(c);
        if (strcmp(heard, "error protocol_error; closed") != 0)
            fail_msg("case %zu: %s", i, heard);
        rig_close(&r);
    }
}

/* F3: elements after the listed ones are ignored. */
static void trailing_elements_are_ignored(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        size_t n;
        const char *want;
    } cases[] = {
#define CASE(bytes, want) {bytes, sizeof(bytes) - 1, want}
        CASE("\x94\x04\x01\x00\xc0", "flushed 1"),
        CASE("\x93\x05\x00\x81\x01\x02", "aborted 0"),
        CASE("\x95\x07\x01\xa4ping\x80\x93\x01\x02\x03", "reply 1 ok"),
        CASE("\x92\x06\xc3", "closed"),
        CASE("\x94\x02\x01\x91\x92\x00\x80\xc0", "settled 1 !1:missing_key"),
#undef CASE
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rig r;
        uint8_t head[FRAME_HEADER];
        rig_open(&r, NULL);
        struct rig_conn *c = rig_writer(&r, 1, "orders");
        frame_put_header(head, (uint32_t)cases[i].n);
        rig_send(c, head, sizeof head);
        rig_send(c, cases[i].body, cases[i].n);
        rig_pump(&r);
        assert_heard(c, cases[i].want);
        rig_close(&r);
    }
}

/* ---- C8 ---- */

static void at_most_64_tokens(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders");
    rig_write(c, 1, 1, "k");
    for (uint64_t t = 1; t <= 64; t++)
        rig_flush(c, t, 1);
    rig_pump(&r);
    assert_heard(c, "");
    rig_done(&r);
    const char *heard = rig_heard(c);
    assert_non_null(strstr(heard, "settled 1; flushed 1; "));
    assert_non_null(strstr(heard, "flushed 64"));
    rig_write(c, 2, 1, "k");
    for (uint64_t t = 1; t <= 65; t++)
        rig_flush(c, t, 2);
    rig_pump(&r);
    assert_heard(c, "error protocol_error; closed");
    rig_finish(&r);
    assert_string_equal(r.written, "k1 k2 ");
    rig_close(&r);
}

static void one_abort_at_a_time(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders");
    rig_write(c, 1, 1, "k");
    rig_pump(&r);
    rig_abort(c, 1);
    rig_pump(&r);
    assert_heard(c, "");
    rig_abort(c, 1);
    rig_pump(&r);
    assert_heard(c, "error protocol_error; closed");
    rig_close(&r);
}

/* Nothing may be sent after BYE, and input after an ERROR is ignored. */
static void the_last_frame_is_the_last(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders");
    rig_write(c, 1, 1, "a");
    rig_bye(c);
    rig_write(c, 2, 1, "b");
    rig_pump(&r);
    assert_heard(c, "closed");
    struct rig_conn *d = rig_writer(&r, 2, "orders");
    rig_write(d, 1, 1, "c");
    rig_hello(d, 2, "orders", false);
    rig_write(d, 2, 1, "d");
    rig_flush(d, 1, 2);
    rig_pump(&r);
    assert_heard(d, "error protocol_error; closed");
    rig_finish(&r);
    assert_string_equal(r.written, "a1 c1 ");
    rig_close(&r);
}

/* A connection that cannot be answered any more is closed at its BYE, not five seconds later. */
static void a_bye_of_a_peer_that_is_gone_closes(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "defaults.linger=0", NULL);
    struct rig_conn *c = rig_writer(&r, 1, "orders");
    rig_hangup(c);
    rig_write(c, 1, 1, "a");
    rig_bye(c);
    rig_pump(&r);
    assert_false(c->open);
    rig_finish(&r);
    assert_string_equal(r.written, "a1 ");
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_flood_of_blocked_is_refused),
        cmocka_unit_test(hello_is_validated),
        cmocka_unit_test(names_of_peers_are_cut_between_characters),
        cmocka_unit_test(names_that_are_no_text),
        cmocka_unit_test(max_window_bounds_the_window),
        cmocka_unit_test(a_late_hello_does_not_fence_the_newer_connection),
        cmocka_unit_test(each_message_has_its_time),
        cmocka_unit_test(broken_messages_are_refused),
        cmocka_unit_test(trailing_elements_are_ignored),
        cmocka_unit_test(at_most_64_tokens),
        cmocka_unit_test(one_abort_at_a_time),
        cmocka_unit_test(the_last_frame_is_the_last),
        cmocka_unit_test(a_bye_of_a_peer_that_is_gone_closes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
