/* ddbsidecar: a good sample of the public header. */
#include <stddef.h>
int ddbs_open(const char *path);
int ddbs_close(void);
int ddbs_gone(void);        /* LINT names */
