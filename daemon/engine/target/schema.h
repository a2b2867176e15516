/* schema: the key schema of a table: read from DynamoDB, and applied to the records that wait for it (PROTOCOL E2).
 * Owner: the target.
 */
#ifndef ENGINE_TARGET_SCHEMA_H
#define ENGINE_TARGET_SCHEMA_H

#include "daemon/engine/target/target.h"

enum {
    SCHEMA_DESCRIBES_MAX = 2,    /* DescribeTables in flight */
    SCHEMA_TRUST_MS = 10 * 1000, /* a key refusal this soon after a DescribeTable is the item's fault */
};

/* Use this schema: the records that wait for it are queued by key, or fail if they have no valid key. */
void schema_take(struct engine *e, struct target *t, const struct key_schema *schema);

/* Read the schema again as soon as nothing is in flight. */
void schema_describe_again(struct engine *e, struct target *t);

/* Start queued DescribeTables, up to SCHEMA_DESCRIBES_MAX in flight. */
void schema_start_describes(struct engine *e);

#endif
