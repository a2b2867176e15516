/* test_json_text: each byte's escape at each position of a block, exact lengths, and no access outside the buffers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "proto/json_text.h"

/* Reference escape of one byte, from the RFC's list. */
static size_t slow_escape(char *out, uint8_t byte)
{
    static const char bytes[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
    const char *at = byte == 0 ? NULL : strchr(bytes, byte);
    if (at != NULL)
        return (size_t)snprintf(out, 3, "\\%c", letters[at - bytes]);
    if (byte < 0x20)
        return (size_t)snprintf(out, 7, "\\u%04x", byte);
    out[0] = (char)byte;
    return 1;
}

/* Scan and write text at the very end of its memory, into memory of exactly the right size. */
static void check_text(const uint8_t *text, size_t n)
{
    uint8_t *exact = malloc(n + 1);
    memcpy(exact + 1, text, n);
    char *want = malloc(6 * n + 8);
    size_t len = 0;
    for (size_t i = 0; i < n; i++)
        len += slow_escape(want + len, text[i]);

    uint32_t extra = 99;
    assert_true(json_text_scan(exact + 1, n, exact + 1 + n, &extra));
    assert_int_equal(n + extra, len);
    char *out = malloc(len + 1);
    out[len] = '#';
    assert_ptr_equal(json_text_put(out, exact + 1, n, exact + 1 + n), out + len);
    assert_memory_equal(out, want, len);
    assert_int_equal(out[len], '#');
    free(out);
    free(want);
    free(exact);
}

static void every_byte_at_every_place(void **state)
{
    (void)state;
    for (size_t n = 1; n < 40; n++) {
        for (size_t at = 0; at < n; at++) {
            uint8_t text[40];
            for (unsigned byte = 0; byte<0x80; byte += byte> 0x24 && byte < 0x50 ? 16 : 1) {
                memset(text, 'a', n);
                text[at] = (uint8_t)byte;
                check_text(text, n);
            }
        }
    }
    check_text((const uint8_t *)"", 0);
}

static void many_escapes_and_wide_characters(void **state)
{
    (void)state;
    uint8_t text[400];
    uint32_t seed = 3;
    for (int round = 0; round < 2000; round++) {
        size_t n = 0;
        size_t max = (size_t)round % 300;
        while (n < max) {
            seed = seed * 1664525u + 1013904223u;
            switch (seed >> 28) {
            case 0:
            case 1:
                text[n++] = (uint8_t)(seed >> 20 & 31);
                break;
            case 2:
                text[n++] = '"';
                break;
            case 3:
                memcpy(text + n, "\xe6\x97\xa5", 3);
                n += 3;
                break;
            default:
                text[n++] = 'x';
            }
        }
        check_text(text, n);
    }
}

static void refuses_broken_utf8_anywhere(void **state)
{
    (void)state;
    for (size_t n = 1; n < 70; n++) {
        for (size_t at = 0; at < n; at++) {
            uint8_t text[70];
            memset(text, 'a', sizeof text);
            text[at] = 0xc3;
            uint32_t extra = 99;
            assert_false(json_text_scan(text, n, text + n, &extra));
            assert_false(json_text_scan(text, n, text + sizeof text, &extra));
            assert_int_equal(extra, 99);
        }
    }
}

/* A short text may be read as a whole block: the bytes after it must not matter. */
static void ignores_what_follows(void **state)
{
    (void)state;
    uint8_t text[32];
    for (size_t n = 0; n < 16; n++) {
        memset(text, 0xff, sizeof text);
        memset(text, 'a', n);
        memset(text + n, '"', 1);
        uint32_t extra = 99;
        assert_true(json_text_scan(text, n, text + sizeof text, &extra));
        assert_int_equal(extra, 0);
        char out[32] = {0};
        assert_ptr_equal(json_text_put(out, text, n, text + sizeof text), out + n);
        assert_int_equal(out[n], 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_byte_at_every_place),
        cmocka_unit_test(many_escapes_and_wide_characters),
        cmocka_unit_test(refuses_broken_utf8_anywhere),
        cmocka_unit_test(ignores_what_follows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
