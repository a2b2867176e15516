/* loop: a good sample, but for two lines: shells see their libraries, and one header of the engine. */
#include <time.h>
#include <uv.h>
#include <curl/curl.h>                   /* LINT layers */
#include "daemon/engine/engine.h"
#include "daemon/engine/value/wrong.h"   /* LINT layers */
static inline long now(void)
{
    return time(NULL);
}
