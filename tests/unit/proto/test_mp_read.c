/* test_mp_read: every first byte, every truncation, and declared counts that must not be trusted. */
#include "proto/mp_read.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/err.h"
#include "proto/mp_write.h"

#define BYTES(s) s, sizeof(s) - 1

static struct mp_cursor cursor_on(const void *p, size_t n)
{
    return mp_read_open(span_of(p, n));
}

struct int_case {
    const char *bytes;
    size_t n;
    enum mp_type type;
    int64_t value;
};

static const struct int_case int_cases[] = {
    {BYTES("\x00"), MP_UINT, 0},
    {BYTES("\x7f"), MP_UINT, 127},
    {BYTES("\xcc\x80"), MP_UINT, 128},
    {BYTES("\xcc\x00"), MP_UINT, 0}, /* longer than needed is allowed */
    {BYTES("\xcd\x01\x02"), MP_UINT, 0x0102},
    {BYTES("\xce\x80\x00\x00\x01"), MP_UINT, 0x80000001},
    {BYTES("\xcf\x00\x00\x00\x01\x00\x00\x00\x02"), MP_UINT, 0x100000002},
    {BYTES("\xd0\x7f"), MP_UINT, 127}, /* a signed form that is not negative is MP_UINT */
    {BYTES("\xd0\x80"), MP_INT, -128},
    {BYTES("\xd1\x00\x00"), MP_UINT, 0},
    {BYTES("\xd1\x80\x00"), MP_INT, -32768},
    {BYTES("\xd2\xff\xff\xff\xff"), MP_INT, -1},
    {BYTES("\xd2\x7f\xff\xff\xff"), MP_UINT, INT32_MAX},
    {BYTES("\xd3\x80\x00\x00\x00\x00\x00\x00\x00"), MP_INT, INT64_MIN},
    {BYTES("\xd3\x7f\xff\xff\xff\xff\xff\xff\xff"), MP_UINT, INT64_MAX},
    {BYTES("\xe0"), MP_INT, -32},
    {BYTES("\xff"), MP_INT, -1},
};

static void integers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(int_cases) / sizeof(int_cases[0]); i++) {
        const struct int_case *k = &int_cases[i];
        struct mp_cursor c = cursor_on(k->bytes, k->n);
        struct mp_token t;
        assert_int_equal(mp_read_next(&c, &t), DDBS_OK);
        assert_int_equal(t.type, k->type);
        assert_true(k->type == MP_UINT ? t.u64 == (uint64_t)k->value : t.i64 == k->value);
        assert_ptr_equal(c.p, c.end);
    }
    struct mp_cursor c = cursor_on("\xcf\xff\xff\xff\xff\xff\xff\xff\xff", 9);
    uint64_t v = 0;
    assert_int_equal(mp_read_uint(&c, &v), DDBS_OK);
    assert_true(v == UINT64_MAX);
}

static void simple_values(void **state)
{
    (void)state;
    struct mp_cursor c = cursor_on(BYTES("\xc0\xc2\xc3\xca\x3f\xc0\x00\x00\xcb\xbf\xf8\x00\x00\x00\x00\x00\x00"));
    struct mp_token t;
    assert_int_equal(mp_read_next(&c, &t), DDBS_OK);
    assert_int_equal(t.type, MP_NIL);
    assert_int_equal(mp_read_next(&c, &t), DDBS_OK);
    assert_true(t.type == MP_BOOL && !t.truth);
    assert_int_equal(mp_read_next(&c, &t), DDBS_OK);
    assert_true(t.type == MP_BOOL && t.truth);
    assert_int_equal(mp_read_next(&c, &t), DDBS_OK);
    assert_true(t.type == MP_FLOAT && t.single && t.f64 == 1.5);
    assert_int_equal(mp_read_next(&c, &t), DDBS_OK);
    assert_true(t.type == MP_FLOAT && !t.single && t.f64 == -1.5);
    assert_ptr_equal(c.p, c.end);
    assert_int_equal(mp_read_next(&c, &t), DDBS_E_PROTOCOL_ERROR);
    c = cursor_on(BYTES("\xca\x7f\xc0\x00\x00"));
    assert_int_equal(mp_read_next(&c, &t), DDBS_OK);
    assert_true(isnan(t.f64));
}

