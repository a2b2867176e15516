/* hash64: a keyed 64-bit hash of short byte strings.
 * Owner: the caller's registers. Pure, inline.
 * Invariants: every byte affects the hash; both factors of every product contain secret bits, so no input can make a
 * product vanish and collide for all seeds.
 */
#ifndef PROTO_HASH64_H
#define PROTO_HASH64_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Multiply to 128 bits and fold. */
static inline uint64_t hash64_mix(uint64_t a, uint64_t b)
{
    unsigned __int128 r = (unsigned __int128)a * b;
    return (uint64_t)r ^ (uint64_t)(r >> 64);
}

static inline uint64_t hash64_load(const uint8_t *p, size_t n)
{
    uint64_t v = 0;
    if (n == 8) {
        memcpy(&v, p, 8);
    } else {
        uint32_t w;
        memcpy(&w, p, 4);
        v = w;
    }
    return v;
}

static inline uint64_t hash64(const void *bytes, size_t n, uint64_t seed)
{
    const uint8_t *p = (const uint8_t *)bytes;
    uint64_t key = hash64_mix(seed ^ 0x9e3779b97f4a7c15u, 0xd1b54a32d192ed03u);
    uint64_t state = hash64_mix(seed ^ 0xbf58476d1ce4e5b9u, 0x94d049bb133111ebu) ^ n;
    for (; n > 16; p += 16, n -= 16)
        state = hash64_mix(hash64_load(p, 8) ^ key, hash64_load(p + 8, 8) ^ state);
    uint64_t a = 0, b = 0;
    if (n >= 8) {
        a = hash64_load(p, 8);
        b = hash64_load(p + n - 8, 8);
    } else if (n >= 4) {
        a = hash64_load(p, 4);
        b = hash64_load(p + n - 4, 4);
    } else if (n > 0) {
        a = p[0] | (uint64_t)p[n >> 1] << 8 | (uint64_t)p[n - 1] << 16;
    }
    return hash64_mix(hash64_mix(a ^ key, b ^ state), key ^ 0xa0761d6478bd642fu);
}

#endif
