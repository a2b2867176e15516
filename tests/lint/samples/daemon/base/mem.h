/* A good sample: the one file that may allocate is mem.c. */
#include <stddef.h>
