/* A good sample: malloc is allowed here. LINT limits */
#include "daemon/base/mem.h"
#include <stdlib.h>
void *mem_alloc(size_t n)
{
    return malloc(n);
}
