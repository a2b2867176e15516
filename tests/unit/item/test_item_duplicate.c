/* test_item_duplicate: two equal members are found wherever they are, in containers of every size, and only then.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "proto/item/item.h"
#include "proto/item/item_duplicate.h"
#include "proto/mp_write.h"

static uint8_t buffer[4 << 20];

/* Write member i; `dup` changes only its spelling, not its value. */
static void put_member(struct mp_writer *w, enum item_members kind, uint32_t i, bool dup)
{
    char text[32];
    int n = snprintf(text, sizeof text, "%u", i);
    switch (kind) {
    case MEMBERS_NAMES:
        mp_write_str(w, text, (size_t)n);
        mp_write_array(w, 2);
        mp_write_uint(w, i);
        mp_write_map(w, 0);
        return;
    case MEMBERS_STRINGS:
        mp_write_str(w, text, (size_t)n);
        return;
    case MEMBERS_BINARIES:
        mp_write_bin(w, &i, 4);
        return;
    case MEMBERS_NUMBERS:
        n = snprintf(text, sizeof text, "%u.0", i);
        if (dup)
            mp_write_ext(w, EXT_NUMBER, text, (size_t)n);
        else
            mp_write_uint(w, i);
        return;
    }
}

/* Members 0 .. count-1, where `second` repeats the value of `first` (unless they are the same). */
static struct mp_cursor members(enum item_members kind, uint32_t count, uint32_t first, uint32_t second)
{
    struct mp_writer w = mp_write_open(buffer, sizeof buffer);
    for (uint32_t i = 0; i < count; i++)
        put_member(&w, kind, i == second ? first : i, i == second && first != second);
    assert_true(mp_write_fits(&w));
    return mp_read_open(span_of(buffer, w.need));
}

static void finds_them_wherever_they_stand(void **state)
{
    (void)state;
    static const uint32_t counts[] = {2, 3, 255, 256, 257, 5000, 32768, 32769, 100000};
    for (int kind = MEMBERS_NAMES; kind <= MEMBERS_NUMBERS; kind++) {
        for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
            uint32_t n = counts[i];
            const uint32_t pairs[][2] = {{0, n - 1}, {0, 1}, {n - 2, n - 1}, {n / 4, n * 3 / 4}};
            struct mp_cursor duplicate = {.p = NULL};
            assert_false(
                item_duplicate_find(members((enum item_members)kind, n, 0, 0), n, (enum item_members)kind, &duplicate));
            assert_null(duplicate.p);
            for (size_t j = 0; j < sizeof pairs / sizeof pairs[0]; j++) {
                struct mp_cursor c = members((enum item_members)kind, n, pairs[j][0], pairs[j][1]);
                assert_true(item_duplicate_find(c, n, (enum item_members)kind, &duplicate));
                assert_true(duplicate.p > c.p && duplicate.p < c.end);
            }
        }
    }
}

static void none_and_one_have_no_duplicate(void **state)
{
    (void)state;
    struct mp_cursor duplicate;
    assert_false(item_duplicate_find(members(MEMBERS_STRINGS, 0, 0, 0), 0, MEMBERS_STRINGS, &duplicate));
    assert_false(item_duplicate_find(members(MEMBERS_STRINGS, 1, 0, 0), 1, MEMBERS_STRINGS, &duplicate));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_them_wherever_they_stand),
        cmocka_unit_test(none_and_one_have_no_duplicate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
