/* shell: the client's shell reads clocks and allocates. LINT names LINT limits */
#include <stdlib.h>
#include <time.h>
long shell_now(void)
{
    return clock_gettime(0, malloc(1));
}
