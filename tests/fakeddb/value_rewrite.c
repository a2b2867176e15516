/* value_rewrite: rewrites a checked item in one of three styles; see value.h.
 * Invariants: the input passed value_check, so only memory can run out; the output then has `failed` set.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/fakeddb/decimal.h"
#include "tests/fakeddb/value.h"

struct rewriter {
    enum value_style style;
    uint64_t dice;
    struct text *out;
};

static void rewrite_map(struct rewriter *r, struct span map);

/* A member of a map: unescaped name and the text of its value. */
struct member {
    struct span name;
    uint8_t *owned; /* the unescaped name if it had escapes, else NULL */
    struct json_str spelled;
    struct span value;
};

static uint64_t roll(struct rewriter *r)
{
    r->dice = r->dice * 6364136223846793005u + 1442695040888963407u;
    return r->dice >> 33;
}

static void put_string(struct rewriter *r, struct json_str s)
{
    if (r->style != VALUE_CANONICAL || !s.escaped) {
        text_puts(r->out, "\"");
        text_put(r->out, s.raw.p, s.raw.n);
        text_puts(r->out, "\"");
        return;
    }
    uint8_t *plain = malloc(s.raw.n + 1);
    if (plain == NULL) {
        r->out->failed = true;
        return;
    }
    text_put_string(r->out, plain, json_unescape(s.raw, plain));
    free(plain);
}

static void put_number(struct rewriter *r, struct json_str s)
{
    struct decimal d;
    uint8_t buf[1024];
    struct span text = s.raw;
    if (s.escaped && s.raw.n <= sizeof(buf))
        text = span_of(buf, json_unescape(s.raw, buf));
    enum decimal_spelling how = DECIMAL_PLAIN;
    if (r->style == VALUE_RESPELL)
        how = (enum decimal_spelling)(roll(r) % DECIMAL_SPELLINGS);
    text_puts(r->out, "\"");
    if (decimal_parse(text, &d) == NULL)
        decimal_put(&d, how, r->out);
    text_puts(r->out, "\"");
}

static void rewrite_set(struct rewriter *r, char type, struct span set)
{
    struct json j = json_of(set);
    bool first = true;
    text_puts(r->out, "[");
    json_open(&j, '[');
    for (int i = 0; json_next_element(&j, &first); i++) {
        struct json_str s = {.escaped = false};
        json_string(&j, &s);
        if (i > 0)
            text_puts(r->out, ",");
        if (type == 'N')
            put_number(r, s);
        else
            put_string(r, s);
    }
    text_puts(r->out, "]");
}

static void rewrite_value(struct rewriter *r, struct span value);

static void rewrite_list(struct rewriter *r, struct span list)
{
    struct json j = json_of(list);
    bool first = true;
    text_puts(r->out, "[");
    json_open(&j, '[');
    for (int i = 0; json_next_element(&j, &first); i++) {
        struct span value = span_of("", 0);
        json_value(&j, &value);
        if (i > 0)
            text_puts(r->out, ",");
        rewrite_value(r, value);
    }
    text_puts(r->out, "]");
}

/* The type and the content of a checked value. */
static struct span value_inside(struct span value, struct json_str *ret_type)
{
    static const char *const known[] = {"S", "N", "B", "BOOL", "NULL", "L", "M", "SS", "NS", "BS"};
    struct json j = json_of(value);
    bool first = true;
    struct span inside = span_of("null", 4);
    struct json_str name;
    json_open(&j, '{');
    while (json_next_member(&j, &first, &name)) {
        struct span text = span_of("", 0);
        bool null = json_peek(&j) == JSON_NULL;
        json_value(&j, &text);
        for (size_t i = 0; i < sizeof(known) / sizeof(known[0]) && !null; i++) {
            if (json_str_is(name, known[i])) {
                *ret_type = name;
                inside = text;
            }
        }
    }
    return inside;
}

static void rewrite_value(struct rewriter *r, struct span value)
{
    struct json_str type = {.escaped = false}, s = {.escaped = false};
    struct span inside = value_inside(value, &type);
    struct json j = json_of(inside);
    text_puts(r->out, "{\"");
    text_put(r->out, type.raw.p, type.raw.n);
    text_puts(r->out, r->style == VALUE_RESPELL ? "\" : " : "\":");
    if (type.raw.n == 2) {
        rewrite_set(r, (char)type.raw.p[0], inside);
    } else if (json_str_is(type, "L")) {
        rewrite_list(r, inside);
    } else if (json_str_is(type, "M")) {
        rewrite_map(r, inside);
    } else if (json_str_is(type, "N")) {
        json_string(&j, &s);
        put_number(r, s);
    } else if (json_peek(&j) == JSON_STRING) {
        json_string(&j, &s);
        put_string(r, s);
    } else {
        text_put(r->out, inside.p, inside.n);
    }
    text_puts(r->out, "}");
}

static int compare_members(const void *a, const void *b)
{
    const struct member *x = a, *y = b;
    size_t n = x->name.n < y->name.n ? x->name.n : y->name.n;
    int c = n == 0 ? 0 : memcmp(x->name.p, y->name.p, n);
    return c != 0 ? c : (x->name.n > y->name.n) - (x->name.n < y->name.n);
}

static void members_free(struct member *all, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(all[i].owned);
    free(all);
}

/* Read the members of a map; false if memory ran out. The caller frees with members_free. */
static bool members_read(struct span map, struct member **ret, size_t *ret_n)
{
    struct json j = json_of(map);
    bool first = true;
    struct member *all = NULL, m = {.owned = NULL};
    size_t n = 0, cap = 0;
    json_open(&j, '{');
    while (json_next_member(&j, &first, &m.spelled)) {
        json_value(&j, &m.value);
        if (n == cap) {
            cap = cap != 0 ? cap * 2 : 16;
            struct member *grown = realloc(all, cap * sizeof(*all));
            if (grown == NULL) {
                members_free(all, n);
                return false;
            }
            all = grown;
        }
        m.owned = m.spelled.escaped ? malloc(m.spelled.raw.n + 1) : NULL;
        m.name = m.spelled.raw;
        if (m.owned != NULL)
            m.name = span_of(m.owned, json_unescape(m.spelled.raw, m.owned));
        all[n++] = m;
    }
    *ret = all;
    *ret_n = n;
    return true;
}

static void rewrite_map(struct rewriter *r, struct span map)
{
    struct member *all = NULL;
    size_t n = 0;
    if (!members_read(map, &all, &n)) {
        r->out->failed = true;
        return;
    }
    if (r->style == VALUE_CANONICAL && n > 1)
        qsort(all, n, sizeof(*all), compare_members);
    text_puts(r->out, "{");
    for (size_t i = 0; i < n; i++) {
        struct member *m = &all[r->style == VALUE_RESPELL ? n - 1 - i : i];
        if (i > 0)
            text_puts(r->out, ",");
        put_string(r, m->spelled);
        text_puts(r->out, ":");
        rewrite_value(r, m->value);
    }
    text_puts(r->out, "}");
    members_free(all, n);
}

void value_rewrite_item(struct span item, enum value_style style, uint64_t *dice, struct text *out)
{
    struct rewriter r = {.style = style, .dice = *dice, .out = out};
    rewrite_map(&r, item);
    *dice = r.dice;
}
