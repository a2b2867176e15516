/* item_error: see the header. */
#include "proto/item/item_error.h"

#include <stdarg.h>
#include <stdio.h>

#include "proto/utf8.h"

enum { NAME_SHOWN = 40, PATH_MAX_BYTES = 128 };

/* Append one byte of a name, escaped if it is a quote, a backslash or not printable. Returns the new length, or max + 1
 * if it does not fit. */
static size_t quote_byte(char *out, size_t at, size_t max, uint8_t byte, bool keep_high)
{
    bool plain = byte >= 0x20 && byte != 0x7f && byte != '"' && byte != '\\' && (byte < 0x80 || keep_high);
    if (plain && at + 1 <= max) {
        out[at] = (char)byte;
        return at + 1;
    }
    if (!plain && at + 4 <= max) {
        snprintf(out + at, 5, "\\x%02x", byte);
        return at + 4;
    }
    return max + 1; /* no room: stop here */
}

const char *item_error_quote(char out[ITEM_ERROR_QUOTE], const uint8_t *name, size_t n)
{
    bool valid = utf8_valid(name, n);
    size_t shown = valid ? utf8_cut(name, n, NAME_SHOWN) : (n < NAME_SHOWN ? n : NAME_SHOWN);
    size_t max = ITEM_ERROR_QUOTE - 6; /* the closing quote, "..." and NUL */
    size_t at = 1, i = 0;
    out[0] = '"';
    for (; i < shown; i++) {
        /* A multi-byte character is written whole or not at all. */
        if (valid && name[i] >= 0xc0 && at + 4 > max)
            break;
        size_t next = quote_byte(out, at, max, name[i], valid);
        if (next > max)
            break;
        at = next;
    }
    memcpy(out + at, i < n ? "...\"" : "\"", i < n ? 5 : 2);
    return out;
}

static size_t path_step(const struct item_state *s, const struct item_frame *f, char *out, size_t room)
{
    char quoted[ITEM_ERROR_QUOTE];
    char text[ITEM_ERROR_QUOTE + 16];
    if (f->is_map) {
        struct mp_cursor c = {.p = s->base + f->name_at, .end = s->c.end};
        struct span name;
        if (mp_read_str(&c, &name) == DDBS_OK)
            item_error_quote(quoted, name.p, name.n);
        else
            memcpy(quoted, "(a name that is no string)", sizeof "(a name that is no string)");
        snprintf(text, sizeof text, "%s%s", f == s->frames ? "" : ".", quoted);
    } else {
        snprintf(text, sizeof text, "[%u]", f->count - f->left - 1);
    }
    size_t n = strlen(text);
    if (n > room)
        return room + 1;
    memcpy(out, text, n);
    return n;
}

/* The path of the current member, e.g. "a"."b"[2], cut with "..." if it is long. */
static void path_write(const struct item_state *s, char out[PATH_MAX_BYTES])
{
    size_t at = 0;
    for (uint32_t i = 0; i < s->depth; i++) {
        size_t room = PATH_MAX_BYTES - 4 - at;
        size_t n = path_step(s, &s->frames[i], out + at, room);
        if (n > room) {
            memcpy(out + at, "...", 3);
            at += 3;
            break;
        }
        at += n;
    }
    out[at] = '\0';
}

int item_error(struct item_state *s, int code, const char *format, ...)
{
    char path[PATH_MAX_BYTES];
    int n = 0;
    if (s->depth > 0) {
        path_write(s, path);
        n = snprintf(s->errmsg, ITEM_ERRMSG, "attribute %s: ", path);
    }
    va_list args;
    va_start(args, format);
    vsnprintf(s->errmsg + n, (size_t)(ITEM_ERRMSG - n), format, args);
    va_end(args);
    return code;
}
