/* test_be: the first byte is the highest, at any address. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/be.h"

static void the_first_byte_is_the_highest(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {0, 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0xff};
    uint8_t out[sizeof bytes] = {0};
    assert_int_equal(be_load16(bytes + 1), 0x0123);
    assert_int_equal(be_load32(bytes + 1), 0x01234567);
    assert_true(be_load64(bytes + 1) == 0x0123456789abcdefu);
    be_store64(out + 1, 0x0123456789abcdefu);
    assert_memory_equal(out + 1, bytes + 1, 8);
    be_store32(out + 1, 0x89abcdefu);
    assert_memory_equal(out + 1, bytes + 5, 4);
    be_store16(out + 1, 0x4567);
    assert_memory_equal(out + 1, bytes + 3, 2);
    assert_int_equal(out[0], 0);
    assert_int_equal(out[9], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_byte_is_the_highest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
