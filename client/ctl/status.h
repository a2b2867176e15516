/* status: the daemon's status for a person.
 * Owner: none; prints to a stream.
 * Invariants: a member that an older or newer daemon does not send is left out or shown as "-".
 */
#ifndef CLIENT_CTL_STATUS_H
#define CLIENT_CTL_STATUS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* True if the status says that all is well. */
bool status_healthy(const json_t *status);

void status_print(FILE *out, const json_t *status, const char *socket_path);

#endif
