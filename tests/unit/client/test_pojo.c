/* test_pojo: exact texts, the same pojos from the same seed, no duplicates, and sizes that add up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/c/examples/pojo.h"

static void test_text(void **state)
{
    static const struct pojo pojo = {{0x0123456789ab4def, 0x8123456789abcdef},
                                     {0xfedcba9876544210, 0xbedcba9876543210}};
    static const char id[] = "primaryKey-01234567-89ab-4def-8123-456789abcdef";
    static const char join[] = "join-fedcba98-7654-4210-bedc-ba9876543210";
    static const char line[] = "{\"pojoId\":\"primaryKey-01234567-89ab-4def-8123-456789abcdef\","
                               "\"joinValue\":\"join-fedcba98-7654-4210-bedc-ba9876543210\"}\n";
    char text[POJO_LINE_SIZE];
    (void)state;
    assert_int_equal(sizeof id - 1, POJO_ID_SIZE);
    assert_int_equal(sizeof join - 1, POJO_JOIN_SIZE);
    assert_int_equal(sizeof line - 1, POJO_LINE_SIZE);
    pojo_id_text(&pojo, text);
    assert_memory_equal(text, id, POJO_ID_SIZE);
    pojo_join_text(&pojo, text);
    assert_memory_equal(text, join, POJO_JOIN_SIZE);
    pojo_line_text(&pojo, text);
    assert_memory_equal(text, line, POJO_LINE_SIZE);
}

static void test_seed(void **state)
{
    struct pojo_maker a, b;
    struct pojo x, y;
    (void)state;
    pojo_maker_init(&a, 7, 3);
    pojo_maker_init(&b, 7, 3);
    pojo_make(&a, &x);
    pojo_make(&b, &y);
    assert_memory_equal(&x, &y, sizeof x);
    pojo_maker_init(&b, 7, 4);
    pojo_make(&b, &y);
    assert_true(memcmp(&x, &y, sizeof x) != 0);
    pojo_maker_init(&b, 8, 3);
    pojo_make(&b, &y);
    assert_true(memcmp(&x, &y, sizeof x) != 0);
}

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, 16);
}

/* Version and variant of every UUID are right, and all partitions of a run together have no duplicates. */
static void test_unique(void **state)
{
    enum { PARTITIONS = 40, EACH = 500, COUNT = PARTITIONS * EACH * 2 };
    static uint64_t uuids[COUNT][2];
    size_t n = 0;
    (void)state;
    for (uint32_t p = 0; p < PARTITIONS; p++) {
        struct pojo_maker maker;
        pojo_maker_init(&maker, 1, p);
        for (int i = 0; i < EACH; i++) {
            struct pojo pojo;
            pojo_make(&maker, &pojo);
            memcpy(uuids[n++], pojo.id, 16);
            memcpy(uuids[n++], pojo.join, 16);
        }
    }
    qsort(uuids, COUNT, sizeof uuids[0], compare);
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(uuids[i][0] >> 12 & 15, 4);
        assert_int_equal(uuids[i][1] >> 62, 2);
        assert_true(i == 0 || compare(uuids[i - 1], uuids[i]) != 0);
    }
}

static void test_sizes(void **state)
{
    static const struct {
        uint64_t records;
        uint32_t partitions;
    } cases[] = {{0, 1}, {0, 7}, {1, 1}, {1, 16}, {100000, 16}, {999983, 97}, {1000000000, 99999}};
    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        uint64_t sum = 0;
        for (uint32_t p = 0; p < cases[c].partitions; p++)
            sum += pojo_partition_size(cases[c].records, cases[c].partitions, p);
        assert_int_equal(sum, cases[c].records);
    }
    assert_int_equal(pojo_partition_size(15000, 5, 0), 1000);
    assert_int_equal(pojo_partition_size(15000, 5, 3), 5000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_seed),
        cmocka_unit_test(test_unique),
        cmocka_unit_test(test_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
