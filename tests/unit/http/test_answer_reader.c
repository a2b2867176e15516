/* test_answer_reader: a table of answers. Each is read whole, byte by byte, and cut in two at every place; what comes
 * out is the same each time: the status, the fields, the body, and whether the connection stays.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/http/answer_reader.h"

#define OK   "HTTP/1.1 200 OK\r\n"
#define CL5  "Content-Length: 5\r\n"
#define TE   "Transfer-Encoding: chunked\r\n"
#define BODY "\r\nhello"

/* What a read gave, as text: "200 date=x [hello] done keep +3" or "broken: why". */
struct transcript {
    char text[1024];
    size_t n;
    bool in_body;
};

static void note(struct transcript *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void note(struct transcript *t, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    t->n += (size_t)vsnprintf(t->text + t->n, sizeof t->text - t->n, format, args);
    va_end(args);
    assert_true(t->n < sizeof t->text);
}

static void note_event(struct transcript *t, const struct reader_event *e)
{
    if (t->in_body && e->kind != READER_BODY && e->kind != READER_MORE) {
        note(t, "] ");
        t->in_body = false;
    }
    switch (e->kind) {
    case READER_MORE:
        break;
    case READER_STATUS:
        note(t, "%d ", e->status);
        break;
    case READER_FIELD:
        note(t, "%.*s=%.*s ", (int)e->name.n, (const char *)e->name.p, (int)e->value.n, (const char *)e->value.p);
        break;
    case READER_BODY:
        note(t, t->in_body ? "%.*s" : "[%.*s", (int)e->value.n, (const char *)e->value.p);
        t->in_body = true;
        break;
    case READER_DONE:
        note(t, "done");
        break;
    case READER_BROKEN:
        note(t, "broken: %s", e->text);
        break;
    }
}

/* Read a piece. True: the answer is over, and *piece is what is left over. */
static bool feed(struct answer_reader *r, struct transcript *t, struct span *piece)
{
    for (;;) {
        struct reader_event e = answer_reader_next(r, piece);
        note_event(t, &e);
        if (e.kind == READER_DONE && answer_reader_keeps(r))
            note(t, " keep");
        if (e.kind == READER_DONE || e.kind == READER_BROKEN)
            return true;
        if (e.kind == READER_MORE) {
            assert_int_equal(piece->n, 0);
            return false;
        }
    }
}

/* Read `bytes` in pieces of `first`, then of `step` bytes, then the end of the connection. */
static void read_all(struct transcript *t, struct span bytes, size_t first, size_t step)
{
    static struct answer_reader r;
    answer_reader_init(&r);
    *t = (struct transcript){.n = 0};
    for (size_t n = first; bytes.n > 0; n = step) {
        n = n < bytes.n ? n : bytes.n;
        uint8_t copy[256]; /* of just this piece: a read beyond it is seen by the sanitizers */
        assert_true(n <= sizeof copy);
        memcpy(copy, bytes.p, n);
        struct span piece = span_of(copy, n);
        bool over = feed(&r, t, &piece);
        bytes = span_of(bytes.p + n - piece.n, bytes.n - n + piece.n);
        if (over) {
            if (bytes.n > 0 && strstr(t->text, "broken") == NULL)
                note(t, " +%zu", bytes.n);
            return;
        }
    }
    struct reader_event e = answer_reader_end(&r);
    note_event(t, &e);
    if (e.kind == READER_DONE && answer_reader_keeps(&r))
        note(t, " keep");
}

static const char TOO_LONG_CHUNK[] = "broken: a chunk is longer than its size says";
static const char NO_SIZE[] = "broken: a chunk has no size";
static const char CONTROL[] = "broken: a header has a control character";
static const char NO_COLON[] = "broken: a header line has no name and colon";
static const char NOT_HTTP[] = "broken: it does not begin with HTTP/1.1";
static const char NOT_LENGTH[] = "broken: Content-Length is not a length";
static const char CODING[] = "broken: its transfer encoding is not chunked";
static const char CUT[] = "broken: the connection ended in the middle of it";

struct row {
    const char *bytes;
    const char *want; /* the transcript; for what is broken the end of it is enough */
    size_t n;         /* 0: strlen */
};

static const struct row ROWS[] = {
    /* Content-Length */
    {OK CL5 BODY, "200 Content-Length=5 [hello] done keep", 0},
    {OK "content-LENGTH:5\r\n" BODY, "200 content-LENGTH=5 [hello] done keep", 0},
    {OK "Content-Length: \t 5 \t\r\n" BODY, "200 Content-Length=5 [hello] done keep", 0},
    {OK "Content-Length: 05\r\n" BODY, "200 Content-Length=05 [hello] done keep", 0},
    {OK CL5 CL5 BODY, "200 Content-Length=5 Content-Length=5 [hello] done keep", 0},
    {OK CL5 "Content-Length: 05\r\n" BODY, "200 Content-Length=5 Content-Length=05 [hello] done keep", 0},
    {OK "Content-Length: 0\r\n\r\n", "200 Content-Length=0 done keep", 0},
    {OK "Content-Length: 0\r\n\r\nhello", "200 Content-Length=0 done keep +5", 0},
    {OK CL5 BODY OK, "200 Content-Length=5 [hello] done keep +17", 0},
    {OK CL5 "\r\nhell", CUT, 0},
    {OK CL5 "\r\n", CUT, 0},
    {OK CL5 "Content-Length: 6\r\n" BODY, "broken: it has two lengths", 0},
    {OK "Content-Length:\r\n" BODY, NOT_LENGTH, 0},
    {OK "Content-Length: -5\r\n" BODY, NOT_LENGTH, 0},
    {OK "Content-Length: +5\r\n" BODY, NOT_LENGTH, 0},
    {OK "Content-Length: 5, 5\r\n" BODY, NOT_LENGTH, 0},
    {OK "Content-Length: 0x5\r\n" BODY, NOT_LENGTH, 0},
    {OK "Content-Length: 5 5\r\n" BODY, NOT_LENGTH, 0},
    {OK "Content-Length: 5.0\r\n" BODY, NOT_LENGTH, 0},
    {OK "Content-Length: 18446744073709551621\r\n" BODY, NOT_LENGTH, 0}, /* 5 modulo 2^64 */
    {OK "Content-Length: 999999999999999999\r\n" BODY, CUT, 0},
    /* line ends */
    {"HTTP/1.1 200 OK\nContent-Length: 5\n\nhello", "200 Content-Length=5 [hello] done keep", 0},
    {"HTTP/1.1 200 OK\r\nContent-Length: 5\n\r\nhello", "200 Content-Length=5 [hello] done keep", 0},
    {OK CL5 "X: a\rY: b\r\n" BODY, CONTROL, 0},
    {OK "Content-Length: 5\r\r\n" BODY, CONTROL, 0},
    {OK CL5 "\r\r\nhello", NO_COLON, 0},
    {"\r\n" OK CL5 BODY, NOT_HTTP, 0},
    /* status lines */
    {"HTTP/1.1 200\r\n" CL5 BODY, "200 Content-Length=5 [hello] done keep", 0},
    {"HTTP/1.1 200 \r\n" CL5 BODY, "200 Content-Length=5 [hello] done keep", 0},
    {"HTTP/1.1 503 Service Unavailable\r\n" CL5 BODY, "503 Content-Length=5 [hello] done keep", 0},
    {"HTTP/1.1 999 x\r\n" CL5 BODY, "999 Content-Length=5 [hello] done keep", 0},
    {"HTTP/1.1 2000 OK\r\n" CL5 BODY, NOT_HTTP, 0},
    {"HTTP/1.1 20 OK\r\n" CL5 BODY, NOT_HTTP, 0},
    {"HTTP/1.1 099 OK\r\n" CL5 BODY, NOT_HTTP, 0},
    {"HTTP/1.1  200 OK\r\n" CL5 BODY, NOT_HTTP, 0},
    {"HTTP/1.2 200 OK\r\n" CL5 BODY, NOT_HTTP, 0},
    {"HTTP/2 200\r\n" CL5 BODY, NOT_HTTP, 0},
    {"HTTP/2.0 200 OK\r\n" CL5 BODY, NOT_HTTP, 0},
    {"http/1.1 200 OK\r\n" CL5 BODY, NOT_HTTP, 0},
    {"ICY 200 OK\r\n" CL5 BODY, NOT_HTTP, 0},
    {"SSH-2.0-OpenSSH_9.2\r\n", NOT_HTTP, 0},
    {"<html>\n", NOT_HTTP, 0},
    {"\n", NOT_HTTP, 0},
    {"HTTP/1.1 200 O\0K\r\n" CL5 BODY, NOT_HTTP, sizeof "HTTP/1.1 200 O\0K\r\n" CL5 BODY - 1},
    {"HTTP/1.1 200 O\rK\r\n" CL5 BODY, NOT_HTTP, 0},
    {"", CUT, 0},
    {"HTTP/1.1 2", CUT, 0},
    {OK "Content-Le", CUT, 0},
    /* header fields */
    {OK CL5 "x-amzn-RequestId: A:B \r\n" BODY, "200 Content-Length=5 x-amzn-RequestId=A:B [hello] done keep", 0},
    {OK CL5 "X:\r\n" BODY, "200 Content-Length=5 X= [hello] done keep", 0},
    {OK CL5 "X: caf\xc3\xa9\r\n" BODY, "200 Content-Length=5 X=caf\xc3\xa9 [hello] done keep", 0},
    {OK CL5 "X: a\tb\r\n" BODY, "200 Content-Length=5 X=a\tb [hello] done keep", 0},
    {OK CL5 "X: a\r\n b\r\n" BODY, "broken: a header line is folded", 0},
    {OK CL5 "X: a\r\n\tb\r\n" BODY, "broken: a header line is folded", 0},
    {OK " X: a\r\n" CL5 BODY, "broken: a header line is folded", 0},
    {OK "Content-Length : 5\r\n" BODY, NO_COLON, 0},
    {OK "Content Length: 5\r\n" BODY, NO_COLON, 0},
    {OK CL5 "nothing\r\n" BODY, NO_COLON, 0},
    {OK CL5 ": x\r\n" BODY, NO_COLON, 0},
    {OK CL5 "X: a\0b\r\n" BODY, CONTROL, sizeof OK CL5 "X: a\0b\r\n" BODY - 1},
    {OK CL5 "X: a\x7f\r\n" BODY, CONTROL, 0},
    {OK CL5 "X\x80: a\r\n" BODY, NO_COLON, 0},
    /* chunks */
    {OK TE "\r\n5\r\nhello\r\n0\r\n\r\n", "200 Transfer-Encoding=chunked [hello] done keep", 0},
    {OK "transfer-encoding: CHUNKED\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "200 transfer-encoding=CHUNKED [hello] done keep",
     0},
    {OK TE "\r\n2\r\nhe\r\n0003\r\nllo\r\n00\r\n\r\n", "200 Transfer-Encoding=chunked [hello] done keep", 0},
    {OK TE "\r\n2;a=b\r\nhe\r\n3 \t\r\nllo\r\n0;x\r\n\r\n", "200 Transfer-Encoding=chunked [hello] done keep", 0},
    {OK TE "\r\nA\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n",
     "200 Transfer-Encoding=chunked [01234567890123456789] done keep", 0},
    {OK TE "\n5\nhello\n0\n\n", "200 Transfer-Encoding=chunked [hello] done keep", 0},
    {OK TE "\r\n0\r\n\r\n", "200 Transfer-Encoding=chunked done keep", 0},
    {OK TE "\r\n0\r\n\r\nhello", "200 Transfer-Encoding=chunked done keep +5", 0},
    {OK TE "\r\n5\r\nhello\r\n0\r\nX: y\r\nZ: w\r\n\r\n", "200 Transfer-Encoding=chunked [hello] done keep", 0},
    {OK TE "\r\n5\r\nhello\r\n0\r\nX: y\r\n z\r\n\r\n", "broken: a header line is folded", 0},
    {OK TE "\r\n5\r\nhello\r\n0\r\nnothing\r\n\r\n", NO_COLON, 0},
    {OK TE "\r\n5\r\nhello\r\n0\r\n", CUT, 0},
    {OK TE "\r\n5\r\nhello\r\n", CUT, 0},
    {OK TE "\r\n5\r\nhello", CUT, 0},
    {OK TE "\r\n5\r\nhello!\r\n0\r\n\r\n", TOO_LONG_CHUNK, 0},
    {OK TE "\r\n5\r\nhello0\r\n\r\n", TOO_LONG_CHUNK, 0},
    {OK TE "\r\n\r\nhello\r\n0\r\n\r\n", NO_SIZE, 0},
    {OK TE "\r\nx\r\nhello\r\n0\r\n\r\n", NO_SIZE, 0},
    {OK TE "\r\n0x5\r\nhello\r\n0\r\n\r\n", NO_SIZE, 0},
    {OK TE "\r\n-5\r\nhello\r\n0\r\n\r\n", NO_SIZE, 0},
    {OK TE "\r\n 5\r\nhello\r\n0\r\n\r\n", NO_SIZE, 0},
    {OK TE "\r\n5 ;x\r\nhello\r\n0\r\n\r\n", NO_SIZE, 0},
    {OK TE "\r\n5;\rx\r\nhello\r\n0\r\n\r\n", NO_SIZE, 0},
    {OK TE "\r\n10000000000000005\r\nhello\r\n0\r\n\r\n", NO_SIZE, 0}, /* 5 modulo 2^64 */
    {OK TE CL5 "\r\n5\r\nhello\r\n0\r\n\r\n", "broken: it has both a length and chunks", 0},
    {OK CL5 TE BODY, "broken: it has both a length and chunks", 0},
    {OK TE TE "\r\n5\r\nhello\r\n0\r\n\r\n", CODING, 0},
    {OK "Transfer-Encoding: gzip\r\n" BODY, CODING, 0},
    {OK "Transfer-Encoding: gzip, chunked\r\n" BODY, CODING, 0},
    {OK "Transfer-Encoding: chunked, identity\r\n" BODY, CODING, 0},
    {OK "Transfer-Encoding: identity\r\n" CL5 BODY, CODING, 0},
    {OK "Transfer-Encoding:\r\n" CL5 BODY, CODING, 0},
    {"HTTP/1.0 200 OK\r\n" TE "\r\n0\r\n\r\n", CODING, 0},
    /* the end of the connection as the end of the body */
    {OK BODY, "200 [hello] done", 0},
    {OK "\r\n", "200 done", 0},
    {"HTTP/1.0 200 OK\r\n" BODY, "200 [hello] done", 0},
    /* what stays open */
    {OK CL5 "Connection: close\r\n" BODY, "200 Content-Length=5 Connection=close [hello] done", 0},
    {OK CL5 "Connection: foo, CLOSE ,bar\r\n" BODY, "200 Content-Length=5 Connection=foo, CLOSE ,bar [hello] done", 0},
    {OK CL5 "Connection: keep-alive\r\nConnection: close\r\n" BODY,
     "200 Content-Length=5 Connection=keep-alive Connection=close [hello] done", 0},
    {OK CL5 "Connection: closed\r\n" BODY, "200 Content-Length=5 Connection=closed [hello] done keep", 0},
    {"HTTP/1.0 200 OK\r\n" CL5 BODY, "200 Content-Length=5 [hello] done", 0},
    {"HTTP/1.0 200 OK\r\n" CL5 "Connection: Keep-Alive\r\n" BODY,
     "200 Content-Length=5 Connection=Keep-Alive [hello] done keep", 0},
    /* without a body */
    {"HTTP/1.1 204 No Content\r\n\r\n", "204 done keep", 0},
    {"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", "304 Content-Length=5 done keep", 0},
    /* interim answers */
    {"HTTP/1.1 100 Continue\r\n\r\n" OK CL5 BODY, "200 Content-Length=5 [hello] done keep", 0},
    {"HTTP/1.1 100\r\nX: y\r\n\r\nHTTP/1.1 102 x\r\n\r\n" OK CL5 BODY, "200 Content-Length=5 [hello] done keep", 0},
    {"HTTP/1.1 103 x\r\nConnection: close\r\n\r\n" OK CL5 BODY, "200 Content-Length=5 [hello] done keep", 0},
    {"HTTP/1.1 100 x\r\nContent-Length: 3\r\n\r\n" OK CL5 BODY, "200 Content-Length=5 [hello] done keep", 0},
    {"HTTP/1.1 100 Continue\r\n\r\n", CUT, 0},
    {"HTTP/1.1 101 Switching Protocols\r\n\r\n", "broken: it switches to another protocol", 0},
};

static void check_row(const struct row *row, size_t first, size_t step)
{
    struct transcript t;
    size_t n = row->n > 0 ? row->n : strlen(row->bytes);
    read_all(&t, span_of(row->bytes, n), first, step);
    const char *got = strncmp(row->want, "broken", 6) == 0 ? strstr(t.text, "broken") : t.text;
    if (got == NULL || strcmp(got, row->want) != 0)
        fail_msg("row %zu, cut at %zu: got '%s', want '%s'", (size_t)(row - ROWS), first, t.text, row->want);
}

static void every_answer_is_read_alike_however_it_is_cut(void **state)
{
    (void)state;
    assert_true(sizeof ROWS / sizeof ROWS[0] >= 80);
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        size_t n = ROWS[i].n > 0 ? ROWS[i].n : strlen(ROWS[i].bytes);
        check_row(&ROWS[i], 256, 256);
        check_row(&ROWS[i], 1, 1);
        for (size_t at = 1; at < n; at++)
            check_row(&ROWS[i], at, 256);
    }
}

