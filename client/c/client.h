/* client: the object behind struct ddbs_client, and what open.c and client.c share.
 * Owner: the user, between ddbs_open and ddbs_close.
 */
#ifndef CLIENT_CLIENT_H
#define CLIENT_CLIENT_H

#include "client/c/codes.h"
#include "client/c/shell.h"
#include "proto/must_use.h"

enum { CLIENT_REASON = MSG_NAME_MAX + MSG_TEXT_MAX + 4 };

struct ddbs_client {
    struct shell shell;
    bool nonblocking;
    struct core_counts reported; /* the counts as of the last ddbs_flush that reported a result */
    uint64_t reported_unlisted;
    struct failed_record *shown; /* what ddbs_failure_next returned last; its text is lent to the caller */
    char reason[CLIENT_REASON];
    char errmsg[DDBS_ERRMSG_SIZE];
};

/* Format a sentence into errmsg (DDBS_ERRMSG_SIZE bytes) and return the code. */
int client_error(char *errmsg, int code, const char *format, ...) MUST_USE __attribute__((format(printf, 3, 4)));

/* Run the shell until done(core, arg): DDBS_OK. If the client fails: its terminal code, with the sentence in errmsg. At
 * end_ms (UINT64_MAX: never): DDBS_E_TIMED_OUT, without a sentence. */
int client_run(struct ddbs_client *c, uint64_t end_ms, bool (*done)(const struct client_core *, uint64_t),
               uint64_t arg) MUST_USE;

#endif
