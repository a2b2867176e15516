/* text: see text.h. */
#include "daemon/base/text.h"

#include <assert.h>
#include <string.h>

#include "proto/utf8.h"

enum { WORD_MAX = 64 }; /* a longer word may be cut */

static const char dots[] = "...";
enum { DOTS = sizeof dots - 1 };

/* Where to cut a text that is longer than `max` bytes. */
static size_t cut_at(struct span text, size_t max)
{
    size_t cut = utf8_cut(text.p, text.n, max);
    if (text.p[cut] == ' ')
        return cut;
    for (size_t at = cut; at > 0 && cut - at < WORD_MAX; at--)
        if (text.p[at - 1] == ' ')
            return at - 1;
    return cut;
}

size_t text_shorten(char *out, size_t cap, struct span text)
{
    assert(cap > DOTS);
    size_t n = text.n;
    bool cut = n > cap - 1;
    if (cut)
        n = cut_at(text, cap - 1 - DOTS);
    if (n > 0)
        memcpy(out, text.p, n);
    if (cut) {
        memcpy(out + n, dots, DOTS);
        n += DOTS;
    }
    out[n] = '\0';
    return n;
}

static size_t quoted_len(uint8_t ch)
{
    return ch == '"' || ch == '\\' ? 2 : 1;
}

/* How many bytes of the text take at most `max` bytes once they are escaped. */
static size_t quotable(struct span text, size_t max)
{
    size_t n = 0;
    for (size_t len = 0; n < text.n; n++) {
        len += quoted_len(text.p[n]);
        if (len > max)
            break;
    }
    return n;
}

size_t text_quote(char *out, size_t cap, struct span text)
{
    assert(cap >= DOTS + sizeof "\"\"" + 2);
    size_t room = cap - sizeof "\"\"", n = 0, take = quotable(text, room);
    bool cut = take < text.n;
    if (cut)
        take = cut_at(text, quotable(text, room - DOTS));
    out[n++] = '"';
    for (size_t i = 0; i < take; i++) {
        if (quoted_len(text.p[i]) == 2)
            out[n++] = '\\';
        out[n++] = (char)text.p[i];
    }
    if (cut) {
        memcpy(out + n, dots, DOTS);
        n += DOTS;
    }
    out[n++] = '"';
    out[n] = '\0';
    return n;
}
