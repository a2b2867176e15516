/* base64: six bytes become eight characters in one 64-bit word. The 48 bits are spread over eight bytes; range offsets
 * then map each value to its letter, without tables or branches. With SSSE3 the same is done for twelve bytes in one
 * vector register.
 * Owner: the caller's memory. Pure.
 */
#include "proto/base64.h"

#include <stdbool.h>

#include "proto/be.h"
#include "proto/span.h"

#define ONES 0x0101010101010101u

/* Sets 1 in every byte of `sixes` (each below 64) that is at least `limit`. */
static inline uint64_t at_least(uint64_t sixes, unsigned limit)
{
    return ((sixes + (128 - limit) * ONES) >> 7) & ONES;
}

/* 48 bits to eight letters, the first letter in the lowest byte. */
static inline uint64_t letters(uint64_t bits)
{
    uint64_t t = bits >> 24 | (bits & 0xffffff) << 32;
    t = ((t >> 12) & 0x00000fff00000fffu) | (t & 0x00000fff00000fffu) << 16;
    t = ((t >> 6) & 0x003f003f003f003fu) | (t & 0x003f003f003f003fu) << 8;
    /* 'A'..'Z' 0..25, 'a'..'z' 26..51, '0'..'9' 52..61, '+' 62, '/' 63: offsets relative to the previous range. */
    return t + 'A' * ONES + 6 * at_least(t, 26) - 75 * at_least(t, 52) - 15 * at_least(t, 62) + 3 * at_least(t, 63);
}

#if defined(__x86_64__)

#include <tmmintrin.h>

#define BASE64_VECTOR 1

static bool vector_usable(void)
{
    return __builtin_cpu_supports("ssse3");
}

/* Encode twelve bytes per step while sixteen are readable. Returns the bytes consumed, a multiple of three. */
static __attribute__((target("ssse3"))) size_t vector_put(char *out, const uint8_t *p, size_t n)
{
    /* Each 32-bit lane gets the bytes 1 0 2 1 of its three, so that every sextet lies within one 16-bit half. */
    const __m128i order = _mm_setr_epi8(1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10);
    /* The offset from value to letter, by range: 0 is 'a'..'z', 1..10 a digit, 11 '+', 12 '/', 13 'A'..'Z'. */
    const char digit = '0' - 52;
    const __m128i offsets = _mm_setr_epi8('a' - 26, digit, digit, digit, digit, digit, digit, digit, digit, digit,
                                          digit, '+' - 62, '/' - 63, 'A', 0, 0);
    size_t done = 0;
    for (; n - done >= 16; done += 12, out += 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + done));
        v = _mm_shuffle_epi8(v, order);
        /* The multiplication shifts each half by its own distance: sextets 1 and 3 down, sextets 2 and 4 up. */
        __m128i odd = _mm_mulhi_epu16(_mm_and_si128(v, _mm_set1_epi32(0x0fc0fc00)), _mm_set1_epi32(0x04000040));
        __m128i even = _mm_mullo_epi16(_mm_and_si128(v, _mm_set1_epi32(0x003f03f0)), _mm_set1_epi32(0x01000010));
        v = _mm_or_si128(odd, even);
        __m128i range = _mm_subs_epu8(v, _mm_set1_epi8(51));
        __m128i upper = _mm_cmpgt_epi8(_mm_set1_epi8(26), v);
        range = _mm_or_si128(range, _mm_and_si128(upper, _mm_set1_epi8(13)));
        v = _mm_add_epi8(v, _mm_shuffle_epi8(offsets, range));
        _mm_storeu_si128((__m128i *)(void *)out, v);
    }
    return done;
}

#else

#define BASE64_VECTOR 0

#endif

char *base64_put(char *out, const uint8_t *p, size_t n)
{
#if BASE64_VECTOR
    if (n >= 32 && vector_usable()) {
        size_t done = vector_put(out, p, n);
        out += base64_len(done);
        p += done;
        n -= done;
    }
#endif
    for (; n >= 8; p += 6, n -= 6, out += 8) {
        uint64_t v = letters(be_load64(p) >> 16);
        memcpy(out, &v, 8);
    }
    uint8_t tail[9] = {0};
    if (n > 0)
        memcpy(tail, p, n);
    for (size_t i = 0; i < n; i += 3, out += 4) {
        uint64_t v = letters((uint64_t)tail[i] << 40 | (uint64_t)tail[i + 1] << 32 | (uint64_t)tail[i + 2] << 24);
        memcpy(out, &v, 4);
    }
    static const uint8_t pads[3] = {0, 2, 1};
    memset(out - pads[n % 3], '=', pads[n % 3]);
    return out;
}

/* The value of a base64 character, or -1. */
static int letter_value(uint8_t c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool base64_read(struct span text, uint8_t *out, size_t max, size_t *ret_len)
{
    size_t n = 0;
    size_t pad = text.n > 0 && text.p[text.n - 1] == '=' ? (text.n > 1 && text.p[text.n - 2] == '=' ? 2 : 1) : 0;
    if (text.n % 4 != 0 || text.n / 4 * 3 - pad > max)
        return false;
    uint32_t bits = 0;
    for (size_t i = 0; i < text.n - pad; i++) {
        int v = letter_value(text.p[i]);
        if (v < 0)
            return false;
        bits = bits << 6 | (uint32_t)v;
        if (i % 4 != 0)
            out[n++] = (uint8_t)(bits >> (6 - 2 * (i % 4)));
    }
    *ret_len = n;
    return true;
}
