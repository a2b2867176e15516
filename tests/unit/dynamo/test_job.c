/* test_job: every outcome and operation has its name. */
#include "daemon/dynamo/job.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void every_outcome_has_its_own_name(void **state)
{
    (void)state;
    assert_string_equal(job_outcome_name(JOB_DONE), "done");
    assert_string_equal(job_outcome_name(JOB_KEY_SCHEMA), "key_schema");
    assert_string_equal(job_outcome_name(JOB_TABLE_UNUSABLE), "table_unusable");
    for (int i = 0; i < JOB_OUTCOME_COUNT_; i++) {
        for (int k = 0; k < i; k++)
            assert_string_not_equal(job_outcome_name((enum job_outcome)k), job_outcome_name((enum job_outcome)i));
    }
}

static void operations_are_the_services(void **state)
{
    (void)state;
    assert_string_equal(job_operation(JOB_WRITE), "BatchWriteItem");
    assert_string_equal(job_operation(JOB_DESCRIBE), "DescribeTable");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_outcome_has_its_own_name),
        cmocka_unit_test(operations_are_the_services),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
