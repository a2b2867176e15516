/* ops: the operations; each reads call->body and writes call->out and call->status.
 * Owner: none; state lives in struct fake.
 */
#ifndef FAKEDDB_OPS_H
#define FAKEDDB_OPS_H

#include "tests/fakeddb/fake.h"
#include "tests/fakeddb/reply.h"

/* The operation of an X-Amz-Target, OP_UNKNOWN if there is none. */
enum operation op_of_target(struct span target);
const char *op_name(enum operation op);

static inline bool op_is_write(enum operation op)
{
    return op <= OP_DELETE_ITEM;
}

/* Run the operation. The answer is complete afterwards. */
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
void op_script(struct call *c);
void op_credential(struct call *c);

/* Shared helpers. */

/* Read a TableName member; false after answering the error. */
bool op_read_table_name(struct call *c, struct span name_value, struct span *ret_name);

/* The table with this name; NULL if there is none or a fault hides it. op_active_table: only if it is ACTIVE. */
struct table *op_find_table(struct call *c, struct span name);
struct table *op_active_table(struct call *c, struct span name);

/* The usable table of a TableName member; NULL after answering the error. */
struct table *op_table(struct call *c, struct span name_value);

/* Remove the tables whose deletion is complete. */
void op_settle_tables(struct call *c);

/* Read ReturnConsumedCapacity: 0 none, 1 total, 2 with indexes. */
int op_capacity_wanted(struct span value);
void op_put_capacity(struct call *c, struct span table_name, double units, int wanted);

/* Write units of an item of this size. */
uint32_t op_write_units(uint32_t size);

/* A write that needs capacity. */
struct op_write {
    struct table *table;
    struct span key;
    uint64_t hash;
    uint32_t size; /* 0 for a delete */
};

/* Take the write's cost. False if there is no capacity, with the reasons (none is added for the common limit of all
 * tables; the settings of `throttle` describe that one). */
bool op_take_units(struct call *c, const struct op_write *w, struct throttles *ret_why);

/* The limits of a table under these settings. */
struct capacity_limits op_limits(const struct table *t, const struct fault_settings *set);

/* Create a table from a CreateTable body. NULL, or the error message. `only_judge`: validate only; the call is not
 * needed. */
const char *op_make_table(struct call *c, struct span body, bool only_judge);

/* Create a table from the text of the command line: NAME:pk[=S|N|B][,sk[=S|N|B]][@UNITS]. False with a message.
 * op_table_option_ok only validates the text. */
bool op_table_from_option(struct call *c, const char *option, char *errmsg, size_t errmsg_max);
bool op_table_option_ok(const char *option, char *errmsg, size_t errmsg_max);

/* Load a script. False with a message and no script loaded. */
bool op_load_script(struct call *c, struct span text, char *errmsg, size_t errmsg_max);

/* Perform the steps that are due. `arriving`: the body of a write about to be handled (.p NULL: none). */
void op_run_script(struct call *c, struct span arriving);

/* Append the script's progress as a JSON object. */
void op_put_script(struct call *c);

/* Start deleting a table. */
void op_start_deleting(struct call *c, struct table *t);

#endif