/* Heads of payload tokens: their declared length, and that the payload is exactly the bytes that follow. */
static void payloads(void **state)
{
    (void)state;
    static const struct {
        const char *head;
        size_t head_len;
        enum mp_type type;
        uint32_t count;
        int8_t ext;
    } cases[] = {
        {BYTES("\xa0"), MP_STR, 0, 0},
        {BYTES("\xbf"), MP_STR, 31, 0},
        {BYTES("\xd9\xff"), MP_STR, 255, 0},
        {BYTES("\xda\x01\x02"), MP_STR, 258, 0},
        {BYTES("\xdb\x00\x01\x00\x00"), MP_STR, 65536, 0},
        {BYTES("\xc4\x00"), MP_BIN, 0, 0},
        {BYTES("\xc4\x80"), MP_BIN, 128, 0},
        {BYTES("\xc5\x01\x00"), MP_BIN, 256, 0},
        {BYTES("\xc6\x00\x01\x00\x00"), MP_BIN, 65536, 0},
        {BYTES("\xd4\x01"), MP_EXT, 1, 1},
        {BYTES("\xd5\x02"), MP_EXT, 2, 2},
        {BYTES("\xd6\xff"), MP_EXT, 4, -1},
        {BYTES("\xd7\x80"), MP_EXT, 8, -128},
        {BYTES("\xd8\x7f"), MP_EXT, 16, 127},
        {BYTES("\xc7\x00\x01"), MP_EXT, 0, 1},
        {BYTES("\xc7\x11\x02"), MP_EXT, 17, 2},
        {BYTES("\xc8\x01\x00\x03"), MP_EXT, 256, 3},
        {BYTES("\xc9\x00\x01\x00\x00\x04"), MP_EXT, 65536, 4},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t n = cases[i].head_len + cases[i].count;
        uint8_t *in = malloc(n);
        assert_non_null(in);
        memset(in, 'p', n);
        memcpy(in, cases[i].head, cases[i].head_len);
        struct mp_cursor c = cursor_on(in, n);
        struct mp_token t;
        assert_int_equal(mp_read_next(&c, &t), DDBS_OK);
        assert_int_equal(t.type, cases[i].type);
        assert_int_equal(t.count, cases[i].count);
        assert_ptr_equal(t.bytes, in + cases[i].head_len);
        if (t.type == MP_EXT)
            assert_int_equal(t.ext, cases[i].ext);
        assert_ptr_equal(c.p, c.end);
        c = cursor_on(in, n - 1); /* one byte short, head or payload */
        assert_int_equal(mp_read_next(&c, &t), DDBS_E_PROTOCOL_ERROR);
        assert_ptr_equal(c.p, in);
        free(in);
    }
}

static void containers(void **state)
{
    (void)state;
    static const struct {
        const char *head;
        size_t head_len;
        enum mp_type type;
        uint32_t count;
    } cases[] = {
        {BYTES("\x80"), MP_MAP, 0},
        {BYTES("\x8f"), MP_MAP, 15},
        {BYTES("\xde\x00\x10"), MP_MAP, 16},
        {BYTES("\xdf\x00\x00\x00\x03"), MP_MAP, 3},
        {BYTES("\x90"), MP_ARRAY, 0},
        {BYTES("\x9f"), MP_ARRAY, 15},
        {BYTES("\xdc\x01\x00"), MP_ARRAY, 256},
        {BYTES("\xdd\x00\x00\x00\x07"), MP_ARRAY, 7},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t in[600] = {0};
        size_t elements = cases[i].type == MP_MAP ? 2 * cases[i].count : cases[i].count;
        memcpy(in, cases[i].head, cases[i].head_len);
        struct mp_cursor c = cursor_on(in, cases[i].head_len + elements);
        struct mp_token t;
        assert_int_equal(mp_read_next(&c, &t), DDBS_OK);
        assert_int_equal(t.type, cases[i].type);
        assert_int_equal(t.count, cases[i].count);
        assert_ptr_equal(c.p, in + cases[i].head_len);
        if (elements == 0)
            continue;
        c = cursor_on(in, cases[i].head_len + elements - 1); /* too short for the declared elements */
        assert_int_equal(mp_read_next(&c, &t), DDBS_E_PROTOCOL_ERROR);
        assert_ptr_equal(c.p, in);
    }
}

