/* rig_assert: the rig for cmocka tests. Include it instead of rig.h.
 * Owner: none.
 */
#ifndef TESTS_LIB_RIG_ASSERT_H
#define TESTS_LIB_RIG_ASSERT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/lib/rig.h"

#define assert_heard(c, text) assert_string_equal(rig_heard(c), (text))
#define assert_jobs(r, text)  assert_string_equal(rig_jobs(r), (text))

#endif
