/* build: records of a shape, taken apart in advance and rebuilt by the client's item builder, as a program does that
 * has fields instead of msgpack.
 * Owner: builder_fini frees; borrows the set, whose records are used in the same order as by shape_next.
 */
#ifndef BENCH_BUILD_H
#define BENCH_BUILD_H

#include <stdbool.h>

/* Included before the client's header, whose macros have the names of proto's constants. */
#include "proto/mp_read.h"

#include "client/c/ddbsidecar.h"
#include "tests/bench/shape.h"

enum { BUILD_FIELDS = 10, BUILD_NAME = 32 };

struct build_record {
    struct mp_token fields[BUILD_FIELDS]; /* texts point into the set */
};

struct builder {
    struct shape_set *set;
    struct ddbs_item *item;
    struct build_record *records;
    uint32_t count; /* fields per record */
    char names[BUILD_FIELDS][BUILD_NAME];
};

/* False: no memory, or a record with a type that the bench's shapes do not use. */
bool builder_init(struct builder *b, struct shape_set *set);
void builder_fini(struct builder *b);

/* The next record of the set, with a new key, as an item; valid until the next call. NULL: it was refused. */
struct ddbs_item *builder_next(struct builder *b);

#endif
