/* record: a bad sample: a room of the engine looks up, and at a clock. */
#include "daemon/engine/ops/verb.h"      /* LINT layers */
#include "daemon/engine/engine.h"        /* LINT layers */
#include "daemon/engine/value/wrong.h"
#include "proto/item/item.h"
#include <time.h>                        /* LINT layers */
