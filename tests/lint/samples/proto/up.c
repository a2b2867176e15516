/* up: looks up, and at clocks. The marks name the check that must fire on their line: LINT names LINT limits */
#include "daemon/base/mem.h"     /* LINT layers */
#include "span.h"                /* LINT layers */
#include <time.h>                /* LINT layers */
#include <uv.h>                  /* LINT layers */
#include <curl/curl.h>           /* LINT layers */
#include <string.h>
#include "proto/known.h"
#include "proto/item/item.h"     /* LINT layers */
/* #include <time.h> is only mentioned here */

static const char *text = "malloc(1) and #include <uv.h> in a string are no calls";

void *up(const char *n)
{
    char *p = malloc(1);         /* LINT banned */
    strcpy(p, n);                /* LINT banned */
    free(p);                     /* LINT banned */
    return p;
}
