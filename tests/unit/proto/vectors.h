/* vectors: reads the golden vectors of proto/vectors. Test code only; failures end the test.
 * Owner: spans of unhex belong to the caller, see span_free.
 */
#ifndef TEST_PROTO_VECTORS_H
#define TEST_PROTO_VECTORS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "proto/span.h"

/* The list of vectors in a file. The caller releases the reference. */
static inline json_t *load(const char *file, const char *key)
{
    char path[4096];
    json_error_t error;
    snprintf(path, sizeof(path), "%s/%s", DDBS_VECTORS, file);
    json_t *root = json_load_file(path, JSON_ALLOW_NUL, &error);
    if (root == NULL)
        fail_msg("%s:%d: %s", path, error.line, error.text);
    json_t *list = json_incref(json_object_get(root, key));
    assert_true(json_array_size(list) > 0);
    json_decref(root);
    return list;
}

static inline unsigned nibble(char c)
{
    return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

/* Bytes of a hex text, in a block of exactly their length, so that a sanitizer detects a read past it. */
static inline struct span unhex(const char *hex)
{
    size_t n = strlen(hex) / 2;
    uint8_t *out = malloc(n > 0 ? n : 1);
    assert_non_null(out);
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)(nibble(hex[2 * i]) << 4 | nibble(hex[2 * i + 1]));
    return span_of(out, n);
}

static inline json_t *hex_of(struct span s)
{
    static const char digit[] = "0123456789abcdef";
    char *out = malloc(2 * s.n + 1);
    assert_non_null(out);
    for (size_t i = 0; i < s.n; i++) {
        out[2 * i] = digit[s.p[i] >> 4];
        out[2 * i + 1] = digit[s.p[i] & 15];
    }
    json_t *text = json_stringn(out, 2 * s.n);
    free(out);
    return text;
}

static inline void span_free(struct span s)
{
    free((void *)(uintptr_t)s.p);
}

/* A member that must be a string. */
static inline const char *str(json_t *v, const char *key)
{
    const char *text = json_string_value(json_object_get(v, key));
    if (text == NULL)
        fail_msg("a vector has no %s", key);
    return text;
}

#endif
