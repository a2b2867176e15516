/* test_item_set: what a set may contain, for every type of set.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "proto/err.h"
#include "proto/item/item_check.h"
#include "tests/unit/item/item_text.h"

static uint8_t buffer[ITEM_TEXT_MAX];
static char errmsg[ITEM_ERRMSG];

static int check(const char *notation)
{
    struct mp_cursor c = mp_read_open(item_text(buffer, notation));
    struct item_info info;
    return item_check(&c, NULL, false, &info, errmsg);
}

static void accepts_sets(void **state)
{
    (void)state;
    static const char *const items[] = {
        "{'a':ss['x']}",           "{'a':ss['','x']}",
        "{'a':ss['x','X','xx']}",  "{'a':ns[0]}",
        "{'a':ns[1,-1,10,0.1]}",   "{'a':ns[n'1',n'2',3.5f]}",
        "{'a':bs[x'']}",           "{'a':bs[x'00',x'0000',x'01']}",
        "{'a':[ss['x'],ss['x']]}",
    };
    for (size_t i = 0; i < sizeof items / sizeof items[0]; i++) {
        if (check(items[i]) != DDBS_OK)
            fail_msg("%s: %s", items[i], errmsg);
    }
}

static void refuses_with_a_sentence(void **state)
{
    (void)state;
    static const struct {
        const char *item;
        const char *says;
    } cases[] = {
        {"{'a':ss[]}", "the string set (SS) is empty; DynamoDB stores no empty sets"},
        {"{'a':ns[]}", "the number set (NS) is empty"},
        {"{'a':bs[]}", "the binary set (BS) is empty"},
        {"{'a':ss['x',x'00']}", "member 1 of the string set (SS) is binary (B); only strings are allowed"},
        {"{'a':ns['1']}", "member 0 of the number set (NS) is a string (S); only numbers are allowed"},
        {"{'a':bs[1]}", "member 0 of the binary set (BS) is a number (N); only binary values are allowed"},
        {"{'a':ss[['x']]}", "member 0 of the string set (SS) is a list (L)"},
        {"{'a':ss['x\\xff']}", "a member of the string set (SS) is not valid UTF-8"},
        {"{'a':ns[n'x']}", "in the number set (NS), the text is not a decimal number"},
        {"{'a':ns[1e300]}", "in the number set (NS), the number is too large"},
        {"{'a':ss['x','y','x']}", "the string set (SS) holds a value twice"},
        {"{'a':bs[x'00',x'00']}", "the binary set (BS) holds a value twice"},
        {"{'a':ns[1,n'10e-1']}", "the number set (NS) holds a value twice (1 and 1.0 are equal)"},
        {"{'a':ns[0,n'-0.0']}", "the number set (NS) holds a value twice"},
        {"{'a':ns[0.1f,0.1]}", "the number set (NS) holds a value twice"},
        {"{'a':e2'a178'}", "a string set (SS) (ext 2) must hold one msgpack array"},
        {"{'a':e3''}", "a number set (NS) (ext 3) must hold one msgpack array"},
        {"{'a':e4'92c400'}", "the binary set (BS) ends inside a member"},
        {"{'a':e2'91a17800'}", "the string set (SS) has bytes behind its array"},
        {"{'a':e2'dd7fffffff'}", "must hold one msgpack array"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(check(cases[i].item), DDBS_E_INVALID_ITEM);
        if (strstr(errmsg, cases[i].says) == NULL)
            fail_msg("%s says: %s", cases[i].item, errmsg);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_sets),
        cmocka_unit_test(refuses_with_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
