/* num_text: see the header. Two digits are written at a time. */
#include "proto/item/num_text.h"

#include <assert.h>
#include <string.h>

/* Write v in exactly `digits` digits. */
static void put_digits(char *out, uint64_t v, uint32_t digits)
{
    static const char pairs[] = "00010203040506070809101112131415161718192021222324"
                                "25262728293031323334353637383940414243444546474849"
                                "50515253545556575859606162636465666768697071727374"
                                "75767778798081828384858687888990919293949596979899";
    char *p = out + digits;
    for (; v >= 100; v /= 100) {
        p -= 2;
        memcpy(p, pairs + 2 * (v % 100), 2);
    }
    if (v >= 10) {
        p -= 2;
        memcpy(p, pairs + 2 * v, 2);
    } else if (p > out) {
        *--p = (char)('0' + v);
    }
    assert(p == out);
}

uint32_t num_text_put_u64(char out[NUM_TEXT_MAX], uint64_t v)
{
    uint32_t digits = num_text_digits(v);
    put_digits(out, v, digits);
    return digits;
}

uint32_t num_text_put_i64(char out[NUM_TEXT_MAX], int64_t v)
{
    if (v >= 0)
        return num_text_put_u64(out, (uint64_t)v);
    out[0] = '-';
    uint64_t magnitude = 0 - (uint64_t)v;
    uint32_t digits = num_text_digits(magnitude);
    put_digits(out + 1, magnitude, digits);
    return digits + 1;
}
