/* pojo: makes FooPojos and formats them as text. The same seed and partition make the same pojos.
 * Owner: the caller owns all objects. Pure: no I/O, no clock, no allocation.
 */
#ifndef CLIENT_EXAMPLES_POJO_H
#define CLIENT_EXAMPLES_POJO_H

#include <stdint.h>

#define POJO_ID_SIZE   47 /* "primaryKey-" and a UUID */
#define POJO_JOIN_SIZE 41 /* "join-" and a UUID */
#define POJO_LINE_SIZE (11 + POJO_ID_SIZE + 15 + POJO_JOIN_SIZE + 3)

/* The two UUIDs of a pojo, formatted when needed. */
struct pojo {
    uint64_t id[2];
    uint64_t join[2];
};

struct pojo_maker {
    uint64_t state;
};

void pojo_maker_init(struct pojo_maker *m, uint64_t seed, uint32_t partition);

void pojo_make(struct pojo_maker *m, struct pojo *ret_pojo);

/* The attributes' texts, without a NUL. */
void pojo_id_text(const struct pojo *pojo, char ret_text[POJO_ID_SIZE]);
void pojo_join_text(const struct pojo *pojo, char ret_text[POJO_JOIN_SIZE]);

/* {"pojoId":"...","joinValue":"..."} and a newline, without a NUL. */
void pojo_line_text(const struct pojo *pojo, char ret_text[POJO_LINE_SIZE]);

/* How many of `records` belong to a partition; partition < partitions. The sizes sum up to `records` and differ by a
 * factor of up to five, so that partitions end at different times. */
uint64_t pojo_partition_size(uint64_t records, uint32_t partitions, uint32_t partition);

#endif
