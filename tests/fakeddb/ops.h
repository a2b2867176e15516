/* ops: the operations; each reads call->body and writes call->out and call->status.
 * Owner: none; state lives in struct fake.
 */
#ifndef FAKEDDB_OPS_H
#define FAKEDDB_OPS_H

#include "tests/fakeddb/fake.h"

/* The operation of an X-Amz-Target, OP_UNKNOWN if there is none. */
enum operation op_of_target(struct span target);
const char *op_name(enum operation op);

static inline bool op_is_write(enum operation op)
{
    return op <= OP_DELETE_ITEM;
}

/* Run it. The answer is complete afterwards. */
void op_run(struct call *c, enum operation op);

/* The operations themselves. */
void op_batch_write_item(struct call *c);
void op_put_item(struct call *c);
void op_delete_item(struct call *c);
void op_get_item(struct call *c);
void op_scan(struct call *c);
void op_describe_table(struct call *c);
void op_create_table(struct call *c);
void op_delete_table(struct call *c);
void op_list_tables(struct call *c);
void op_control(struct call *c);
void op_stats(struct call *c);
void op_history(struct call *c);

/* What several share. The table of a TableName member; NULL after answering the error. */
struct table *op_table(struct call *c, struct span name_value);

/* Read ReturnConsumedCapacity: 0 none, 1 total, 2 with indexes. */
int op_capacity_wanted(struct span value);
void op_put_capacity(struct call *c, struct span table_name, double units, int wanted);

/* Write units of an item of that size. */
uint32_t op_write_units(uint32_t size);

/* Create a table from the text of the command line: NAME:pk[=S|N|B][,sk[=S|N|B]]. False with a sentence. */
bool op_table_from_option(struct fake *f, const char *option, int64_t now_s, char *errmsg, size_t errmsg_max);

#endif