/* For any first byte, either the token ends inside the input or the cursor does not move. */
static void every_first_byte_at_every_length(void **state)
{
    (void)state;
    for (unsigned first = 0; first < 256; first++) {
        for (size_t n = 1; n <= 40; n++) {
            uint8_t *in = calloc(1, n);
            assert_non_null(in);
            in[0] = (uint8_t)first;
            struct mp_cursor c = cursor_on(in, n);
            struct mp_token t;
            int err = mp_read_next(&c, &t);
            if (err == DDBS_OK)
                assert_true(c.p > in && c.p <= c.end);
            else
                assert_ptr_equal(c.p, in);
            if (first == 0xc1)
                assert_int_equal(err, DDBS_E_PROTOCOL_ERROR);
            else if (n == 40)
                assert_int_equal(err, DDBS_OK);
            free(in);
        }
    }
}

static void count_bombs_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t n;
    } cases[] = {
        {BYTES("\xdd\x01\x00\x00\x00")},
        {BYTES("\xdf\x01\x00\x00\x00")},
        {BYTES("\xdd\x60\x83\xdd\x60\x83")},
        {BYTES("\xdd\xff\xff\xff\xff\x00")},
        {BYTES("\xdf\xff\xff\xff\xff\x00\x00")},
        {BYTES("\xdf\x80\x00\x00\x00\x00\x00")}, /* twice the count is 2^32: would be 0 in 32 bits */
        {BYTES("\xdf\x80\x00\x00\x01\x00\x00")}, /* would be 2 */
        {BYTES("\xdc\xff\xff\x00")},
        {BYTES("\xde\xff\xff\x00")},
        {BYTES("\xdb\xff\xff\xff\xff\x61")},
        {BYTES("\xc6\xff\xff\xff\xff\x61")},
        {BYTES("\xc9\xff\xff\xff\xff\x01\x61")},
        {BYTES("\xc9\xff\xff\xff\xfa\x01\x61")}, /* with its head of 6: would be 0 in 32 bits */
        {BYTES("\x9f\x00")},
        {BYTES("\x81\x00")},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct mp_cursor c = cursor_on(cases[i].bytes, cases[i].n);
        struct mp_token t;
        assert_int_equal(mp_read_next(&c, &t), DDBS_E_PROTOCOL_ERROR);
        assert_int_equal(mp_read_skip(&c), DDBS_E_PROTOCOL_ERROR);
        assert_ptr_equal(c.p, cases[i].bytes);
    }
}

static void skip_stops_at_the_depth_limit(void **state)
{
    (void)state;
    uint8_t in[3 * MP_DEPTH_MAX];
    for (int kind = 0; kind < 2; kind++) {
        for (unsigned depth = 1; depth <= MP_DEPTH_MAX + 1; depth++) {
            struct mp_writer w = mp_write_open(in, sizeof(in));
            for (unsigned i = 0; i < depth; i++) {
                bool innermost = i + 1 == depth;
                if (kind == 0) {
                    mp_write_array(&w, innermost ? 0 : 1);
                } else {
                    mp_write_map(&w, innermost ? 0 : 1);
                    if (!innermost)
                        mp_write_nil(&w);
                }
            }
            struct mp_cursor c = cursor_on(in, w.need);
            assert_int_equal(mp_read_skip(&c), depth <= MP_DEPTH_MAX ? DDBS_OK : DDBS_E_PROTOCOL_ERROR);
            assert_ptr_equal(c.p, depth <= MP_DEPTH_MAX ? c.end : in);
        }
    }
    static uint8_t deep[1 << 20];
    memset(deep, 0x91, sizeof(deep));
    struct mp_cursor c = cursor_on(deep, sizeof(deep));
    assert_int_equal(mp_read_skip(&c), DDBS_E_PROTOCOL_ERROR);
}

/* A value that contains every type, some of it nested. */
static size_t sample(uint8_t *out, size_t cap)
{
    struct mp_writer w = mp_write_open(out, cap);
    mp_write_map(&w, 4);
    mp_write_cstr(&w, "pojoId");
    mp_write_cstr(&w, "primaryKey-7c9e6679-7425-40de-944b-e07fc1f90ae7");
    mp_write_cstr(&w, "list");
    mp_write_array(&w, 17);
    for (int i = 0; i < 12; i++)
        mp_write_int(&w, -i * 100);
    mp_write_array(&w, 0);
    mp_write_map(&w, 0);
    mp_write_nil(&w);
    mp_write_double(&w, 0.5);
    mp_write_bool(&w, true);
    mp_write_cstr(&w, "set");
    mp_write_ext(&w, 2,
                 "\x92\xa1"
                 "a\xa1"
                 "b",
                 5);
    mp_write_bin(&w, "\xc1", 1); /* any value may be a key here; DynamoDB's rules are the item's */
    mp_write_map(&w, 1);
    mp_write_uint(&w, UINT64_MAX);
    mp_write_uint(&w, 65536);
    assert_true(mp_write_fits(&w));
    return w.need;
}

