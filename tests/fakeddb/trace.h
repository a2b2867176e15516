/* trace: the history of writes to one key, so that a test can check their order.
 * Owner: the entry; freed with it.
 * Digest: the first 8 bytes of SHA-256 of the item as JSON with members sorted by name, numbers in plain decimal,
 * minimal escapes and no blanks; in Python json.dumps(item, sort_keys=True, separators=(",", ":"), ensure_ascii=False).
 */
#ifndef FAKEDDB_TRACE_H
#define FAKEDDB_TRACE_H

#include "tests/fakeddb/store.h"

/* Append the write to the entry's history; if memory runs out it is dropped and counted in traces_lost. */
void trace_add(struct store *s, struct entry *e, const struct store_write *w);

/* Write an entry's history: {"Key":{...},"Live":true,"Writes":[{"Seq":1,...},...]}. */
void trace_put_json(const struct entry *e, const struct schema *schema, struct text *out);

#endif
