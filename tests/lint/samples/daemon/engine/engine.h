/* engine: a good sample: the top of the engine sees all its rooms. */
#include "daemon/engine/ops/verb.h"
#include "daemon/engine/value/wrong.h"
