/* known: a good sample: nothing to find. */
#include "proto/must_use.h"
#include <stdint.h>
static inline long known(int a, int b, int (*c)(int, int, int), int d, int e, int f);
