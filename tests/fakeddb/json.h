/* json: a bounded pull scanner over JSON text in place: no tree, no allocation, no copies.
 * Owner: the caller's stack; spans point into the text.
 * Invariants: p never passes end; once `bad` is set every call fails and nothing moves, so a caller checks at the end.
 * Everything that is skipped has been validated (grammar, UTF-8, depth).
 */
#ifndef FAKEDDB_JSON_H
#define FAKEDDB_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/span.h"

enum { JSON_DEPTH_MAX = 160 };

enum json_kind { JSON_BAD, JSON_OBJECT, JSON_ARRAY, JSON_STRING, JSON_NUMBER, JSON_TRUE, JSON_FALSE, JSON_NULL };

struct json {
    const uint8_t *p, *end;
    bool bad;
};

/* A string's content without quotes; `escaped` if it contains backslashes. */
struct json_str {
    struct span raw;
    bool escaped;
};

static inline struct json json_of(struct span text)
{
    return (struct json){.p = text.p, .end = text.n > 0 ? text.p + text.n : text.p};
}

/* The kind of the next value; does not consume it. */
enum json_kind json_peek(struct json *j);

/* Enter an object or array; false (and bad) if the next value is something else. */
bool json_open(struct json *j, char bracket);

/* The next member or element; `*first` starts true. False at the closing bracket, which is consumed, or when bad. */
bool json_next_member(struct json *j, bool *first, struct json_str *ret_name);
bool json_next_element(struct json *j, bool *first);

/* Read a string, or any value as its text. False (and bad) if it is missing. */
bool json_string(struct json *j, struct json_str *ret);
bool json_value(struct json *j, struct span *ret_text);

/* True if only blanks are left and nothing was bad. */
bool json_end(struct json *j);

/* Resolve escapes. `out` has room for raw.n bytes, or is NULL to count only. Returns the length. Lone surrogates become
 * U+FFFD. */
size_t json_unescape(struct span raw, uint8_t *out);

/* Length of a string without its escapes. */
static inline size_t json_str_len(struct json_str s)
{
    return s.escaped ? json_unescape(s.raw, NULL) : s.raw.n;
}

bool json_str_is(struct json_str s, const char *literal);

/* Convert the text of a number or a boolean. False if it is not one. */
bool json_text_double(struct span text, double *ret);
bool json_text_u64(struct span text, uint64_t *ret);

/* Collect the values of the named members of one object (others are skipped; a later duplicate wins); n spans, .p NULL
 * if absent or null. False if the text is not one object and nothing more. */
bool json_members(struct span text, const char *const *names, struct span *ret_values, int n);

#endif
