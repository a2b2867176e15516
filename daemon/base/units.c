/* units: see units.h. */
#include "daemon/base/units.h"

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

/* Read leading decimal digits; `*ret_rest` is what follows. False: there are none, or the number overflows. */
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

bool units_count(const char *text, uint64_t *ret)
{
    uint64_t n;
    const char *rest;
    if (!digits_read(text, &n, &rest) || *rest != '\0')
        return false;
    *ret = n;
    return true;
}

bool units_size(const char *text, uint64_t *ret)
{
    uint64_t n;
    const char *rest;
    return digits_read(text, &n, &rest) && unit_apply(SIZE_UNITS, rest, n, ret);
}

bool units_duration(const char *text, uint64_t *ret_ms)
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

void units_put_size(char out[UNITS_TEXT], uint64_t bytes)
{
    const struct unit *u = SIZE_UNITS;
    while (u->factor > 1 && (bytes == 0 || bytes % u->factor != 0))
        u++;
    snprintf(out, UNITS_TEXT, "%" PRIu64 "%s", bytes / u->factor, u->name);
}

void units_put_duration(char out[UNITS_TEXT], uint64_t ms)
{
    const struct unit *u = TIME_UNITS;
    while (u->factor > 1 && (ms == 0 || ms % u->factor != 0))
        u++;
    snprintf(out, UNITS_TEXT, "%" PRIu64 "%s", ms / u->factor, ms == 0 ? "" : u->name);
}
