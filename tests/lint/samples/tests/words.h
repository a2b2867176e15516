/* A bad sample of words. Tests may include and read clocks as they like. */
#include <uv.h>
#include "daemon/io/loop.h"
static long text(void) { return strtol("1", NULL, 10); }
int todo; // a comment of the wrong kind LINT banned
int work; /* TODO later LINT banned */
int home; /* see /work/x LINT banned */
int path; /* and /home/someone LINT banned */
int todo_list; /* neither https://example.org/work/x nor ProtectHome is a path of this machine */
