/* core_time: the client's core is pure, and no client sees the daemon. LINT names LINT limits */
#include "daemon/base/mem.h"     /* LINT layers */
#include "proto/known.h"
#include <jansson.h>             /* LINT layers */
#include <sys/socket.h>

long core_time_now(void *p)
{
    free(p);
    return time(NULL);           /* LINT banned */
}
