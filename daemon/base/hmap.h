/* hmap: an intrusive hash table with chaining; hashes come from the caller (keyed, because keys come from peers).
 * Owner: the object that embeds the node; the table owns only its bucket array.
 * Invariants: buckets are a power of two; a failed growth leaves a slower, still correct table; a node in the table
 * knows the pointer that points at it, so that taking it out reads no other node: they are scattered over memory, and
 * each one read is a cache miss.
 */
#ifndef BASE_HMAP_H
#define BASE_HMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/must_use.h"

struct hmap_node {
    struct hmap_node *next;
    struct hmap_node **at; /* a bucket, or the `next` of the node before */
    uint64_t hash;
};

struct hmap {
    struct hmap_node **buckets;
    size_t mask; /* buckets - 1; buckets == NULL: none yet */
    size_t count;
};

/* Add a node (duplicates are the caller's business). False only if the first bucket array could not be allocated. */
bool hmap_put(struct hmap *m, struct hmap_node *n, uint64_t hash) MUST_USE;

/* Take out a node that is in the table. */
void hmap_remove(struct hmap *m, struct hmap_node *n);

/* Replace a node that is in the table by another of the same hash. Cannot fail. */
void hmap_replace(struct hmap *m, struct hmap_node *old, struct hmap_node *n);

/* The first node of this hash, and the next one after it; NULL if none. The caller compares the keys. */
struct hmap_node *hmap_first(const struct hmap *m, uint64_t hash);
struct hmap_node *hmap_next(const struct hmap_node *n);

/* Free the bucket array; the nodes are the caller's. */
void hmap_fini(struct hmap *m);

/* A keyed 64-bit hash of bytes, for keys that a peer chooses. */
uint64_t hmap_hash(const void *bytes, size_t n, uint64_t seed);

#endif
