/* utf8: a table-driven automaton without branches. Each byte's row packs the next state of every state, six bits each:
 * a step is one shift, and mixed text causes no branch mispredictions. ASCII is skipped sixteen bytes at a time.
 * Owner: the caller. Pure.
 */
#include "proto/utf8.h"

#include "proto/block16.h"

/* A state is the bit offset of its entry in a row. */
enum {
    ST_OK = 0,   /* between characters */
    ST_BAD = 6,  /* absorbing */
    ST_ONE = 12, /* expects one continuation byte */
    ST_TWO = 18,
    ST_THREE = 24,
    ST_E0 = 30, /* after E0: A0..BF, else overlong */
    ST_ED = 36, /* after ED: 80..9F, else a surrogate */
    ST_F0 = 42, /* after F0: 90..BF, else overlong */
    ST_F4 = 48, /* after F4: 80..8F, else above U+10FFFF */
};

#define TO(from, next) ((uint64_t)(next) << (from))

/* A row in which every state but those given leads to ST_BAD. */
#define BAD_REST                                                                                                       \
    (TO(ST_BAD, ST_BAD) | TO(ST_ONE, ST_BAD) | TO(ST_TWO, ST_BAD) | TO(ST_THREE, ST_BAD) | TO(ST_E0, ST_BAD) |         \
     TO(ST_ED, ST_BAD) | TO(ST_F0, ST_BAD) | TO(ST_F4, ST_BAD))
#define LEAD(next) (TO(ST_OK, next) | BAD_REST)
#define TAIL(e0, ed, f0, f4)                                                                                           \
    (TO(ST_OK, ST_BAD) | TO(ST_BAD, ST_BAD) | TO(ST_ONE, ST_OK) | TO(ST_TWO, ST_ONE) | TO(ST_THREE, ST_TWO) |          \
     TO(ST_E0, e0) | TO(ST_ED, ed) | TO(ST_F0, f0) | TO(ST_F4, f4))

static const uint64_t rows[256] = {
    [0x00 ... 0x7f] = LEAD(ST_OK),
    [0x80 ... 0x8f] = TAIL(ST_BAD, ST_ONE, ST_BAD, ST_TWO),
    [0x90 ... 0x9f] = TAIL(ST_BAD, ST_ONE, ST_TWO, ST_BAD),
    [0xa0 ... 0xbf] = TAIL(ST_ONE, ST_BAD, ST_TWO, ST_BAD),
    [0xc0 ... 0xc1] = LEAD(ST_BAD),
    [0xc2 ... 0xdf] = LEAD(ST_ONE),
    [0xe0] = LEAD(ST_E0),
    [0xe1 ... 0xec] = LEAD(ST_TWO),
    [0xed] = LEAD(ST_ED),
    [0xee ... 0xef] = LEAD(ST_TWO),
    [0xf0] = LEAD(ST_F0),
    [0xf1 ... 0xf3] = LEAD(ST_THREE),
    [0xf4] = LEAD(ST_F4),
    [0xf5 ... 0xff] = LEAD(ST_BAD),
};

static inline uint64_t step(uint64_t state, uint8_t byte)
{
    return rows[byte] >> (state & 63);
}

bool utf8_valid(const uint8_t *p, size_t n)
{
    uint64_t state = ST_OK;
    for (; n >= 16; p += 16, n -= 16) {
        if ((state & 63) == ST_OK && block16_high(block16_load(p)) == 0)
            continue;
        for (int i = 0; i < 16; i++)
            state = step(state, p[i]);
    }
    for (size_t i = 0; i < n; i++)
        state = step(state, p[i]);
    return (state & 63) == ST_OK;
}

size_t utf8_cut(const uint8_t *p, size_t n, size_t max)
{
    if (n <= max)
        return n;
    size_t at = max;
    while (at > 0 && (p[at] & 0xc0) == 0x80)
        at--;
    return at;
}
