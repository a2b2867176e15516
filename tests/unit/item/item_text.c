/* item_text: a recursive parser of the notation. See the header.
 */
#include "tests/unit/item/item_text.h"

#include <assert.h>
#include <stdlib.h>

#include "proto/be.h"
#include "proto/item/item.h"
#include "proto/mp_write.h"

static const char *value(const char *s, struct mp_writer *w);

static unsigned hex_byte(const char *s)
{
    char pair[3] = {s[0], s[1], 0};
    char *end;
    unsigned v = (unsigned)strtoul(pair, &end, 16);
    assert(end == pair + 2);
    return v;
}

/* Parse from after the opening quote to after the closing one. */
static const char *quoted(const char *s, char *out, size_t *ret_n)
{
    size_t n = 0;
    while (*s != '\'') {
        assert(*s != 0);
        if (s[0] == '\\' && s[1] == 'x') {
            out[n++] = (char)hex_byte(s + 2);
            s += 4;
        } else {
            out[n++] = *s++;
        }
    }
    *ret_n = n;
    return s + 1;
}

static const char *quoted_hex(const char *s, char *out, size_t *ret_n)
{
    size_t n = 0;
    for (; *s != '\''; s += 2)
        out[n++] = (char)hex_byte(s);
    *ret_n = n;
    return s + 1;
}

/* Parse the members up to the closing bracket, into a separate writer. */
static const char *members(const char *s, char close, bool pairs, struct mp_writer *w, uint32_t *ret_count)
{
    *ret_count = 0;
    while (*s != close) {
        s = value(s, w);
        if (pairs) {
            assert(*s == ':');
            s = value(s + 1, w);
        }
        ++*ret_count;
        assert(*s == ',' || *s == close);
        s += *s == ',';
    }
    return s + 1;
}

static const char *container(const char *s, bool map, struct mp_writer *w)
{
    uint8_t *inner = malloc(ITEM_TEXT_MAX);
    struct mp_writer iw = mp_write_open(inner, ITEM_TEXT_MAX);
    uint32_t count;
    s = members(s, map ? '}' : ']', map, &iw, &count);
    if (map)
        mp_write_map(w, count);
    else
        mp_write_array(w, count);
    mp_write_raw(w, inner, iw.need);
    free(inner);
    return s;
}

static const char *set(const char *s, int8_t ext, struct mp_writer *w)
{
    uint8_t *payload = malloc(ITEM_TEXT_MAX);
    struct mp_writer pw = mp_write_open(payload, ITEM_TEXT_MAX);
    s = container(s, false, &pw);
    mp_write_ext(w, ext, payload, pw.need);
    free(payload);
    return s;
}

static const char *number(const char *s, struct mp_writer *w)
{
    const char *at = s;
    while (*at != 0 && strchr("0123456789+-.e", *at) != NULL)
        at++;
    size_t n = (size_t)(at - s);
    assert(n > 0);
    char *end;
    if (*at == 'f') {
        float f = strtof(s, &end);
        uint32_t bits;
        memcpy(&bits, &f, 4);
        uint8_t raw[5] = {0xca};
        be_store32(raw + 1, bits);
        mp_write_raw(w, raw, 5);
        return at + 1;
    }
    if (memchr(s, '.', n) != NULL || memchr(s, 'e', n) != NULL)
        mp_write_double(w, strtod(s, &end));
    else if (*s == '-')
        mp_write_int(w, strtoll(s, &end, 10));
    else
        mp_write_uint(w, strtoull(s, &end, 10));
    assert(end == at);
    return at;
}

static const char *word(const char *s, struct mp_writer *w)
{
    if (strncmp(s, "true", 4) == 0) {
        mp_write_bool(w, true);
        return s + 4;
    }
    if (strncmp(s, "false", 5) == 0) {
        mp_write_bool(w, false);
        return s + 5;
    }
    if (strncmp(s, "null", 4) == 0) {
        mp_write_nil(w);
        return s + 4;
    }
    return number(s, w);
}

static const char *value(const char *s, struct mp_writer *w)
{
    char *text = malloc(strlen(s) + 1);
    size_t n;
    if (*s == '\'') {
        s = quoted(s + 1, text, &n);
        mp_write_str(w, text, n);
    } else if (strncmp(s, "x'", 2) == 0) {
        s = quoted_hex(s + 2, text, &n);
        mp_write_bin(w, text, n);
    } else if (strncmp(s, "n'", 2) == 0) {
        s = quoted(s + 2, text, &n);
        mp_write_ext(w, EXT_NUMBER, text, n);
    } else if (*s == 'e' && s[2] == '\'') {
        int8_t ext = (int8_t)(s[1] - '0');
        s = quoted_hex(s + 3, text, &n);
        mp_write_ext(w, ext, text, n);
    } else if (*s == '{' || *s == '[') {
        s = container(s + 1, *s == '{', w);
    } else if (strncmp(s, "ss[", 3) == 0) {
        s = set(s + 3, EXT_STRING_SET, w);
    } else if (strncmp(s, "ns[", 3) == 0) {
        s = set(s + 3, EXT_NUMBER_SET, w);
    } else if (strncmp(s, "bs[", 3) == 0) {
        s = set(s + 3, EXT_BINARY_SET, w);
    } else {
        s = word(s, w);
    }
    free(text);
    return s;
}

struct span item_text(uint8_t out[ITEM_TEXT_MAX], const char *notation)
{
    struct mp_writer w = mp_write_open(out, ITEM_TEXT_MAX);
    const char *end = value(notation, &w);
    assert(*end == 0 && mp_write_fits(&w));
    return span_of(out, w.need);
}
