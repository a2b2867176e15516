/* json: see json.h. Strings are scanned eight bytes at a time while they are plain ASCII. */
#include "tests/fakeddb/json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool fail(struct json *j)
{
    j->bad = true;
    return false;
}

static void skip_blanks(struct json *j)
{
    while (j->p < j->end && (*j->p == ' ' || *j->p == '\t' || *j->p == '\n' || *j->p == '\r'))
        j->p++;
}

enum json_kind json_peek(struct json *j)
{
    if (j->bad)
        return JSON_BAD;
    skip_blanks(j);
    if (j->p == j->end)
        return JSON_BAD;
    switch (*j->p) {
    case '{':
        return JSON_OBJECT;
    case '[':
        return JSON_ARRAY;
    case '"':
        return JSON_STRING;
    case 't':
        return JSON_TRUE;
    case 'f':
        return JSON_FALSE;
    case 'n':
        return JSON_NULL;
    default:
        return *j->p == '-' || (*j->p >= '0' && *j->p <= '9') ? JSON_NUMBER : JSON_BAD;
    }
}

bool json_open(struct json *j, char bracket)
{
    if (j->bad)
        return false;
    skip_blanks(j);
    if (j->p == j->end || *j->p != (uint8_t)bracket)
        return fail(j);
    j->p++;
    return true;
}

/* Step to the next thing inside a container. */
static bool next(struct json *j, bool *first, uint8_t closing)
{
    if (j->bad)
        return false;
    skip_blanks(j);
    if (j->p == j->end)
        return fail(j);
    if (*j->p == closing) {
        j->p++;
        return false;
    }
    if (*first) {
        *first = false;
        return true;
    }
    if (*j->p != ',')
        return fail(j);
    j->p++;
    return true;
}

bool json_next_member(struct json *j, bool *first, struct json_str *ret_name)
{
    if (!next(j, first, '}'))
        return false;
    skip_blanks(j);
    if (!json_string(j, ret_name))
        return false;
    skip_blanks(j);
    if (j->p == j->end || *j->p != ':')
        return fail(j);
    j->p++;
    return true;
}

bool json_next_element(struct json *j, bool *first)
{
    return next(j, first, ']');
}

/* The length of the UTF-8 sequence at p, 0 if it is not valid. */
static size_t utf8_len(const uint8_t *p, const uint8_t *end)
{
    size_t n = p[0] >= 0xC2 && p[0] <= 0xDF ? 2 : (p[0] & 0xF0) == 0xE0 ? 3 : p[0] >= 0xF0 && p[0] <= 0xF4 ? 4 : 0;
    if (n == 0 || (size_t)(end - p) < n)
        return 0;
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    }
    bool overlong = (p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xF0 && p[1] < 0x90);
    bool outside = (p[0] == 0xED && p[1] > 0x9F) || (p[0] == 0xF4 && p[1] > 0x8F);
    return overlong || outside ? 0 : n;
}

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The length of the escape at p (a backslash), 0 if it is not valid. */
static size_t escape_len(const uint8_t *p, const uint8_t *end)
{
    if (end - p < 2)
        return 0;
    if (p[1] != 'u')
        return p[1] != 0 && strchr("\"\\/bfnrt", p[1]) != NULL ? 2 : 0;
    if (end - p < 6)
        return 0;
    for (int i = 2; i < 6; i++) {
        if (hex_digit(p[i]) < 0)
            return 0;
    }
    return 6;
}

/* True if all eight bytes are plain: ASCII, no quote, backslash or control character. */
static bool word_plain(const uint8_t *p)
{
    const uint64_t ones = 0x0101010101010101u, highs = 0x8080808080808080u;
    uint64_t w;
    memcpy(&w, p, 8);
    uint64_t quote = w ^ ones * '"', slash = w ^ ones * '\\';
    uint64_t found = w | ((w - ones * 0x20) & ~w) | ((quote - ones) & ~quote) | ((slash - ones) & ~slash);
    return (found & highs) == 0;
}

bool json_string(struct json *j, struct json_str *ret)
{
    if (j->bad)
        return false;
    skip_blanks(j);
    if (j->p == j->end || *j->p != '"')
        return fail(j);
    const uint8_t *start = j->p + 1, *p = start, *end = j->end;
    bool escaped = false;
    for (;;) {
        while (end - p >= 8 && word_plain(p))
            p += 8;
        while (p < end && *p >= 0x20 && *p < 0x80 && *p != '"' && *p != '\\')
            p++;
        if (p == end || *p < 0x20)
            return fail(j);
        if (*p == '"')
            break;
        size_t n = *p == '\\' ? escape_len(p, end) : utf8_len(p, end);
        if (n == 0)
            return fail(j);
        escaped = escaped || *p == '\\';
        p += n;
    }
    *ret = (struct json_str){.raw = span_of(start, (size_t)(p - start)), .escaped = escaped};
    j->p = p + 1;
    return true;
}

static bool skip_word(struct json *j, const char *word)
{
    size_t n = strlen(word);
    if ((size_t)(j->end - j->p) < n || memcmp(j->p, word, n) != 0)
        return fail(j);
    j->p += n;
    return true;
}

static size_t skip_digits(struct json *j)
{
    const uint8_t *start = j->p;
    while (j->p < j->end && *j->p >= '0' && *j->p <= '9')
        j->p++;
    return (size_t)(j->p - start);
}

