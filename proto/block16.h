/* block16: byte masks of sixteen bytes at a time: those that JSON must escape, those that are not ASCII.
 * Owner: the caller's registers. Pure, inline.
 * Invariants: bit i of a mask stands for byte i; nothing outside [p, end) is read, where `end` bounds the readable
 * memory. SSE2 is part of every x86-64; other machines use the 64-bit form, which gives the same masks.
 */
#ifndef PROTO_BLOCK16_H
#define PROTO_BLOCK16_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint64_t block16_load64(const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, 8);
    return v;
}

static inline uint32_t block16_load32(const uint8_t *p)
{
    uint32_t v;
    memcpy(&v, p, 4);
    return v;
}

#if defined(__SSE2__)

#include <emmintrin.h>

struct block16 {
    __m128i v;
};

static inline struct block16 block16_load(const uint8_t *p)
{
    return (struct block16){_mm_loadu_si128((const __m128i *)(const void *)p)};
}

static inline struct block16 block16_make(uint64_t lo, uint64_t hi)
{
    return (struct block16){_mm_set_epi64x((int64_t)hi, (int64_t)lo)};
}

static inline void block16_store(void *p, struct block16 b)
{
    _mm_storeu_si128((__m128i *)p, b.v);
}

/* Bytes below 0x20, quotes and backslashes. */
static inline uint32_t block16_escapes(struct block16 b)
{
    __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(b.v, _mm_set1_epi8(0x1f)), b.v);
    __m128i quote = _mm_cmpeq_epi8(b.v, _mm_set1_epi8('"'));
    __m128i slash = _mm_cmpeq_epi8(b.v, _mm_set1_epi8('\\'));
    return (uint32_t)_mm_movemask_epi8(_mm_or_si128(control, _mm_or_si128(quote, slash)));
}

/* Bytes of 0x80 and above. */
static inline uint32_t block16_high(struct block16 b)
{
    return (uint32_t)_mm_movemask_epi8(b.v);
}

#else

#define BLOCK16_ONES 0x0101010101010101u
#define BLOCK16_TOPS 0x8080808080808080u
#define BLOCK16_LOWS 0x7f7f7f7f7f7f7f7fu

struct block16 {
    uint64_t lo, hi;
};

static inline struct block16 block16_load(const uint8_t *p)
{
    return (struct block16){block16_load64(p), block16_load64(p + 8)};
}

static inline struct block16 block16_make(uint64_t lo, uint64_t hi)
{
    return (struct block16){lo, hi};
}

static inline void block16_store(void *p, struct block16 b)
{
    memcpy(p, &b, 16);
}

/* Sets the top bit of every byte that is zero, without carries between bytes. */
static inline uint64_t block16_zero64(uint64_t x)
{
    return ~(((x & BLOCK16_LOWS) + BLOCK16_LOWS) | x) & BLOCK16_TOPS;
}

/* Gather the eight top bits into eight mask bits. */
static inline uint32_t block16_gather(uint64_t tops)
{
    return (uint32_t)(((tops >> 7) * 0x0102040810204080u) >> 56);
}

static inline uint64_t block16_escapes64(uint64_t x)
{
    uint64_t control = ~(((x & BLOCK16_LOWS) + 0x60 * BLOCK16_ONES) | x) & BLOCK16_TOPS;
    return control | block16_zero64(x ^ '"' * BLOCK16_ONES) | block16_zero64(x ^ '\\' * BLOCK16_ONES);
}

static inline uint32_t block16_escapes(struct block16 b)
{
    return block16_gather(block16_escapes64(b.lo)) | block16_gather(block16_escapes64(b.hi)) << 8;
}

static inline uint32_t block16_high(struct block16 b)
{
    return block16_gather(b.lo & BLOCK16_TOPS) | block16_gather(b.hi & BLOCK16_TOPS) << 8;
}

#endif

/* The n < 16 bytes at p. The rest of the block is undefined: mask it off. */
static inline struct block16 block16_load_short(const uint8_t *p, size_t n, const uint8_t *end)
{
    if (end - p >= 16)
        return block16_load(p);
    uint64_t lo = 0, hi = 0;
    if (n >= 8) {
        lo = block16_load64(p);
        hi = n == 8 ? 0 : block16_load64(p + n - 8) >> (8 * (16 - n));
    } else if (n >= 4) {
        lo = block16_load32(p) | (n == 4 ? 0 : (uint64_t)(block16_load32(p + n - 4) >> (8 * (8 - n))) << 32);
    } else if (n > 0) {
        lo = p[0] | (uint64_t)p[n >> 1] << (8 * (n >> 1)) | (uint64_t)p[n - 1] << (8 * (n - 1));
    }
    return block16_make(lo, hi);
}

#endif
