/* rig_script: scenarios of the rig as lines of text, so that a table of them reads as a plan.
 * Owner: none.
 *
 * A line is one or more steps with ", " between them, and is pumped at its end; "6x " before it plays it six times. A
 * step belongs to a connection (a..z) or to no one:
 *
 *     a opens [options]        connect, HELLO, and hear WELCOME
 *     a hello [options]        connect and send HELLO; options: table=T (orders), session=N (1), user=UID, discard
 *     a write SEQ COUNT KEY    rig_write            a put SEQ KEY PAD    rig_put
 *     a nokey SEQ              a put without a key  a noitem SEQ         a put of a number
 *     a flush TOKEN UPTO, a abort UPTO, a bye, a eof, a hangup
 *     a slow, a fast           the socket is full, or not any more
 *     a cut N                  the last N bytes are not sent
 *     a hears TEXT             all that the daemon said since the last such step; a star stands for any text
 *     a notices N              how many NOTICEs are among it
 *     a says TEXT              the text of the last NOTICE
 *     a has NAME N             failed, settled, upto, epoch, open; spare: at least so much credit is left
 *     a wrote SEQ              the record was reported as written
 *     jobs TEXT, out N         the jobs that are out (rig_jobs), how many
 *     done                     the oldest job went well
 *     fails OUTCOME [OPTION]   it did not; options: maybe (written), later (retry after 5 s), creating, TEXT (its
 * words) all OUTCOME              each job that is out ends so, also those that follow schema NAME              the
 * oldest job, a DescribeTable, is answered: a key of type S await                    time passes until a job is out
 *     finish                   rig_finish           pass MS              rig_advance
 *     written KEYS             all that the service took, in order, each with a blank behind it
 *     counts NAME N            accepted, failed, written, withdrawn, sessions
 *     idle                     the engine has no deadline
 */
#ifndef TESTS_LIB_RIG_SCRIPT_H
#define TESTS_LIB_RIG_SCRIPT_H

#include <stddef.h>

#include "tests/lib/rig_assert.h"

enum { SCRIPT_LINES = 32, SCRIPT_VARIANTS = 8, SCRIPT_SETTINGS = 4 };

struct rig_scenario {
    const char *name;
    const char *settings[SCRIPT_SETTINGS]; /* as rig_open's; the last is NULL */
    const char *lines[SCRIPT_LINES];       /* the last is NULL */
    /* If there are any, the scenario is played once for each: $1 and $2 in a line are the parts of the variant, which
     * has a '|' between them. */
    const char *each[SCRIPT_VARIANTS];
};

/* The scenarios as tests of cmocka, one each, then `tests`. Returns the number that failed. */
int rig_script_run(const struct rig_scenario *scenarios, size_t count, const struct CMUnitTest *tests,
                   size_t test_count);

#endif
