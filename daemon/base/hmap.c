/* hmap: chained buckets; their number doubles when there are more nodes than buckets. See hmap.h.
 * The bucket index comes from multiplicative hashing of the hash, so that counters and addresses work as hashes too.
 */
#include "daemon/base/hmap.h"

#include <assert.h>
#include <string.h>

#include "daemon/base/mem.h"

enum { FIRST_BUCKETS = 16 };

static struct hmap_node **bucket_of(struct hmap_node **buckets, size_t mask, uint64_t hash)
{
    return &buckets[(size_t)(hash * 0x9e3779b97f4a7c15u >> 32) & mask];
}

static void hook(struct hmap_node **buckets, size_t mask, struct hmap_node *n)
{
    struct hmap_node **b = bucket_of(buckets, mask, n->hash);
    n->next = *b;
    n->at = b;
    if (n->next != NULL)
        n->next->at = &n->next;
    *b = n;
}

/* Double the number of buckets. Without memory for that the chains grow longer. */
static void grow(struct hmap *m)
{
    size_t wanted = (m->mask + 1) * 2;
    if (wanted > SIZE_MAX / sizeof(*m->buckets) || wanted > UINT32_MAX)
        return;
    struct hmap_node **buckets = mem_zalloc(wanted * sizeof(*buckets));
    if (buckets == NULL)
        return;
    for (size_t i = 0; i <= m->mask; i++) {
        struct hmap_node *n = m->buckets[i];
        while (n != NULL) {
            struct hmap_node *next = n->next;
            hook(buckets, wanted - 1, n);
            n = next;
        }
    }
    mem_free(m->buckets);
    m->buckets = buckets;
    m->mask = wanted - 1;
}

bool hmap_put(struct hmap *m, struct hmap_node *n, uint64_t hash)
{
    if (m->buckets == NULL) {
        m->buckets = mem_zalloc(FIRST_BUCKETS * sizeof(*m->buckets));
        if (m->buckets == NULL)
            return false;
        m->mask = FIRST_BUCKETS - 1;
    } else if (m->count > m->mask) {
        grow(m);
    }
    n->hash = hash;
    hook(m->buckets, m->mask, n);
    m->count++;
    return true;
}

void hmap_remove(struct hmap *m, struct hmap_node *n)
{
    assert(m->count > 0 && n->at != NULL && *n->at == n);
    *n->at = n->next;
    if (n->next != NULL)
        n->next->at = n->at;
    n->next = NULL;
    n->at = NULL;
    m->count--;
}

void hmap_replace(struct hmap *m, struct hmap_node *old, struct hmap_node *n)
{
    assert(m->count > 0 && old->at != NULL && *old->at == old);
    *n = *old;
    *n->at = n;
    if (n->next != NULL)
        n->next->at = &n->next;
    old->next = NULL;
    old->at = NULL;
}

static struct hmap_node *same_hash(struct hmap_node *n, uint64_t hash)
{
    while (n != NULL && n->hash != hash)
        n = n->next;
    return n;
}

struct hmap_node *hmap_first(const struct hmap *m, uint64_t hash)
{
    return m->buckets != NULL ? same_hash(*bucket_of(m->buckets, m->mask, hash), hash) : NULL;
}

struct hmap_node *hmap_next(const struct hmap_node *n)
{
    return same_hash(n->next, n->hash);
}

void hmap_fini(struct hmap *m)
{
    mem_free(m->buckets);
    *m = (struct hmap){0};
}

static uint64_t rotl(uint64_t v, unsigned by)
{
    return v << by | v >> (64 - by);
}

static void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[2] += v[3];
    v[1] = rotl(v[1], 13) ^ v[0];
    v[3] = rotl(v[3], 16) ^ v[2];
    v[0] = rotl(v[0], 32);
    v[2] += v[1];
    v[0] += v[3];
    v[1] = rotl(v[1], 17) ^ v[2];
    v[3] = rotl(v[3], 21) ^ v[0];
    v[2] = rotl(v[2], 32);
}

static void sip_word(uint64_t v[4], uint64_t word)
{
    v[3] ^= word;
    sip_round(v);
    v[0] ^= word;
}

/* SipHash-1-3, its second key word derived from the seed. Source: Aumasson and Bernstein, "SipHash: a fast short-input
 * PRF", 2012. */
uint64_t hmap_hash(const void *bytes, size_t n, uint64_t seed)
{
    const uint8_t *p = bytes;
    uint64_t k0 = seed, k1 = rotl(seed, 32) * 0x9e3779b97f4a7c15u;
    uint64_t v[4] = {k0 ^ 0x736f6d6570736575u, k1 ^ 0x646f72616e646f6du, k0 ^ 0x6c7967656e657261u,
                     k1 ^ 0x7465646279746573u};
    uint64_t word = 0;
    size_t left = n;
    for (; left >= sizeof(word); left -= sizeof(word), p += sizeof(word)) {
        memcpy(&word, p, sizeof(word));
        sip_word(v, word);
    }
    word = 0;
    if (left > 0)
        memcpy(&word, p, left);
    sip_word(v, word | (uint64_t)n << 56);
    v[2] ^= 0xff;
    sip_round(v);
    sip_round(v);
    sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}
