/* A good sample: the shells see what is below them and their libraries. */
#include <time.h>
#include <uv.h>
#include "daemon/aws/sign.h"
#include "daemon/engine/engine.h"
static inline long now(void)
{
    return time(NULL);
}
