/* text: see text.h. */
#include "tests/fakeddb/text.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void text_init(struct text *t, size_t max)
{
    *t = (struct text){.max = max};
}

void text_fini(struct text *t)
{
    free(t->p);
    *t = (struct text){.max = t->max};
}

void text_clear(struct text *t, size_t keep_max)
{
    if (t->cap > keep_max)
        text_fini(t);
    t->len = 0;
    t->failed = false;
}

char *text_room(struct text *t, size_t n)
{
    if (t->failed || n > t->max - t->len) {
        t->failed = true;
        return NULL;
    }
    if (t->len + n <= t->cap)
        return t->p + t->len;
    size_t cap = t->cap != 0 ? t->cap : 256;
    while (cap < t->len + n)
        cap *= 2;
    if (cap > t->max)
        cap = t->max;
    char *p = realloc(t->p, cap);
    if (p == NULL) {
        t->failed = true;
        return NULL;
    }
    t->p = p;
    t->cap = cap;
    return p + t->len;
}

void text_put(struct text *t, const void *bytes, size_t n)
{
    char *to = text_room(t, n);
    if (to == NULL || n == 0)
        return;
    memcpy(to, bytes, n);
    t->len += n;
}

void text_puts(struct text *t, const char *s)
{
    text_put(t, s, strlen(s));
}

void text_putf(struct text *t, const char *fmt, ...)
{
    char small[512];
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(small, sizeof(small), fmt, args);
    va_end(args);
    assert(n >= 0);
    if ((size_t)n < sizeof(small)) {
        text_put(t, small, (size_t)n);
        return;
    }
    char *to = text_room(t, (size_t)n + 1);
    if (to == NULL)
        return;
    va_start(args, fmt);
    vsnprintf(to, (size_t)n + 1, fmt, args);
    va_end(args);
    t->len += (size_t)n;
}

static void put_escape(struct text *t, uint8_t c)
{
    switch (c) {
    case '"':
        text_put(t, "\\\"", 2);
        break;
    case '\\':
        text_put(t, "\\\\", 2);
        break;
    case '\b':
        text_put(t, "\\b", 2);
        break;
    case '\f':
        text_put(t, "\\f", 2);
        break;
    case '\n':
        text_put(t, "\\n", 2);
        break;
    case '\r':
        text_put(t, "\\r", 2);
        break;
    case '\t':
        text_put(t, "\\t", 2);
        break;
    default:
        text_putf(t, "\\u%04x", c);
        break;
    }
}

void text_put_string(struct text *t, const void *bytes, size_t n)
{
    const uint8_t *p = bytes;
    const uint8_t *end = p + n;
    text_put(t, "\"", 1);
    while (p < end) {
        const uint8_t *run = p;
        while (p < end && *p >= 0x20 && *p != '"' && *p != '\\')
            p++;
        text_put(t, run, (size_t)(p - run));
        if (p < end)
            put_escape(t, *p++);
    }
    text_put(t, "\"", 1);
}

void text_put_base64(struct text *t, const uint8_t *bytes, size_t n)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < n; i += 3) {
        size_t left = n - i;
        uint32_t v = (uint32_t)bytes[i] << 16;
        v |= left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0;
        v |= left > 2 ? bytes[i + 2] : 0;
        char quad[4] = {alphabet[v >> 18], alphabet[v >> 12 & 63], alphabet[v >> 6 & 63], alphabet[v & 63]};
        if (left < 3)
            quad[3] = '=';
        if (left < 2)
            quad[2] = '=';
        text_put(t, quad, 4);
    }
}
