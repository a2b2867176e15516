/* reduce: what is left out of a seed's scenario: kinds of faults, single actors, operations beyond a number, the time
 * before the healing. With it a failure is made small (shrink.h), and played again by hand. Owner: struct world_options
 * embeds one; all zero leaves nothing out. Values only.
 */
#ifndef SIM_REDUCE_H
#define SIM_REDUCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/sim/scenario.h"

enum { REDUCE_TEXT = 1024, REDUCE_HEAL_MIN_MS = 1500 };

struct reduce {
    uint64_t parts;                     /* bit i: part i of the scenario */
    uint32_t writers, hostiles, askers; /* bit i: number i is never born */
    uint64_t ops_max;                   /* records that are put by all together; 0: any */
    uint64_t heal_ms;                   /* everything is healed then; 0: when the scenario says */
};

/* Take the parts and the time out of a scenario. */
void reduce_apply(const struct reduce *c, struct scenario *s);

/* How many things reduce_add knows. */
uint32_t reduce_count(void);

/* Leave out thing i. False: the scenario does not have it, or it is out already. */
bool reduce_add(struct reduce *c, const struct scenario *s, uint32_t i);

/* Names as --without takes them: "kills,cuts,writer3". False: one of them is unknown. */
bool reduce_read(struct reduce *c, const char *names);

/* As arguments of the command line, each with a blank before it. */
void reduce_print(const struct reduce *c, char out[REDUCE_TEXT]);

#endif
