/* A good sample: nothing to find. */
#include <stdint.h>
int known(int a, int b, int (*c)(int, int, int), int d, int e, int f);
