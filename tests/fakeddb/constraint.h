/* constraint: the service's message about members that break their constraints: all of them in one message.
 * Owner: the caller's stack. Pure.
 * Invariants: at most CONSTRAINTS_MAX are named, as in the service.
 */
#ifndef FAKEDDB_CONSTRAINT_H
#define FAKEDDB_CONSTRAINT_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/span.h"

enum { CONSTRAINTS_MAX = 10, CONSTRAINT_TEXT_MAX = 1600 };

struct constraints {
    int n;
    size_t len;
    char text[CONSTRAINT_TEXT_MAX]; /* joined by "; " */
};

/* Add "Value VALUE at 'AT' failed to satisfy constraint: RULE"; value NULL says null. */
void constraint_add(struct constraints *c, const char *value, const char *at, const char *rule);

/* Check that a JSON value is one of a list "[A, B]"; value.p NULL passes. True if it is valid. */
bool constraint_enum(struct constraints *c, struct span value, const char *at, const char *list);

/* Append all of `more`. */
void constraint_join(struct constraints *c, const struct constraints *more);

/* A table's name as the service accepts it, or an ARN. */
bool constraint_table_name_ok(struct span name);

#endif