/* ---- bounds: `piece` again and again behind `head` ---- */

static const char *endless(const char *head, const char *piece, size_t most, size_t *ret_used)
{
    static struct answer_reader r;
    answer_reader_init(&r);
    struct span bytes = span_of(head, strlen(head));
    size_t used = 0;
    for (;;) {
        while (bytes.n > 0) {
            struct reader_event e = answer_reader_next(&r, &bytes);
            if (e.kind == READER_BROKEN) {
                *ret_used = used;
                return e.text;
            }
            assert_int_not_equal(e.kind, READER_DONE);
        }
        if (used > most)
            return "no end";
        bytes = span_of(piece, strlen(piece));
        used += strlen(piece);
    }
}

static void nothing_but_a_body_goes_on_for_ever(void **state)
{
    (void)state;
    static const struct {
        const char *head, *piece, *want;
    } cases[] = {
        {"", "HTTP/1.1 100 Continue\r\n\r\n", "its headers are longer than 64 KB"},
        {OK, "X-A: b\r\n", "its headers are longer than 64 KB"},
        {OK, "x", "its headers are longer than 64 KB"},
        {"HTTP/1.1 200 ", "x", "its headers are longer than 64 KB"},
        {OK TE "\r\n0\r\n", "X-A: b\r\n", "its headers are longer than 64 KB"},
        {OK TE "\r\n0\r\nX:", "y", "its headers are longer than 64 KB"},
        {OK TE "\r\n", "0", "the size of a chunk is too long"},
        {OK TE "\r\n5;", "x", "the size of a chunk is too long"},
        {OK TE "\r\n5\r\nhello", "x", "a chunk is longer than its size says"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t used = 0;
        assert_string_equal(endless(cases[i].head, cases[i].piece, 80 * 1024, &used), cases[i].want);
        assert_true(used <= ANSWER_READER_HEAD_MAX + 64);
    }
}

/* Byte by byte: the first byte beyond a limit is refused, and none before it. */
static void limits_are_exact(void **state)
{
    (void)state;
    size_t used;
    endless(OK, "x", 80 * 1024, &used);
    assert_int_equal(sizeof OK - 1 + used, ANSWER_READER_HEAD_MAX + 1);
    endless(OK TE "\r\n", "0", 80 * 1024, &used);
    assert_int_equal(used, 256 + 1);
}

static void a_body_of_many_chunks_is_no_head(void **state)
{
    (void)state;
    size_t used;
    assert_string_equal(endless(OK TE "\r\n", "1\r\nx\r\n", 1024 * 1024, &used), "no end");
}

/* A field longer than the buffer keeps the beginning of its value; one that frames the answer may not be so long. */
static void long_fields_are_cut(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool whole; /* in one piece */
        const char *want;
    } cases[] = {{"X", true, NULL},
                 {"X", false, NULL},
                 {"Connection", true, "a header that frames the answer is too long"},
                 {"Connection", false, "a header that frames the answer is too long"}};
    static char text[3 * ANSWER_READER_LINE_MAX];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        static struct answer_reader r;
        answer_reader_init(&r);
        int n = snprintf(text, sizeof text, OK "%s: %0*d\r\n", cases[i].name, 2 * ANSWER_READER_LINE_MAX, 7);
        struct span first = span_of(text, cases[i].whole ? (size_t)n : 40),
                    rest = span_of(text + first.n, (size_t)n - first.n);
        struct reader_event e = answer_reader_next(&r, &first);
        assert_int_equal(e.kind, READER_STATUS);
        e = answer_reader_next(&r, &first);
        if (!cases[i].whole) {
            assert_int_equal(e.kind, READER_MORE);
            e = answer_reader_next(&r, &rest);
        }
        if (cases[i].want != NULL) {
            assert_string_equal(e.text, cases[i].want);
            continue;
        }
        assert_int_equal(e.kind, READER_FIELD);
        assert_int_equal(e.value.n, ANSWER_READER_LINE_MAX - 3);
    }
}

static void it_knows_whether_an_answer_has_begun(void **state)
{
    (void)state;
    static struct answer_reader r;
    answer_reader_init(&r);
    assert_false(answer_reader_begun(&r));
    struct span h = span_of("H", 1);
    answer_reader_next(&r, &h);
    assert_true(answer_reader_begun(&r));
    answer_reader_init(&r);
    assert_false(answer_reader_begun(&r));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_answer_is_read_alike_however_it_is_cut),
        cmocka_unit_test(nothing_but_a_body_goes_on_for_ever),
        cmocka_unit_test(limits_are_exact),
        cmocka_unit_test(a_body_of_many_chunks_is_no_head),
        cmocka_unit_test(long_fields_are_cut),
        cmocka_unit_test(it_knows_whether_an_answer_has_begun),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
