/* json: append-only JSON writer; see json.h.
 * Each byte that is not valid UTF-8 becomes U+FFFD, so that a hostile name in a status answer cannot break its reader.
 */
#include "daemon/base/json.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/mem.h"

enum { FIRST_CAP = 256 };

void json_writer_init(struct json_writer *w, size_t max)
{
    *w = (struct json_writer){.max = max};
}

void json_writer_fini(struct json_writer *w)
{
    mem_free(w->text);
    *w = (struct json_writer){0};
}

bool json_writer_ok(const struct json_writer *w)
{
    return !w->failed;
}

/* Make room for n more bytes, or set `failed`, which is sticky. */
static bool reserve(struct json_writer *w, size_t n)
{
    assert(w->len <= w->cap && w->cap <= w->max);
    if (w->failed || n > w->max - w->len) {
        w->failed = true;
        return false;
    }
    if (n <= w->cap - w->len)
        return true;
    size_t cap = w->cap < FIRST_CAP ? FIRST_CAP : w->cap;
    while (cap - w->len < n)
        cap = cap > w->max / 2 ? w->max : cap * 2;
    if (cap > w->max)
        cap = w->max;
    char *text = mem_realloc(w->text, cap);
    if (text == NULL) {
        w->failed = true;
        return false;
    }
    w->text = text;
    w->cap = cap;
    return true;
}

static void put(struct json_writer *w, const char *bytes, size_t n)
{
    if (n == 0 || !reserve(w, n))
        return;
    memcpy(w->text + w->len, bytes, n);
    w->len += n;
}

/* Length (1..4) of the valid UTF-8 sequence at p; 0 if it is invalid. Source: RFC 3629 section 4. */
static size_t utf8_len(const uint8_t *p, size_t n)
{
    if (p[0] < 0x80)
        return 1;
    size_t len = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    if (p[0] < 0xc2 || p[0] > 0xf4 || len > n)
        return 0;
    uint8_t low = p[0] == 0xe0 ? 0xa0 : p[0] == 0xf0 ? 0x90 : 0x80;  /* no overlong forms */
    uint8_t high = p[0] == 0xed ? 0x9f : p[0] == 0xf4 ? 0x8f : 0xbf; /* no surrogates, nothing above U+10FFFF */
    if (p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < len; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    }
    return len;
}

static void put_control(struct json_writer *w, uint8_t c)
{
    static const char shorts[] = {['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};
    char out[8];
    int n = c < sizeof(shorts) && shorts[c] != 0 ? snprintf(out, sizeof(out), "\\%c", shorts[c])
                                                 : snprintf(out, sizeof(out), "\\u%04x", (unsigned)c);
    put(w, out, (size_t)n);
}

/* Runs that need no escape are copied in one piece. */
static void put_escaped(struct json_writer *w, const uint8_t *p, size_t n)
{
    size_t run = 0, i = 0;
    while (i < n && !w->failed) {
        size_t len = utf8_len(p + i, n - i);
        if (len != 0 && p[i] >= 0x20 && p[i] != '"' && p[i] != '\\') {
            i += len;
            continue;
        }
        put(w, (const char *)p + run, i - run);
        if (len == 0)
            put(w, "\xef\xbf\xbd", 3);
        else if (p[i] < 0x20)
            put_control(w, p[i]);
        else
            put(w, p[i] == '"' ? "\\\"" : "\\\\", 2);
        run = ++i;
    }
    put(w, (const char *)p + run, i - run);
}

static void put_quoted(struct json_writer *w, const void *text, size_t n)
{
    put(w, "\"", 1);
    if (n > 0)
        put_escaped(w, text, n);
    put(w, "\"", 1);
}

/* Write what precedes a value: the comma and the member's name. */
static void begin_value(struct json_writer *w, const char *name)
{
    if (w->comma)
        put(w, ",", 1);
    if (name != NULL) {
        put_quoted(w, name, strlen(name));
        put(w, ":", 1);
    }
    w->comma = true;
}

static void open_container(struct json_writer *w, const char *name, const char *bracket)
{
    begin_value(w, name);
    put(w, bracket, 1);
    w->comma = false;
}

static void close_container(struct json_writer *w, const char *bracket)
{
    put(w, bracket, 1);
    w->comma = true;
}

void json_open_object(struct json_writer *w, const char *name)
{
    open_container(w, name, "{");
}

void json_close_object(struct json_writer *w)
{
    close_container(w, "}");
}

void json_open_array(struct json_writer *w, const char *name)
{
    open_container(w, name, "[");
}

void json_close_array(struct json_writer *w)
{
    close_container(w, "]");
}

void json_put_text(struct json_writer *w, const char *name, const void *text, size_t n)
{
    begin_value(w, name);
    put_quoted(w, text, n);
}

void json_put_cstr(struct json_writer *w, const char *name, const char *text)
{
    json_put_text(w, name, text, strlen(text));
}

void json_put_u64(struct json_writer *w, const char *name, uint64_t v)
{
    char out[24];
    int n = snprintf(out, sizeof(out), "%" PRIu64, v);
    begin_value(w, name);
    put(w, out, (size_t)n);
}

void json_put_i64(struct json_writer *w, const char *name, int64_t v)
{
    char out[24];
    int n = snprintf(out, sizeof(out), "%" PRId64, v);
    begin_value(w, name);
    put(w, out, (size_t)n);
}

void json_put_bool(struct json_writer *w, const char *name, bool v)
{
    begin_value(w, name);
    put(w, v ? "true" : "false", v ? 4 : 5);
}
