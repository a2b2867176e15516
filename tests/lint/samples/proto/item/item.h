/* item: a good sample: items stand on the wire's values. */
#include "proto/known.h"