static bool skip_number(struct json *j)
{
    if (*j->p == '-')
        j->p++;
    bool zero = j->p < j->end && *j->p == '0';
    size_t n = skip_digits(j);
    if (n == 0 || (zero && n > 1))
        return fail(j);
    if (j->p < j->end && *j->p == '.') {
        j->p++;
        if (skip_digits(j) == 0)
            return fail(j);
    }
    if (j->p < j->end && (*j->p | 0x20) == 'e') {
        j->p++;
        if (j->p < j->end && (*j->p == '+' || *j->p == '-'))
            j->p++;
        if (skip_digits(j) == 0)
            return fail(j);
    }
    return true;
}

static bool skip_value(struct json *j, int depth)
{
    struct json_str s;
    bool first = true;
    switch (json_peek(j)) {
    case JSON_STRING:
        return json_string(j, &s);
    case JSON_NUMBER:
        return skip_number(j);
    case JSON_TRUE:
        return skip_word(j, "true");
    case JSON_FALSE:
        return skip_word(j, "false");
    case JSON_NULL:
        return skip_word(j, "null");
    case JSON_OBJECT:
        j->p++;
        while (depth < JSON_DEPTH_MAX && json_next_member(j, &first, &s) && skip_value(j, depth + 1))
            continue;
        return depth < JSON_DEPTH_MAX ? !j->bad : fail(j);
    case JSON_ARRAY:
        j->p++;
        while (depth < JSON_DEPTH_MAX && json_next_element(j, &first) && skip_value(j, depth + 1))
            continue;
        return depth < JSON_DEPTH_MAX ? !j->bad : fail(j);
    case JSON_BAD:
        break;
    }
    return fail(j);
}

bool json_value(struct json *j, struct span *ret_text)
{
    if (j->bad)
        return false;
    skip_blanks(j);
    const uint8_t *start = j->p;
    if (!skip_value(j, 0))
        return false;
    *ret_text = span_of(start, (size_t)(j->p - start));
    return true;
}

bool json_end(struct json *j)
{
    skip_blanks(j);
    return !j->bad && j->p == j->end;
}

static uint32_t hex4(const uint8_t *p)
{
    uint32_t v = 0;
    for (int i = 0; i < 4; i++)
        v = v << 4 | (uint32_t)hex_digit(p[i]);
    return v;
}

static size_t put_utf8(uint32_t c, uint8_t *out)
{
    if (c < 0x80) {
        out[0] = (uint8_t)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (uint8_t)(0xC0 | c >> 6);
        out[1] = (uint8_t)(0x80 | (c & 63));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (uint8_t)(0xE0 | c >> 12);
        out[1] = (uint8_t)(0x80 | (c >> 6 & 63));
        out[2] = (uint8_t)(0x80 | (c & 63));
        return 3;
    }
    out[0] = (uint8_t)(0xF0 | c >> 18);
    out[1] = (uint8_t)(0x80 | (c >> 12 & 63));
    out[2] = (uint8_t)(0x80 | (c >> 6 & 63));
    out[3] = (uint8_t)(0x80 | (c & 63));
    return 4;
}

/* The code point of a \u escape at p; *ret_used is 6 or 12. */
static uint32_t unescape_u(const uint8_t *p, const uint8_t *end, size_t *ret_used)
{
    uint32_t c = hex4(p + 2);
    *ret_used = 6;
    if (c < 0xD800 || c > 0xDFFF)
        return c;
    if (c >= 0xDC00 || end - p < 12 || p[6] != '\\' || p[7] != 'u')
        return 0xFFFD;
    uint32_t low = hex4(p + 8);
    if (low < 0xDC00 || low > 0xDFFF)
        return 0xFFFD;
    *ret_used = 12;
    return 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
}

size_t json_unescape(struct span raw, uint8_t *out)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    const uint8_t *p = raw.p, *end = raw.p + raw.n;
    size_t n = 0;
    while (p < end) {
        uint8_t bytes[4] = {*p};
        size_t used = 1, made = 1;
        if (*p == '\\' && p[1] == 'u') {
            made = put_utf8(unescape_u(p, end, &used), bytes);
        } else if (*p == '\\') {
            bytes[0] = (uint8_t)to[strchr(from, p[1]) - from];
            used = 2;
        }
        if (out != NULL)
            memcpy(out + n, bytes, made);
        n += made;
        p += used;
    }
    return n;
}

bool json_str_is(struct json_str s, const char *literal)
{
    size_t n = strlen(literal);
    return s.raw.n == n && memcmp(s.raw.p, literal, n) == 0;
}

bool json_text_double(struct span text, double *ret)
{
    char buf[64];
    if (text.n == 0 || text.n >= sizeof(buf) || (text.p[0] != '-' && (text.p[0] < '0' || text.p[0] > '9')))
        return false;
    memcpy(buf, text.p, text.n);
    buf[text.n] = '\0';
    char *end = NULL;
    errno = 0;
    double v = strtod(buf, &end);
    if (end != buf + text.n || errno != 0)
        return false;
    *ret = v;
    return true;
}

bool json_text_u64(struct span text, uint64_t *ret)
{
    uint64_t v = 0;
    if (text.n == 0 || text.n > 18)
        return false;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9')
            return false;
        v = v * 10 + (uint64_t)(text.p[i] - '0');
    }
    *ret = v;
    return true;
}

bool json_members(struct span text, const char *const *names, struct span *ret_values, int n)
{
    struct json j = json_of(text);
    bool first = true;
    struct json_str name;
    for (int i = 0; i < n; i++)
        ret_values[i] = span_of(NULL, 0);
    if (!json_open(&j, '{'))
        return false;
    while (json_next_member(&j, &first, &name)) {
        struct span value;
        bool null = json_peek(&j) == JSON_NULL;
        if (!json_value(&j, &value))
            return false;
        for (int i = 0; i < n && !null; i++) {
            if (json_str_is(name, names[i]))
                ret_values[i] = value;
        }
    }
    return json_end(&j);
}
