/* env: access to environment variables through a callback, so that code of this folder does not touch the process.
 * Owner: the caller. Inline, without a .c. The main program passes getenv, a test passes a table.
 */
#ifndef AWS_ENV_H
#define AWS_ENV_H

#include <stddef.h>

enum { AWS_ERRMSG = 256 }; /* room for one sentence about a bad setting, NUL included */

struct env {
    const char *(*get)(void *user, const char *name); /* the value, NULL if unset; outlives the call it is used in */
    void *user;
};

/* The value of a variable; NULL if it is unset or empty, which AWS tools treat alike. */
static inline const char *env_value(const struct env *e, const char *name)
{
    const char *v = e->get(e->user, name);
    return v != NULL && v[0] != '\0' ? v : NULL;
}

#endif
