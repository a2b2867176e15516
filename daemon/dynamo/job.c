/* job: the names of outcomes and operations. See job.h. */
#include "daemon/dynamo/job.h"

#include <assert.h>

const char *job_outcome_name(enum job_outcome o)
{
    static const char *const names[] = {
#define X(NAME, text) text,
        JOB_OUTCOMES(X)
#undef X
    };
    assert((unsigned)o < JOB_OUTCOME_COUNT_);
    return names[o];
}

const char *job_operation(enum job_kind k)
{
    return k == JOB_WRITE ? "BatchWriteItem" : "DescribeTable";
}
