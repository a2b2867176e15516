/* json_text: the general functions for text of any length; see the header.
 * Owner: the caller's memory. Pure.
 */
#include "proto/json_text.h"

#include "proto/utf8.h"

/* The letter of a byte's short escape; other bytes that need an escape are written as \u00XX. */
static const char short_escape[256] = {
    ['"'] = '"', ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't',
};

/* Bytes added by the escapes that `mask` marks in the sixteen bytes at p. */
static uint32_t extra_of(const uint8_t *p, uint32_t mask)
{
    uint32_t extra = 0;
    for (; mask != 0; mask &= mask - 1)
        extra += short_escape[p[__builtin_ctz(mask)]] != 0 ? 1 : 5;
    return extra;
}

bool json_text_scan_long(const uint8_t *p, size_t n, const uint8_t *end, uint32_t *ret_extra)
{
    uint32_t extra = 0;
    size_t ascii = 0; /* bytes before the first block that is not ASCII */
    uint32_t high = 0;
    size_t i = 0;
    for (; n - i >= 16; i += 16) {
        struct block16 b = block16_load(p + i);
        uint32_t mask = block16_escapes(b);
        if (mask != 0)
            extra += extra_of(p + i, mask);
        high |= block16_high(b);
        if (high == 0)
            ascii = i + 16;
    }
    if (n > i) {
        uint32_t valid = (1u << (n - i)) - 1;
        struct block16 b = block16_load_short(p + i, n - i, end);
        uint32_t mask = block16_escapes(b) & valid;
        if (mask != 0)
            extra += extra_of(p + i, mask);
        high |= block16_high(b) & valid;
    }
    if (high != 0 && !utf8_valid(p + ascii, n - ascii))
        return false;
    *ret_extra = extra;
    return true;
}

static char *put_escape(char *out, uint8_t byte)
{
    static const char hex[16] = {'0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'};
    *out++ = '\\';
    if (short_escape[byte] != 0) {
        *out++ = short_escape[byte];
        return out;
    }
    *out++ = 'u';
    *out++ = '0';
    *out++ = '0';
    *out++ = hex[byte >> 4];
    *out++ = hex[byte & 15];
    return out;
}

/* Write n < 16 bytes, escaped where needed. */
static char *put_short(char *out, const uint8_t *p, size_t n, const uint8_t *end)
{
    uint32_t mask = n == 0 ? 0 : block16_escapes(block16_load_short(p, n, end)) & ((1u << n) - 1);
    size_t done = 0;
    for (; mask != 0; mask &= mask - 1) {
        size_t at = (size_t)__builtin_ctz(mask);
        out = json_text_copy_short(out, p + done, at - done);
        out = put_escape(out, p[at]);
        done = at + 1;
    }
    return json_text_copy_short(out, p + done, n - done);
}

char *json_text_put_long(char *out, const uint8_t *p, size_t n, const uint8_t *end)
{
    const uint8_t *stop = p + n;
    while (stop - p >= 16) {
        struct block16 b = block16_load(p);
        uint32_t mask = block16_escapes(b);
        /* Sixteen bytes of text become at least sixteen bytes of JSON, so this store stays inside `out`. */
        block16_store(out, b);
        if (mask == 0) {
            p += 16;
            out += 16;
            continue;
        }
        unsigned clean = (unsigned)__builtin_ctz(mask);
        out = put_escape(out + clean, p[clean]);
        p += clean + 1;
    }
    return put_short(out, p, (size_t)(stop - p), end);
}
