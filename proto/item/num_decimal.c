/* num_decimal: doubles to shortest decimals, and decimals to text.
 * Owner: the caller's stack. Pure; no locale, no printf.
 * Method: R. Giulietti, "The Schubfach way to render doubles" (2020). A double is c * 2^q; every value in its rounding
 * interval reads back as that double. One 128-bit power of ten scales the interval so that either exactly one multiple
 * of ten or one of two neighbouring integers lies inside; of the shortest candidates the nearest wins. The products
 * keep a sticky last bit, which makes all comparisons exact.
 */
#include "proto/item/num_decimal.h"

#include <assert.h>
#include <string.h>

#include "proto/item/num_pow10.h"

static int32_t floor_log10_pow2(int32_t e)
{
    return (e * 1262611) >> 22;
}

static int32_t floor_log10_three_quarters_pow2(int32_t e)
{
    return (e * 1262611 - 524031) >> 22;
}

static int32_t floor_log2_pow10(int32_t e)
{
    return (e * 1741647) >> 19;
}

/* floor(g * x / 2^128), with the last bit set if anything was cut off. */
static uint64_t scale(const uint64_t g[2], uint64_t x)
{
    unsigned __int128 low = (unsigned __int128)g[1] * x;
    unsigned __int128 high = (unsigned __int128)g[0] * x + (uint64_t)(low >> 64);
    return (uint64_t)(high >> 64) | ((uint64_t)high > 1);
}

/* Remove trailing zero digits. */
static void strip_zeros(struct num_decimal *d)
{
    static const struct {
        uint64_t by;
        int32_t zeros;
    } steps[] = {{100000000, 8}, {100000000, 8}, {10000, 4}, {100, 2}, {10, 1}};
    if (d->m % 10 != 0)
        return;
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        if (d->m % steps[i].by == 0) {
            d->m /= steps[i].by;
            d->exp += steps[i].zeros;
        }
    }
}

struct num_decimal num_decimal_u64(uint64_t v, bool negative)
{
    struct num_decimal d = {.m = v, .negative = negative && v != 0};
    if (v != 0)
        strip_zeros(&d);
    d.digits = (uint8_t)num_text_digits(d.m);
    return d;
}

/* The shortest decimal in the rounding interval of c * 2^q; `narrow`: the interval below is only half as wide. */
static struct num_decimal shortest(uint64_t c, int32_t q, bool narrow)
{
    int32_t k = narrow ? floor_log10_three_quarters_pow2(q) : floor_log10_pow2(q);
    int32_t h = q + floor_log2_pow10(-k) + 1;
    assert(-k >= NUM_POW10_MIN && -k <= NUM_POW10_MAX && h >= 1 && h <= 4);
    const uint64_t *g = num_pow10[-k - NUM_POW10_MIN];
    uint64_t vb = scale(g, (4 * c) << h);
    /* An even c includes the ends of its interval (ties round to even). */
    uint64_t lower = scale(g, (4 * c - 2 + narrow) << h) + (c & 1);
    uint64_t upper = scale(g, (4 * c + 2) << h) - (c & 1);

    uint64_t s = vb / 4;
    if (s >= 10) {
        uint64_t tens = s / 10;
        bool below = lower <= 40 * tens;
        bool above = 40 * tens + 40 <= upper;
        if (below != above)
            return (struct num_decimal){.m = tens + above, .exp = k + 1};
    }
    bool below = lower <= 4 * s;
    bool above = 4 * s + 4 <= upper;
    if (below != above)
        return (struct num_decimal){.m = s + above, .exp = k};
    uint64_t middle = 4 * s + 2;
    bool up = vb > middle || (vb == middle && (s & 1) != 0);
    return (struct num_decimal){.m = s + up, .exp = k};
}

/* c * 2^q of a finite magnitude as float64 or, if it was one, as float32; true if the interval below is narrow. */
static bool split(double magnitude, bool single, uint64_t *ret_c, int32_t *ret_q)
{
    uint32_t fraction_bits = single ? 23 : 52;
    int32_t bias = single ? 127 : 1023;
    uint64_t bits = 0;
    if (single) {
        float f = (float)magnitude;
        uint32_t w;
        memcpy(&w, &f, 4);
        bits = w;
    } else {
        memcpy(&bits, &magnitude, 8);
    }
    uint64_t fraction = bits & ((1ull << fraction_bits) - 1);
    int32_t exponent = (int32_t)(bits >> fraction_bits);
    bool subnormal = exponent == 0;
    *ret_c = subnormal ? fraction : fraction | 1ull << fraction_bits;
    *ret_q = (subnormal ? 1 : exponent) - bias - (int32_t)fraction_bits;
    return fraction == 0 && exponent > 1;
}

/* Most doubles that people write have at most six decimals. m / 10^6 is rounded once, so if it equals the value,
 * that text reads back equal; and with so few digits (15 for a double, 6 for a float32, in which the quotient is
 * rounded again without harm) no other decimal of that length or shorter does. */
