/* copy: an example sees the public header alone. LINT limits */
#include <ddbsidecar.h>
#include "client/c/ddbsidecar.h"
#include "proto/known.h"                 /* LINT layers */
int main(void)
{
    return ddbs_open("/run/x");
}
