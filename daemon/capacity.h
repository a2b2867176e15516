/* capacity: divide the process's file descriptors between clients and lanes, so that greedy clients never leave a lane
 * without a connection to DynamoDB.
 * Owner: a value. Pure.
 * Invariant: the descriptors of clients, lanes and the daemon itself add up to no more than the limit.
 */
#ifndef DAEMON_CAPACITY_H
#define DAEMON_CAPACITY_H

#include <stdint.h>

#include "daemon/config/config.h"
#include "proto/must_use.h"

struct capacity {
    uint64_t clients;        /* connected at a time; below max_clients if there are not enough descriptors */
    uint32_t lane_transfers; /* concurrent requests of one lane */
};

/* `files`: the limit of open files. DDBS_OK, or DDBS_E_BAD_CONFIG with a sentence: too few to serve at all. */
int capacity_share(const struct config *c, uint64_t files, struct capacity *ret, char errmsg[CONFIG_ERRMSG]) MUST_USE;

#endif
