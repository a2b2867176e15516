/* reduce: what is removed from a seed's scenario: kinds of faults, single actors, operations beyond a number, the time
 * before the faults end. Used to shrink a failure (shrink.h) and to replay it by hand.
 * Owner: struct world_options embeds one; all zero removes nothing. Values only.
 */
#ifndef SIM_REDUCE_H
#define SIM_REDUCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/sim/scenario.h"

enum { REDUCE_TEXT = 1024, REDUCE_HEAL_MIN_MS = 1500 };

struct reduce {
    uint64_t parts;                     /* bit i: part i of the scenario is removed */
    uint32_t writers, hostiles, askers; /* bit i: number i never starts */
    uint64_t ops_max;                   /* records that all put together; 0: any number */
    uint64_t heal_ms;                   /* the faults end at this time; 0: when the scenario says */
};

/* Apply the removed parts and the time to a scenario. */
void reduce_apply(const struct reduce *c, struct scenario *s);

/* The number of removable things. */
uint32_t reduce_count(void);

/* Remove thing i. False: the scenario does not have it, or it is removed already. */
bool reduce_add(struct reduce *c, const struct scenario *s, uint32_t i);

/* Parse names as --without takes them: "kills,cuts,writer3". False: one of them is unknown. */
bool reduce_read(struct reduce *c, const char *names);

/* Format as command line arguments, each preceded by a blank. */
void reduce_print(const struct reduce *c, char out[REDUCE_TEXT]);

#endif
