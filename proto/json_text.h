/* json_text: JSON string content: UTF-8 validation, the size that escapes add, and writing with escapes.
 * Owner: the caller's memory. Pure.
 * Invariant: json_text_put writes exactly n + extra bytes, where json_text_scan returned `extra`.
 * Escapes: \" \\ \b \f \n \r \t, and \u00XX for the other bytes below 0x20; everything else is copied.
 * `end` bounds the readable memory, not the text: it allows short text to be read with one load.
 * Source: RFC 8259, section 7.
 */
#ifndef PROTO_JSON_TEXT_H
#define PROTO_JSON_TEXT_H

#include "proto/block16.h"
#include "proto/must_use.h"

/* The general forms of the two inline functions below, for text of any length. */
bool json_text_scan_long(const uint8_t *p, size_t n, const uint8_t *end, uint32_t *ret_extra) MUST_USE;
char *json_text_put_long(char *out, const uint8_t *p, size_t n, const uint8_t *end);

/* True if the text is valid UTF-8; `*ret_extra` is then the number of bytes that its escapes add. */
static inline MUST_USE bool json_text_scan(const uint8_t *p, size_t n, const uint8_t *end, uint32_t *ret_extra)
{
    if (n < 16) {
        struct block16 b = block16_load_short(p, n, end);
        if (((block16_escapes(b) | block16_high(b)) & ((1u << n) - 1)) == 0) {
            *ret_extra = 0;
            return true;
        }
    }
    return json_text_scan_long(p, n, end, ret_extra);
}

/* Copy n < 16 bytes with two overlapping moves. */
static inline char *json_text_copy_short(char *out, const uint8_t *p, size_t n)
{
    if (n >= 8) {
        uint64_t head = block16_load64(p), tail = block16_load64(p + n - 8);
        memcpy(out, &head, 8);
        memcpy(out + n - 8, &tail, 8);
    } else if (n >= 4) {
        uint32_t head = block16_load32(p), tail = block16_load32(p + n - 4);
        memcpy(out, &head, 4);
        memcpy(out + n - 4, &tail, 4);
    } else if (n > 0) {
        out[0] = (char)p[0];
        out[n >> 1] = (char)p[n >> 1];
        out[n - 1] = (char)p[n - 1];
    }
    return out + n;
}

/* Write the text with its escapes; `out` has room for exactly n + extra bytes. Returns the end. */
static inline char *json_text_put(char *out, const uint8_t *p, size_t n, const uint8_t *end)
{
    if (n < 16 && (block16_escapes(block16_load_short(p, n, end)) & ((1u << n) - 1)) == 0)
        return json_text_copy_short(out, p, n);
    return json_text_put_long(out, p, n, end);
}

#endif
