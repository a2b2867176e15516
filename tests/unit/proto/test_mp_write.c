/* test_mp_write: exact bytes of every form, at the boundaries between forms; measuring; never a byte past the end. */
#include "proto/mp_write.h"

#include <float.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/mp_read.h"

/* Compare what `w` holds with a C string of bytes. */
#define EXPECT(w, bytes) expect_bytes((w), (bytes), sizeof(bytes) - 1)

static void expect_bytes(const struct mp_writer *w, const char *bytes, size_t n)
{
    assert_true(mp_write_fits(w));
    assert_int_equal(w->need, n);
    assert_memory_equal(w->out, bytes, n);
}

static void integers_take_the_shortest_form(void **state)
{
    (void)state;
    static const struct {
        int64_t v;
        const char *bytes;
        size_t n;
    } cases[] = {
        {0, "\x00", 1},
        {1, "\x01", 1},
        {127, "\x7f", 1},
        {128, "\xcc\x80", 2},
        {255, "\xcc\xff", 2},
        {256, "\xcd\x01\x00", 3},
        {65535, "\xcd\xff\xff", 3},
        {65536, "\xce\x00\x01\x00\x00", 5},
        {UINT32_MAX, "\xce\xff\xff\xff\xff", 5},
        {(int64_t)UINT32_MAX + 1, "\xcf\x00\x00\x00\x01\x00\x00\x00\x00", 9},
        {INT64_MAX, "\xcf\x7f\xff\xff\xff\xff\xff\xff\xff", 9},
        {-1, "\xff", 1},
        {-32, "\xe0", 1},
        {-33, "\xd0\xdf", 2},
        {-128, "\xd0\x80", 2},
        {-129, "\xd1\xff\x7f", 3},
        {-32768, "\xd1\x80\x00", 3},
        {-32769, "\xd2\xff\xff\x7f\xff", 5},
        {INT32_MIN, "\xd2\x80\x00\x00\x00", 5},
        {(int64_t)INT32_MIN - 1, "\xd3\xff\xff\xff\xff\x7f\xff\xff\xff", 9},
        {INT64_MIN, "\xd3\x80\x00\x00\x00\x00\x00\x00\x00", 9},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t out[16];
        struct mp_writer w = mp_write_open(out, sizeof(out));
        mp_write_int(&w, cases[i].v);
        expect_bytes(&w, cases[i].bytes, cases[i].n);
        if (cases[i].v < 0)
            continue;
        w = mp_write_open(out, sizeof(out));
        mp_write_uint(&w, (uint64_t)cases[i].v);
        expect_bytes(&w, cases[i].bytes, cases[i].n);
    }
    uint8_t out[16];
    struct mp_writer w = mp_write_open(out, sizeof(out));
    mp_write_uint(&w, UINT64_MAX);
    EXPECT(&w, "\xcf\xff\xff\xff\xff\xff\xff\xff\xff");
}

static void simple_values(void **state)
{
    (void)state;
    uint8_t out[64];
    struct mp_writer w = mp_write_open(out, sizeof(out));
    mp_write_nil(&w);
    mp_write_bool(&w, false);
    mp_write_bool(&w, true);
    mp_write_double(&w, 1.5);
    mp_write_double(&w, -0.0);
    mp_write_raw(&w, "\x92\x01\x02", 3);
    mp_write_cstr(&w, "ab");
    mp_write_cstr(&w, "");
    EXPECT(&w, "\xc0\xc2\xc3"
               "\xcb\x3f\xf8\x00\x00\x00\x00\x00\x00"
               "\xcb\x80\x00\x00\x00\x00\x00\x00\x00"
               "\x92\x01\x02"
               "\xa2"
               "ab"
               "\xa0");
}

enum kind { STR, BIN, EXT, ARRAY, MAP };

static void put_kind(struct mp_writer *w, enum kind kind, const void *p, uint32_t n)
{
    switch (kind) {
    case STR:
        mp_write_str(w, p, n);
        break;
    case BIN:
        mp_write_bin(w, p, n);
        break;
    case EXT:
        mp_write_ext(w, -2, p, n);
        break;
    case ARRAY:
        mp_write_array(w, n);
        break;
    case MAP:
        mp_write_map(w, n);
        break;
    }
}