static bool six_decimals(double magnitude, bool single, struct num_decimal *ret)
{
    double millionths = magnitude * 1e6 + 0.5;
    if (!(millionths >= 1 && millionths < (single ? 1e6 : 1e15)))
        return false;
    uint64_t m = (uint64_t)millionths;
    double back = (double)m / 1e6;
    if (single ? (float)back != (float)magnitude : back != magnitude)
        return false;
    *ret = (struct num_decimal){.m = m, .exp = -6};
    return true;
}

bool num_decimal_double(double v, bool single, struct num_decimal *ret)
{
    double magnitude = __builtin_fabs(v);
    bool negative = v < 0;
    if (magnitude < 9007199254740992.0 && magnitude == (double)(uint64_t)magnitude) {
        /* Whole and below 2^53. A float32 above 2^24 may have a shorter text than its exact value. */
        if (!single || magnitude <= 16777216.0) {
            *ret = num_decimal_u64((uint64_t)magnitude, negative);
            return true;
        }
    }
    /* Also refuses NaN. The exact limits are checked on the decimal that will be sent. */
    if (!(magnitude > 1e-131 && magnitude < 1e127))
        return false;
    struct num_decimal d;
    if (!six_decimals(magnitude, single, &d)) {
        uint64_t c;
        int32_t q;
        bool narrow = split(magnitude, single, &c, &q);
        d = shortest(c, q, narrow);
    }
    d.negative = negative;
    strip_zeros(&d);
    d.digits = (uint8_t)num_text_digits(d.m);
    int32_t sci = d.exp + d.digits - 1;
    if (sci < NUM_SCI_MIN || sci > NUM_SCI_MAX)
        return false;
    *ret = d;
    return true;
}

uint32_t num_decimal_size(const struct num_decimal *d)
{
    return d->m == 0 ? 1 : num_size_of(d->digits, d->exp + d->digits - 1, d->negative);
}

static uint32_t exponent_len(int32_t sci)
{
    return 1 + (sci < 0) + num_text_digits((uint64_t)(sci < 0 ? -sci : sci));
}

uint32_t num_decimal_len(const struct num_decimal *d)
{
    int32_t digits = d->digits;
    int32_t sci = d->exp + digits - 1;
    int32_t len = 0;
    if (sci < -7 || sci > 20)
        len = digits + (digits > 1) + (int32_t)exponent_len(sci);
    else if (sci < 0)
        len = 1 - sci + digits;
    else
        len = d->exp >= 0 ? sci + 1 : digits + 1;
    return (uint32_t)len + d->negative;
}

/* d.ddde-30 */
static char *put_scientific(char *out, const char *text, uint32_t digits, int32_t sci)
{
    *out++ = text[0];
    if (digits > 1) {
        *out++ = '.';
        memcpy(out, text + 1, digits - 1);
        out += digits - 1;
    }
    *out++ = 'e';
    char exponent[NUM_TEXT_MAX];
    uint32_t n = num_text_put_i64(exponent, sci);
    memcpy(out, exponent, n);
    return out + n;
}

uint32_t num_decimal_put(char out[NUM_TEXT_MAX], const struct num_decimal *d)
{
    char text[NUM_TEXT_MAX];
    uint32_t digits = num_text_put_u64(text, d->m);
    int32_t sci = d->exp + (int32_t)digits - 1;
    char *p = out;
    if (d->negative)
        *p++ = '-';
    if (sci < -7 || sci > 20) {
        p = put_scientific(p, text, digits, sci);
    } else if (sci < 0) {
        memcpy(p, "0.0000000", 9);
        p += 1 - sci;
        memcpy(p, text, digits);
        p += digits;
    } else if (d->exp >= 0) {
        memcpy(p, text, digits);
        memset(p + digits, '0', (size_t)d->exp);
        p += sci + 1;
    } else {
        memcpy(p, text, (size_t)sci + 1);
        p[sci + 1] = '.';
        memcpy(p + sci + 2, text + sci + 1, (size_t)(-d->exp));
        p += digits + 1;
    }
    return (uint32_t)(p - out);
}

uint32_t num_decimal_put_double(char out[NUM_TEXT_MAX], double v)
{
    struct num_decimal d;
    return num_decimal_double(v, false, &d) ? num_decimal_put(out, &d) : 0;
}

uint32_t num_decimal_put_float(char out[NUM_TEXT_MAX], float v)
{
    struct num_decimal d;
    return num_decimal_double(v, true, &d) ? num_decimal_put(out, &d) : 0;
}

void num_decimal_to_num(const struct num_decimal *d, struct num *ret)
{
    *ret = (struct num){.negative = d->negative};
    if (d->m == 0)
        return;
    char text[NUM_TEXT_MAX];
    ret->ndigits = (uint8_t)num_text_put_u64(text, d->m);
    memcpy(ret->digits, text, ret->ndigits);
    ret->exp = (int16_t)(d->exp + ret->ndigits);
}
