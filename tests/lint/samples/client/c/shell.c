/* A good sample: the client's shell reads clocks and allocates. */
#include <stdlib.h>
#include <time.h>
long shell_now(void)
{
    return clock_gettime(0, malloc(1));
}
