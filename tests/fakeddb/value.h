/* value: DynamoDB attribute values in JSON: the service's rules, size, and rewriting.
 * Owner: the caller's stack; spans point into the request. Pure.
 * Invariants: an item that passed has one type per value, valid numbers, sets and base64, and at most 32 levels.
 * Source: the DynamoDB developer guide, "Constraints", "Naming rules and data types", "Capacity unit calculations".
 */
#ifndef FAKEDDB_VALUE_H
#define FAKEDDB_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/span.h"
#include "tests/fakeddb/json.h"
#include "tests/fakeddb/text.h"

enum { ITEM_BYTES_MAX = 400 * 1024, VALUE_DEPTH_MAX = 32, VALUE_ERROR_MAX = 400 };

/* The first error, in the service's order: types of JSON first, then rules of values. */
struct value_error {
    bool serialization;         /* otherwise validation */
    char text[VALUE_ERROR_MAX]; /* empty: no error */
};

/* The properties of one attribute value. */
struct value_info {
    uint32_t size;
    const char *type;
    struct json_str inside; /* S, N, B only */
};

/* Validate the value at the cursor; `depth` is 1 for an attribute of an item. */
void value_check(struct json *j, int depth, struct value_error *err, struct value_info *ret);

/* Record the first error; later ones are ignored, but a serialization error replaces a validation error. */
void value_error_set(struct value_error *err, bool serialization, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* How to rewrite a checked value. NORMAL: as the service answers (numbers plain). RESPELL: numbers in other spellings
 * of equal value, chosen by `*dice`. CANONICAL: members sorted by name, numbers plain, escapes minimal, no blanks. */
enum value_style { VALUE_NORMAL, VALUE_RESPELL, VALUE_CANONICAL };

/* Rewrite a checked item ({"name":{"S":"..."},...}). */
void value_rewrite_item(struct span item, enum value_style style, uint64_t *dice, struct text *out);

#endif
