/* wrong: a bad sample of the engine. */
#include "daemon/io/loop.h"      /* LINT layers */
#include "daemon/aws/sign.h"     /* LINT layers */
#include "daemon/base/mem.h"
#include <openssl/evp.h>         /* LINT layers */
#include <systemd/sd-daemon.h>   /* LINT layers */
#include <sys/time.h>            /* LINT layers */
#include <stdlib.h>              /* LINT layers */
#include <errno.h>

long wrong(char *s, char **end)
{
    long t = time(NULL);                 /* LINT banned */
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now); /* LINT banned */
    t += atoi(s);                        /* LINT banned */
    t += strtol(s, NULL, 10);            /* LINT banned */
    t += strtol(s, end, 10);             /* LINT banned */
    sprintf(s, "%ld", t);                /* LINT banned */
    strtok(s, ",");                      /* LINT banned */
    usleep(1);                           /* LINT banned */
    t += rand();                         /* LINT banned */
    exit((int)t);                        /* LINT banned */
}

long right(struct clock *c, char *s, char **end) /* LINT names */
{
    assert(c != NULL);
    errno = 0;
    long t = strtol(s, end, 10);
    return c->time(c) + c.time(c) + uptime(c) + t; /* a member's call is not the libc's */
}
