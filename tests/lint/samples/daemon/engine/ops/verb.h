/* verb: a good sample: a room sees what is below it. */
#include "daemon/engine/record/record.h"
