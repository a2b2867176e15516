/* verb_answer: shared by the tests of verbs: the JSON with which a verb was answered.
 * Owner: the caller frees what verb_answer returns. Every helper is inline, so that a test need not use all of them.
 */
#ifndef TESTS_ENGINE_VERB_ANSWER_H
#define TESTS_ENGINE_VERB_ANSWER_H

#include <jansson.h>

#include "tests/lib/rig_assert.h"

/* The last answer that c received. Fails the test if it is not JSON. */
static inline json_t *verb_answer(struct rig_conn *c)
{
    json_error_t err;
    json_t *v = json_loadb(c->payload, c->payload_len, JSON_REJECT_DUPLICATES, &err);
    if (v == NULL)
        fail_msg("%s at %d: %s", err.text, err.position, c->payload);
    return v;
}

/* The integer member of an object. Fails the test if there is none. */
static inline uint64_t verb_number(const json_t *object, const char *name)
{
    const json_t *v = json_object_get(object, name);
    assert_true(json_is_integer(v));
    return (uint64_t)json_integer_value(v);
}

#endif
