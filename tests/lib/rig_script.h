/* rig_script: scenarios of the rig as lines of text, so that a table of them reads as a plan.
 * Owner: none.
 *
 * A line is one or more steps separated by ", ". The rig is pumped at the end of the line. "6x " in front repeats the
 * line six times. A step belongs to a connection (a..z) or stands alone:
 *
 *     a opens [options]        connect, send HELLO, and expect WELCOME
 *     a hello [options]        connect and send HELLO; options: table=T (orders), session=N (1), user=UID, discard
 *     a write SEQ COUNT KEY    rig_write            a put SEQ KEY PAD    rig_put
 *     a nokey SEQ              a put without a key  a noitem SEQ         a put of a number
 *     a flush TOKEN UPTO, a abort UPTO, a bye, a eof, a hangup
 *     a slow, a fast           the socket is full; it is not full any more
 *     a cut N                  the last N bytes are not sent
 *     a hears TEXT             exactly what the daemon sent since the last such step; a star matches any text
 *     a notices N              the number of NOTICEs in that
 *     a says TEXT              the message text of the last NOTICE
 *     a has NAME N             failed, settled, upto, epoch, open; spare: at least N of credit is left
 *     a wrote SEQ              the record was reported as written
 *     jobs TEXT, out N         the jobs in flight (rig_jobs); their number
 *     done                     the oldest job succeeds
 *     fails OUTCOME [OPTION]   the oldest job fails; options: maybe (written), later (retry after 5 s), creating, or
 *                              TEXT (the service's message)
 *     all OUTCOME              every job in flight ends with OUTCOME, and so do the jobs that follow
 *     schema NAME              the oldest job, a DescribeTable, is answered: a key NAME of type S
 *     await                    time passes until a job is in flight
 *     finish                   rig_finish           pass MS              rig_advance
 *     written KEYS             all keys that the service stored, in order, each followed by a blank
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
    const char *settings[SCRIPT_SETTINGS]; /* as for rig_open; the last is NULL */
    const char *lines[SCRIPT_LINES];       /* the last is NULL */
    /* If not empty, the scenario is played once for each variant: $1 and $2 in a line stand for the two parts of the
     * variant, which are separated by '|'. */
    const char *each[SCRIPT_VARIANTS];
};

/* Run the scenarios as cmocka tests, one each, then `tests`. Returns the number of failed tests. */
int rig_script_run(const struct rig_scenario *scenarios, size_t count, const struct CMUnitTest *tests,
                   size_t test_count);

#endif
