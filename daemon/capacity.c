/* capacity: see capacity.h. */
#include "daemon/capacity.h"

#include <inttypes.h>
#include <stdio.h>

#include "proto/err.h"

enum {
    OWN_FILES = 128,  /* the event loops, the log, the lock file, and clients that are being refused with "busy" */
    CLIENTS_MIN = 32, /* the smallest allowed max_clients */
    DESCRIBES = 2,    /* DescribeTable requests do not count towards max_in_flight */
    LANE_TRANSFERS_MAX = 1024,
    TRANSFER_FILES = 2, /* while it resolves and connects; one afterwards */
};

int capacity_share(const struct config *c, uint64_t files, struct capacity *ret, char errmsg[CONFIG_ERRMSG])
{
    uint64_t transfers = (c->max_in_flight + c->lanes - 1) / c->lanes + DESCRIBES;
    if (transfers > LANE_TRANSFERS_MAX)
        transfers = LANE_TRANSFERS_MAX;
    uint64_t taken = OWN_FILES + c->lanes * transfers * TRANSFER_FILES;
    if (files < taken + CLIENTS_MIN) {
        snprintf(errmsg, CONFIG_ERRMSG,
                 "the limit of open files is %" PRIu64 ", but %" PRIu64 " lane%s with %" PRIu64
                 " requests and %d clients need %" PRIu64
                 "; raise it (LimitNOFILE=, ulimit -Hn), or lower [aws] max_in_flight",
                 files, c->lanes, c->lanes == 1 ? "" : "s", c->max_in_flight, CLIENTS_MIN, taken + CLIENTS_MIN);
        return DDBS_E_BAD_CONFIG;
    }
    ret->clients = files - taken < c->max_clients ? files - taken : c->max_clients;
    ret->lane_transfers = (uint32_t)transfers;
    return DDBS_OK;
}
