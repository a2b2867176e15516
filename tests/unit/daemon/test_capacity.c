/* test_capacity: what the lanes need is reserved first; clients share the rest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/capacity.h"
#include "proto/err.h"

static void clients_get_what_the_lanes_leave(void **state)
{
    (void)state;
    static const struct {
        uint64_t files, lanes, max_in_flight, clients;
        uint32_t lane_transfers;
    } CASES[] = {
        {1 << 20, 1, 256, 4096, 258},
        {UINT64_MAX, 1, 256, 4096, 258},
        {1024, 1, 256, 1024 - 128 - 2 * 258, 258},
        {128 + 2 * 258 + 32, 1, 256, 32, 258},
        {1 << 20, 4, 255, 4096, 66},
        {1 << 20, 1, 8192, 4096, 1024},
        {1 << 20, 64, 1, 4096, 3},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct config c;
        struct capacity got;
        char errmsg[CONFIG_ERRMSG] = "";
        config_init(&c);
        c.lanes = CASES[i].lanes;
        c.max_in_flight = CASES[i].max_in_flight;
        assert_int_equal(capacity_share(&c, CASES[i].files, &got, errmsg), DDBS_OK);
        assert_int_equal(got.clients, CASES[i].clients);
        assert_int_equal(got.lane_transfers, CASES[i].lane_transfers);
        config_fini(&c);
    }
}

static void too_few_files_are_refused_with_a_remedy(void **state)
{
    (void)state;
    struct config c;
    struct capacity got;
    char errmsg[CONFIG_ERRMSG] = "";
    config_init(&c);
    assert_int_equal(capacity_share(&c, 128 + 2 * 258 + 31, &got, errmsg), DDBS_E_BAD_CONFIG);
    assert_non_null(strstr(errmsg, "is 675"));
    assert_non_null(strstr(errmsg, "1 lane with"));
    assert_non_null(strstr(errmsg, "need 676"));
    assert_non_null(strstr(errmsg, "LimitNOFILE"));
    config_fini(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clients_get_what_the_lanes_leave),
        cmocka_unit_test(too_few_files_are_refused_with_a_remedy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
