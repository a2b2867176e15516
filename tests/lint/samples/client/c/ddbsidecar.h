/* ddbsidecar: a good sample of the public header. */
#include <stddef.h>
int ddbs_open(const char *path);
