/* test_base64: RFC 4648's vectors, every length around the block sizes, and nothing written past the end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "proto/base64.h"

static void rfc_vectors(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char out[16] = {0};
        size_t n = strlen(cases[i][0]);
        assert_ptr_equal(base64_put(out, (const uint8_t *)cases[i][0], n), out + base64_len(n));
        assert_string_equal(out, cases[i][1]);
        uint8_t back[8];
        size_t len;
        assert_true(base64_read(span_of(out, strlen(out)), back, n, &len));
        assert_int_equal(len, n);
        assert_memory_equal(back, cases[i][0], n);
    }
}

static void what_is_no_base64_is_refused(void **state)
{
    (void)state;
    static const char *const cases[] = {"Z", "Zg=", "Zm9vY", "Zm9v Zg=", "Zg=a", "====", "Z===", "Zm9-", "Zm9v\nZg="};
    uint8_t out[16];
    size_t len;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (base64_read(span_of(cases[i], strlen(cases[i])), out, sizeof out, &len))
            fail_msg("case %zu", i);
    }
    assert_false(base64_read(span_of("Zm9v", 4), out, 2, &len));
}

/* Reference: bit by bit, from the definition. */
static void slow_put(char *out, const uint8_t *p, size_t n)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < base64_len(n); i++) {
        unsigned sextet = 0;
        for (size_t bit = 6 * i; bit < 6 * i + 6; bit++)
            sextet = sextet << 1 | (bit / 8 < n ? p[bit / 8] >> (7 - bit % 8) & 1u : 0);
        out[i] = 6 * i >= 8 * n ? '=' : letters[sextet];
    }
}

static void every_length_and_letter(void **state)
{
    (void)state;
    uint8_t bytes[300];
    uint32_t seed = 7;
    for (size_t i = 0; i < sizeof bytes; i++) {
        seed = seed * 1664525u + 1013904223u;
        bytes[i] = (uint8_t)(seed >> 24);
    }
    for (size_t n = 0; n <= sizeof bytes; n++) {
        char out[420], want[420];
        memset(out, '#', sizeof out);
        slow_put(want, bytes, n);
        size_t len = base64_len(n);
        assert_ptr_equal(base64_put(out, bytes, n), out + len);
        assert_memory_equal(out, want, len);
        assert_int_equal(out[len], '#');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rfc_vectors),
        cmocka_unit_test(what_is_no_base64_is_refused),
        cmocka_unit_test(every_length_and_letter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