static void skip_takes_exactly_one_value(void **state)
{
    (void)state;
    uint8_t in[256];
    size_t n = sample(in, sizeof(in));
    in[n] = 0x01; /* another value after it */
    struct mp_cursor c = cursor_on(in, n + 1);
    assert_int_equal(mp_read_skip(&c), DDBS_OK);
    assert_ptr_equal(c.p, in + n);
    assert_int_equal(mp_read_skip(&c), DDBS_OK);
    assert_ptr_equal(c.p, c.end);
    assert_int_equal(mp_read_skip(&c), DDBS_E_PROTOCOL_ERROR);
}

static void every_truncation_is_refused(void **state)
{
    (void)state;
    uint8_t in[256];
    size_t n = sample(in, sizeof(in));
    for (size_t cut = 0; cut < n; cut++) {
        uint8_t *part = malloc(cut + (cut == 0)); /* exact size: the sanitizers detect a read past it */
        assert_non_null(part);
        memcpy(part, in, cut);
        struct mp_cursor c = cursor_on(part, cut);
        assert_int_equal(mp_read_skip(&c), DDBS_E_PROTOCOL_ERROR);
        assert_ptr_equal(c.p, part);
        free(part);
    }
}

static void exact_kinds(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t n;
        enum mp_type type;
    } values[] = {
        {BYTES("\xc0"), MP_NIL},         {BYTES("\xc3"), MP_BOOL},          {BYTES("\x05"), MP_UINT},
        {BYTES("\xff"), MP_INT},         {BYTES("\xca\0\0\0\0"), MP_FLOAT}, {BYTES("\xa1x"), MP_STR},
        {BYTES("\xc4\x01y"), MP_BIN},    {BYTES("\x91\x01"), MP_ARRAY},     {BYTES("\x81\x01\x02"), MP_MAP},
        {BYTES("\xd4\x01\x02"), MP_EXT},
    };
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        const struct mp_cursor start = cursor_on(values[i].bytes, values[i].n);
        uint32_t count = 99;
        uint64_t number = 99;
        bool truth = false;
        struct span bytes = {0};
        for (int reader = 0; reader < 6; reader++) {
            static const enum mp_type takes[] = {MP_ARRAY, MP_MAP, MP_UINT, MP_BOOL, MP_STR, MP_BIN};
            struct mp_cursor c = start;
            int err = reader == 0   ? mp_read_array(&c, &count)
                      : reader == 1 ? mp_read_map(&c, &count)
                      : reader == 2 ? mp_read_uint(&c, &number)
                      : reader == 3 ? mp_read_bool(&c, &truth)
                      : reader == 4 ? mp_read_str(&c, &bytes)
                                    : mp_read_bin(&c, &bytes);
            bool match = takes[reader] == values[i].type;
            assert_int_equal(err, match ? DDBS_OK : DDBS_E_PROTOCOL_ERROR);
            assert_true(match ? c.p > start.p : c.p == start.p);
        }
        bool container = values[i].type == MP_ARRAY || values[i].type == MP_MAP;
        assert_int_equal(count, container ? 1 : 99);
        assert_int_equal(number, values[i].type == MP_UINT ? 5 : 99);
        assert_int_equal(truth, values[i].type == MP_BOOL);
        bool text = values[i].type == MP_STR || values[i].type == MP_BIN;
        assert_int_equal(bytes.n, text ? 1 : 0);
        if (text)
            assert_int_equal(bytes.p[0], values[i].type == MP_STR ? 'x' : 'y');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers),
        cmocka_unit_test(simple_values),
        cmocka_unit_test(payloads),
        cmocka_unit_test(containers),
        cmocka_unit_test(every_first_byte_at_every_length),
        cmocka_unit_test(count_bombs_are_refused),
        cmocka_unit_test(skip_stops_at_the_depth_limit),
        cmocka_unit_test(skip_takes_exactly_one_value),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(exact_kinds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
