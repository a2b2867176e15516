/* capacity: how the process's open files are shared out, so that clients who take all they can get never leave a lane
 * without a connection to DynamoDB.
 * Owner: a value. Pure.
 * Invariant: what clients and lanes may open together, and the daemon's own, is within the limit.
 */
#ifndef DAEMON_CAPACITY_H
#define DAEMON_CAPACITY_H

#include <stdint.h>

#include "daemon/config/config.h"
#include "proto/must_use.h"

struct capacity {
    uint64_t clients;        /* at most; below max_clients if the open files do not allow it */
    uint32_t lane_transfers; /* requests of one lane at once */
};

/* `files`: how many the process may have open. DDBS_OK, or DDBS_E_BAD_CONFIG with a sentence: too few to serve at
 * all. */
int capacity_share(const struct config *c, uint64_t files, struct capacity *ret, char errmsg[CONFIG_ERRMSG]) MUST_USE;

#endif
