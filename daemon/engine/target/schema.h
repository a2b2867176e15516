/* schema: the key schema of a table: asked from DynamoDB, and given to the records that wait for it (PROTOCOL E2).
 * Owner: the target.
 */
#ifndef ENGINE_TARGET_SCHEMA_H
#define ENGINE_TARGET_SCHEMA_H

#include "daemon/engine/target/target.h"

enum {
    SCHEMA_DESCRIBES_MAX = 2,    /* DescribeTables in flight */
    SCHEMA_TRUST_MS = 10 * 1000, /* a key refusal this soon after a DescribeTable is the item's fault */
};

/* The schema has come: judge the records that wait for it. */
void target_take_schema(struct engine *e, struct target *t, const struct key_schema *schema);

/* Ask for the schema as soon as nothing is in flight. */
void target_describe_again(struct engine *e, struct target *t);

/* Start DescribeTables while there is a place. */
void target_start_describes(struct engine *e);

#endif
