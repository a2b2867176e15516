/* status: prints the daemon's status for people.
 * Owner: none; prints to a stream.
 * Invariants: a member that an older or newer daemon does not send is omitted or shown as "-".
 */
#ifndef CLIENT_CTL_STATUS_H
#define CLIENT_CTL_STATUS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* True if the status has health "ok". */
bool status_healthy(const json_t *status);

void status_print(FILE *out, const json_t *status, const char *socket_path);

#endif
