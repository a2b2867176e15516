/* test_json: structure, escapes, the size limit, failing allocations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/base/json.h"
#include "daemon/base/mem.h"

static void assert_text(const struct json_writer *w, const char *expect)
{
    assert_true(json_writer_ok(w));
    assert_int_equal(w->len, strlen(expect));
    assert_memory_equal(w->text, expect, w->len);
}

static void write_sample(struct json_writer *w)
{
    json_open_object(w, NULL);
    json_put_cstr(w, "a", "x");
    json_open_array(w, "b");
    json_put_u64(w, NULL, UINT64_MAX);
    json_put_i64(w, NULL, INT64_MIN);
    json_open_object(w, NULL);
    json_close_object(w);
    json_open_array(w, NULL);
    json_close_array(w);
    json_put_bool(w, NULL, true);
    json_close_array(w);
    json_open_object(w, "c");
    json_put_bool(w, "d", false);
    json_close_object(w);
    json_put_text(w, "e\"", NULL, 0);
    json_close_object(w);
}

static const char sample[] = "{\"a\":\"x\",\"b\":[18446744073709551615,-9223372036854775808,{},[],true],"
                             "\"c\":{\"d\":false},\"e\\\"\":\"\"}";

static void structure_has_its_commas(void **state)
{
    (void)state;
    struct json_writer w;
    json_writer_init(&w, 1000);
    write_sample(&w);
    assert_text(&w, sample);
    json_writer_fini(&w);
}

static void text_is_escaped(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        size_t n;
        const char *expect;
    } cases[] = {
        {"plain", 5, "plain"},
        {"\"\\/", 3, "\\\"\\\\/"},
        {"\b\t\n\f\r", 5, "\\b\\t\\n\\f\\r"},
        {"\0\x01\x0b\x1f\x7f", 5, "\\u0000\\u0001\\u000b\\u001f\x7f"},
        {"a\nb\nc", 5, "a\\nb\\nc"},
        {"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", 9, "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"},
        {"\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf", 10, "\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf"},
        {"a\x80z", 3, "a\xef\xbf\xbdz"},                                             /* a lone continuation byte */
        {"\xc3", 1, "\xef\xbf\xbd"},                                                 /* cut off */
        {"\xe2\x82", 2, "\xef\xbf\xbd\xef\xbf\xbd"},                                 /* cut off */
        {"\xc0\xaf", 2, "\xef\xbf\xbd\xef\xbf\xbd"},                                 /* overlong */
        {"\xe0\x9f\xbf", 3, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},                 /* overlong */
        {"\xed\xa0\x80", 3, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},                 /* a surrogate */
        {"\xf4\x90\x80\x80", 4, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"}, /* above U+10FFFF */
        {"\xff\"", 2, "\xef\xbf\xbd\\\""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct json_writer w;
        char expect[64] = "\"";
        size_t n = strlen(cases[i].expect);
        memcpy(expect + 1, cases[i].expect, n);
        memcpy(expect + 1 + n, "\"", 2);
        json_writer_init(&w, 1000);
        json_put_text(&w, NULL, cases[i].in, cases[i].n);
        assert_text(&w, expect);
        json_writer_fini(&w);
    }
}

static void every_maximum_holds(void **state)
{
    (void)state;
    for (size_t max = 0; max <= sizeof(sample); max++) {
        struct json_writer w;
        json_writer_init(&w, max);
        write_sample(&w);
        assert_true(w.len <= max && w.cap <= max);
        assert_int_equal(json_writer_ok(&w), max >= sizeof(sample) - 1);
        json_put_bool(&w, NULL, true);
        assert_false(json_writer_ok(&w));
        assert_true(w.len <= max);
        json_writer_fini(&w);
    }
}

static void write_long(struct json_writer *w)
{
    json_open_array(w, NULL);
    for (int i = 0; i < 500; i++)
        json_put_cstr(w, NULL, "0123456789");
    json_close_array(w);
}

static void growth_fails_for_good(void **state)
{
    (void)state;
    int64_t before = mem_live();
    struct json_writer w;
    uint64_t asked = mem_asked();
    json_writer_init(&w, 10000);
    write_long(&w);
    assert_true(json_writer_ok(&w));
    assert_int_equal(w.len, 500 * 13 + 1);
    json_writer_fini(&w);
    uint64_t needed = mem_asked() - asked;
    assert_true(needed > 1);
    for (uint64_t nth = 1; nth <= needed; nth++) {
        json_writer_init(&w, 10000);
        mem_fail_nth(nth);
        write_long(&w);
        assert_false(json_writer_ok(&w));
        json_writer_fini(&w);
        assert_int_equal(mem_live(), before);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(structure_has_its_commas),
        cmocka_unit_test(text_is_escaped),
        cmocka_unit_test(every_maximum_holds),
        cmocka_unit_test(growth_fails_for_good),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
