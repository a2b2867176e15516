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
void op_script(struct call *c);
void op_credential(struct call *c);

/* What several share. */

/* Read a TableName member; false after answering the error. */
bool op_read_table_name(struct call *c, struct span name_value, struct span *ret_name);

/* The table of a name, NULL if there is none or a fault hides it; op_active_table only while it can be used. */
struct table *op_find_table(struct call *c, struct span name);
struct table *op_active_table(struct call *c, struct span name);

/* The usable table of a TableName member; NULL after answering the error. */
struct table *op_table(struct call *c, struct span name_value);

/* Remove the tables whose deletion has come to its end. */
void op_settle_tables(struct call *c);

/* Read ReturnConsumedCapacity: 0 none, 1 total, 2 with indexes. */
int op_capacity_wanted(struct span value);
void op_put_capacity(struct call *c, struct span table_name, double units, int wanted);

/* Write units of an item of that size. */
uint32_t op_write_units(uint32_t size);

/* A write that asks for its units. */
struct op_write {
    struct table *table;
    struct span key;
    uint64_t hash;
    uint32_t size; /* 0 for a delete */
};

/* Take what the write costs; false if there is no capacity, and then why (nothing is added for the limit of all tables
 * together, which the settings for `throttle` describe). */
bool op_take_units(struct call *c, const struct op_write *w, struct throttles *ret_why);

/* The limits of a table under these settings. */
struct capacity_limits op_limits(const struct table *t, const struct fault_settings *set);

/* Make a table out of a CreateTable body; NULL, or what is wrong with it. `only_judge`: the call is not needed. */
const char *op_make_table(struct call *c, struct span body, bool only_judge);

/* Create a table from the text of the command line: NAME:pk[=S|N|B][,sk[=S|N|B]][@UNITS]. False with a sentence.
 * op_table_option_ok only judges the text. */
bool op_table_from_option(struct call *c, const char *option, char *errmsg, size_t errmsg_max);
bool op_table_option_ok(const char *option, char *errmsg, size_t errmsg_max);

/* Load a script; false with a sentence and without a script. */
bool op_load_script(struct call *c, struct span text, char *errmsg, size_t errmsg_max);

/* Take the steps that are due. `arriving`: the body of a write about to be judged (.p NULL: none). */
void op_run_script(struct call *c, struct span arriving);

/* Append how far the script is, as a JSON object. */
void op_put_script(struct call *c);

/* Begin to delete a table. */
void op_start_deleting(struct call *c, struct table *t);

#endif
