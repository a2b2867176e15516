/* config_value: the texts of settings. See config_value.h. */
#include "daemon/core/config_value.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct unit {
    const char *name;
    uint64_t factor;
};

static const struct unit SIZE_UNITS[] = {
    {"G", UINT64_C(1) << 30},
    {"M", UINT64_C(1) << 20},
    {"K", UINT64_C(1) << 10},
    {"g", UINT64_C(1) << 30},
    {"m", UINT64_C(1) << 20},
    {"k", UINT64_C(1) << 10},
    {"", 1},
    {NULL, 0},
};

static const struct unit TIME_UNITS[] = {
    {"h", 3600 * 1000}, {"m", 60 * 1000}, {"s", 1000}, {"ms", 1}, {NULL, 0},
};

/* Leading decimal digits; `*ret_rest` is what follows them. False: none, or more than 64 bits hold. */
static bool digits_read(const char *text, uint64_t *ret, const char **ret_rest)
{
    const char *p = text;
    uint64_t v = 0;
    for (; *p >= '0' && *p <= '9'; p++) {
        uint64_t digit = (uint64_t)(*p - '0');
        if (v > (UINT64_MAX - digit) / 10)
            return false;
        v = v * 10 + digit;
    }
    if (p == text)
        return false;
    *ret = v;
    *ret_rest = p;
    return true;
}

static bool unit_apply(const struct unit *units, const char *name, uint64_t n, uint64_t *ret)
{
    for (const struct unit *u = units; u->name != NULL; u++) {
        if (strcmp(u->name, name) != 0)
            continue;
        if (n > UINT64_MAX / u->factor)
            return false;
        *ret = n * u->factor;
        return true;
    }
    return false;
}

bool config_value_count(const char *text, uint64_t *ret)
{
    uint64_t n;
    const char *rest;
    if (!digits_read(text, &n, &rest) || *rest != '\0')
        return false;
    *ret = n;
    return true;
}

bool config_value_size(const char *text, uint64_t *ret)
{
    uint64_t n;
    const char *rest;
    return digits_read(text, &n, &rest) && unit_apply(SIZE_UNITS, rest, n, ret);
}

bool config_value_duration(const char *text, uint64_t *ret_ms)
{
    uint64_t n;
    const char *rest;
    if (!digits_read(text, &n, &rest))
        return false;
    if (n == 0 && *rest == '\0') {
        *ret_ms = 0;
        return true;
    }
    return unit_apply(TIME_UNITS, rest, n, ret_ms);
}

bool config_value_mode(const char *text, unsigned *ret)
{
    unsigned v = 0;
    size_t n = strlen(text);
    if (n == 0 || n > 4)
        return false;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '7')
            return false;
        v = v * 8 + (unsigned)(*text - '0');
    }
    if (v > 0777)
        return false;
    *ret = v;
    return true;
}

/* One "name:T" of n characters. */
static bool key_attr_read(const char *text, size_t n, struct key_attr *ret)
{
    while (n > 0 && *text == ' ') {
        text++;
        n--;
    }
    if (n < 3 || n - 2 > ITEM_KEY_NAME_MAX || text[n - 2] != ':' || strchr("SNB", text[n - 1]) == NULL)
        return false;
    *ret = (struct key_attr){.type = text[n - 1], .name_len = (uint8_t)(n - 2)};
    memcpy(ret->name, text, n - 2);
    return true;
}

bool config_value_schema(const char *text, struct key_schema *ret)
{
    struct key_schema s = {.count = 1};
    const char *comma = strchr(text, ',');
    if (comma != NULL) {
        s.count = 2;
        if (!key_attr_read(comma + 1, strlen(comma + 1), &s.attr[1]))
            return false;
    }
    if (!key_attr_read(text, comma != NULL ? (size_t)(comma - text) : strlen(text), &s.attr[0]))
        return false;
    if (s.count == 2 && strcmp(s.attr[0].name, s.attr[1].name) == 0)
        return false;
    *ret = s;
    return true;
}

void config_value_put_size(char out[CONFIG_VALUE_TEXT], uint64_t bytes)
{
    const struct unit *u = SIZE_UNITS;
    while (u->factor > 1 && (bytes == 0 || bytes % u->factor != 0))
        u++;
    snprintf(out, CONFIG_VALUE_TEXT, "%" PRIu64 "%s", bytes / u->factor, u->name);
}

void config_value_put_duration(char out[CONFIG_VALUE_TEXT], uint64_t ms)
{
    const struct unit *u = TIME_UNITS;
    while (u->factor > 1 && (ms == 0 || ms % u->factor != 0))
        u++;
    snprintf(out, CONFIG_VALUE_TEXT, "%" PRIu64 "%s", ms / u->factor, ms == 0 ? "" : u->name);
}

void config_value_put_schema(char out[CONFIG_SCHEMA_TEXT], const struct key_schema *s)
{
    out[0] = '\0';
    if (s->count == 1)
        snprintf(out, CONFIG_SCHEMA_TEXT, "%s:%c", s->attr[0].name, s->attr[0].type);
    else if (s->count == 2)
        snprintf(out, CONFIG_SCHEMA_TEXT, "%s:%c,%s:%c", s->attr[0].name, s->attr[0].type, s->attr[1].name,
                 s->attr[1].type);
}
