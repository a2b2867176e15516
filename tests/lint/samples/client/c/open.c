/* open: a sample of a file that only the public header declares. LINT limits */
#include "client/c/ddbsidecar.h"
int ddbs_open(const char *path)
{
    return path != 0;
}
int ddbs_hidden(void)       /* LINT names */
{
    return 0;
}