static void heads_at_the_edges_between_forms(void **state)
{
    (void)state;
    static const struct {
        enum kind kind;
        uint32_t n;
        const char *head;
        size_t head_len;
    } cases[] = {
        {STR, 0, "\xa0", 1},
        {STR, 31, "\xbf", 1},
        {STR, 32, "\xd9\x20", 2},
        {STR, 255, "\xd9\xff", 2},
        {STR, 256, "\xda\x01\x00", 3},
        {STR, 65535, "\xda\xff\xff", 3},
        {STR, 65536, "\xdb\x00\x01\x00\x00", 5},
        {BIN, 0, "\xc4\x00", 2},
        {BIN, 255, "\xc4\xff", 2},
        {BIN, 256, "\xc5\x01\x00", 3},
        {BIN, 65535, "\xc5\xff\xff", 3},
        {BIN, 65536, "\xc6\x00\x01\x00\x00", 5},
        {EXT, 0, "\xc7\x00\xfe", 3},
        {EXT, 1, "\xd4\xfe", 2},
        {EXT, 2, "\xd5\xfe", 2},
        {EXT, 3, "\xc7\x03\xfe", 3},
        {EXT, 4, "\xd6\xfe", 2},
        {EXT, 8, "\xd7\xfe", 2},
        {EXT, 16, "\xd8\xfe", 2},
        {EXT, 17, "\xc7\x11\xfe", 3},
        {EXT, 32, "\xc7\x20\xfe", 3},
        {EXT, 256, "\xc8\x01\x00\xfe", 4},
        {EXT, 65536, "\xc9\x00\x01\x00\x00\xfe", 6},
        {ARRAY, 0, "\x90", 1},
        {ARRAY, 15, "\x9f", 1},
        {ARRAY, 16, "\xdc\x00\x10", 3},
        {ARRAY, 65535, "\xdc\xff\xff", 3},
        {ARRAY, 65536, "\xdd\x00\x01\x00\x00", 5},
        {MAP, 0, "\x80", 1},
        {MAP, 15, "\x8f", 1},
        {MAP, 16, "\xde\x00\x10", 3},
        {MAP, 65535, "\xde\xff\xff", 3},
        {MAP, UINT32_MAX, "\xdf\xff\xff\xff\xff", 5},
    };
    static uint8_t payload[65536];
    static uint8_t out[65536 + 16];
    memset(payload, 'x', sizeof(payload));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct mp_writer w = mp_write_open(out, sizeof(out));
        put_kind(&w, cases[i].kind, payload, cases[i].n);
        size_t behind = cases[i].kind >= ARRAY ? 0 : cases[i].n;
        assert_int_equal(w.need, cases[i].head_len + behind);
        assert_memory_equal(out, cases[i].head, cases[i].head_len);
        assert_memory_equal(out + cases[i].head_len, payload, behind);
    }
}

/* Write one token of every type. */
static void put_all(struct mp_writer *w)
{
    mp_write_array(w, 20);
    mp_write_map(w, 300);
    mp_write_uint(w, 1);
    mp_write_uint(w, 200);
    mp_write_uint(w, 2000);
    mp_write_uint(w, 200000);
    mp_write_uint(w, UINT64_MAX);
    mp_write_int(w, -200);
    mp_write_bool(w, true);
    mp_write_nil(w);
    mp_write_double(w, 3.25);
    mp_write_cstr(w, "a string of more than thirty-one bytes");
    mp_write_bin(w, "\0\1\2", 3);
    mp_write_ext(w, 1, "12345", 5);
    mp_write_raw(w, "\x91\xc0", 2);
}

static void measuring_agrees_with_writing(void **state)
{
    (void)state;
    uint8_t out[256];
    struct mp_writer measure = mp_write_open(NULL, 0);
    struct mp_writer w = mp_write_open(out, sizeof(out));
    put_all(&measure);
    put_all(&w);
    assert_true(mp_write_fits(&w));
    assert_false(mp_write_fits(&measure));
    assert_int_equal(measure.need, w.need);
}

static void too_small_touches_nothing_past_the_end(void **state)
{
    (void)state;
    uint8_t whole[256];
    struct mp_writer w = mp_write_open(whole, sizeof(whole));
    put_all(&w);
    size_t need = w.need;
    for (size_t cap = 0; cap < need; cap++) {
        uint8_t *out = malloc(cap + 1); /* the sanitizers watch its end; the canary works without them */
        assert_non_null(out);
        memset(out, 0xa5, cap + 1);
        w = mp_write_open(out, cap);
        put_all(&w);
        assert_false(mp_write_fits(&w));
        assert_int_equal(w.need, need);
        assert_int_equal(out[cap], 0xa5);
        size_t same = 0;
        while (same < cap && out[same] == whole[same])
            same++;
        for (size_t i = same; i < cap; i++)
            assert_int_equal(out[i], 0xa5); /* a token is stored whole or not at all */
        free(out);
    }
    w = mp_write_open(whole, need);
    put_all(&w);
    assert_true(mp_write_fits(&w)); /* an exact fit is enough */
}

static void doubles_come_back_bit_for_bit(void **state)
{
    (void)state;
    static const double cases[] = {0.0, -0.0, 0.1, 1e300, DBL_MIN, DBL_MAX, -DBL_TRUE_MIN};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t out[9];
        struct mp_writer w = mp_write_open(out, sizeof(out));
        mp_write_double(&w, cases[i]);
        struct mp_cursor c = mp_read_open(span_of(out, w.need));
        struct mp_token t;
        assert_int_equal(mp_read_next(&c, &t), 0);
        assert_int_equal(t.type, MP_FLOAT);
        assert_false(t.single);
        assert_memory_equal(&t.f64, &cases[i], sizeof(double));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_take_the_shortest_form),        cmocka_unit_test(simple_values),
        cmocka_unit_test(heads_at_the_edges_between_forms),       cmocka_unit_test(measuring_agrees_with_writing),
        cmocka_unit_test(too_small_touches_nothing_past_the_end), cmocka_unit_test(doubles_come_back_bit_for_bit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
