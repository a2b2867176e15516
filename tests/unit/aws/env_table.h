/* env_table: a fake environment for tests: a table of names and values.
 * Owner: the test. */
#ifndef TESTS_AWS_ENV_TABLE_H
#define TESTS_AWS_ENV_TABLE_H

#include <stddef.h>
#include <string.h>

#include "daemon/aws/env.h"

enum { ENV_TABLE_MAX = 4 };

struct env_table {
    const char *pair[ENV_TABLE_MAX][2]; /* name, value; ends at the first NULL name */
};

static inline const char *env_table_get(void *user, const char *name)
{
    const struct env_table *t = user;
    for (size_t i = 0; i < ENV_TABLE_MAX && t->pair[i][0] != NULL; i++) {
        if (strcmp(t->pair[i][0], name) == 0)
            return t->pair[i][1];
    }
    return NULL;
}

static inline struct env env_table_open(struct env_table *t)
{
    return (struct env){.get = env_table_get, .user = t};
}

#endif
