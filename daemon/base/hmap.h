/* hmap: an intrusive hash table with chaining. The caller computes the hashes; keys that a peer chooses need a keyed
 * hash (hmap_hash).
 * Owner: the object that embeds the node; the table owns only its bucket array.
 * Invariants: the number of buckets is a power of two. If growing fails, the table is slower but still correct. A node
 * knows the pointer that points at it, so removing it does not walk the chain: each node on the way would be a cache
 * miss.
 */
#ifndef BASE_HMAP_H
#define BASE_HMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/must_use.h"

struct hmap_node {
    struct hmap_node *next;
    struct hmap_node **at; /* what points at this node: a bucket, or the previous node's `next` */
    uint64_t hash;
};

struct hmap {
    struct hmap_node **buckets;
    size_t mask; /* number of buckets - 1; valid once buckets != NULL */
    size_t count;
};

/* Add a node; duplicates are not checked. False only if the first bucket array could not be allocated. */
bool hmap_put(struct hmap *m, struct hmap_node *n, uint64_t hash) MUST_USE;

/* Remove a node that is in the table. */
void hmap_remove(struct hmap *m, struct hmap_node *n);

/* Replace a node that is in the table with a new one, which takes over its hash. Cannot fail. */
void hmap_replace(struct hmap *m, struct hmap_node *old, struct hmap_node *n);

/* The first node with this hash, and the next one after it; NULL if there is none. The caller compares the keys. */
struct hmap_node *hmap_first(const struct hmap *m, uint64_t hash);
struct hmap_node *hmap_next(const struct hmap_node *n);

/* Free the bucket array. The nodes stay with their owners. */
void hmap_fini(struct hmap *m);

/* A keyed 64-bit hash of bytes, for keys that a peer chooses. */
uint64_t hmap_hash(const void *bytes, size_t n, uint64_t seed);

#endif
