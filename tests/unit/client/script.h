/* script: a conversation with a client core, one step per line, so that a test reads like the protocol.
 * Owner: test code. Time is a number that only the script advances.
 *
 *   connect | refuse CODE | eof | wait MS          the transport and the time (wait ends with a tick)
 *   put N SIZE | full SIZE | reject SIZE CODE     N records of SIZE bytes of [op, item]; "no room now"; an error code
 *   push | flush | abort | bye
 *   send N                                         only N bytes are sent; the next '>' line reads them too
 *   > WRITE 1-3; FLUSH 3                           everything that is sent now; ">" alone: nothing
 *   < WELCOME 5000 | < CREDIT 9000 | < SETTLED 3 5-6 !4:invalid_item !7:rejected:maybe s=1 | < FLUSHED 3
 *   < ABORTED 3 | < GOAWAY | < ERROR busy | < NOTICE throttled | < HEX 0102      what the daemon sends
 *   = state open | = error CODE | = counts WRITTEN FAILED SUPERSEDED ABORTED UNSETTLED | = done TOKEN yes
 *   = failure SEQ CODE maybe | = failure none | = wants connect|close|nothing | = deadline MS|none | = abort done|open
 *   = unsettled SEQ yes | = busy no
 */
#ifndef TESTS_CLIENT_SCRIPT_H
#define TESTS_CLIENT_SCRIPT_H

#include "client/c/core.h"

struct script_options {
    bool discard;
    size_t memory_max;
    uint32_t failures_max;
    uint32_t connect_timeout_ms;   /* 0: 1000 */
    uint32_t reconnect_timeout_ms; /* 0: 5000 */
    size_t cut;                    /* size of the pieces in which the daemon's bytes come; 0: whole */
};

/* Run the lines of `text` on a new core. The first line that does not match fails the test and is printed. */
void script_run(const struct script_options *options, const char *text);

#endif
