/* classify: shared by the tests of response*.c: a job of three items, answers, and their classification.
 * Owner: the caller. Every helper is inline, so that a test need not use all of them.
 */
#ifndef TESTS_DYNAMO_CLASSIFY_H
#define TESTS_DYNAMO_CLASSIFY_H

#include <stdio.h>

#include "daemon/dynamo/response.h"
#include "tests/unit/dynamo/job_make.h"

static const struct job describe_job = {.kind = JOB_DESCRIBE, .table = "T"};

/* A put of "a", a delete of "b", a put of "c" to table T with the string key k. */
static inline struct job_made *abc(void)
{
    static struct job_made m;
    static const struct attr a[] = {ATTR_S("k", "a"), ATTR_I("x", 1)}, b[] = {ATTR_S("k", "b")},
                             c[] = {ATTR_S("k", "c")};
    job_begin(&m, "T");
    job_key(&m, "k", 'S');
    job_add(&m, OP_PUT, a, 2);
    job_add(&m, OP_DELETE, b, 1);
    job_add(&m, OP_PUT, c, 1);
    return &m;
}

static inline struct response answer(int status, const char *body)
{
    return (struct response){.transport = TRANSPORT_OK, .status = status, .body = span_of(body, strlen(body))};
}

/* Classify into a result that held other data before. */
static inline struct job_result classified(const struct job *job, const struct response *r)
{
    struct job_result result;
    memset(&result, 0xa5, sizeof result);
    response_classify(job, r, &result);
    return result;
}

static inline struct job_result classify(const struct job *job, int status, const char *body)
{
    struct response r = answer(status, body);
    return classified(job, &r);
}

static inline void assert_broken(const struct job *job, const char *body, const char *says)
{
    struct job_result got = classify(job, 200, body);
    if (got.outcome != JOB_TRANSIENT || strstr(got.text, says) == NULL)
        fail_msg("%s: %s \"%s\", wanted \"%s\"", body, job_outcome_name(got.outcome), got.text, says);
    assert_int_equal(got.maybe_written, job->kind == JOB_WRITE);
    for (size_t i = 0; i < JOB_ITEMS_MAX; i++)
        assert_false(got.unprocessed[i]);
}

#endif
