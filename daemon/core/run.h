/* run: the turn of one target: what can start, starts; the timer is armed for what must wait. */
#ifndef CORE_RUN_H
#define CORE_RUN_H

#include "daemon/core/target.h"

void target_run(struct engine *e, struct target *t);

#endif
