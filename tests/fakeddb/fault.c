/* fault: see fault.h. */
#include "tests/fakeddb/fault.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "tests/fakeddb/json.h"

enum setting_type { SETTING_SHARE, SETTING_COUNT, SETTING_SECONDS, SETTING_SWITCH, SETTING_TEXT };

struct setting {
    const char *name;
    enum setting_type type;
    size_t at;
};

#define AT(member) offsetof(struct fault_settings, member)

static const struct setting settings[] = {
#define X(NAME, name, text) {name, SETTING_SHARE, AT(p) + FAULT_##NAME * sizeof(double)},
    FAULT_KINDS_LIST(X)
#undef X
    {"slow_ms", SETTING_COUNT, AT(slow_ms)},
    {"slow_jitter_ms", SETTING_COUNT, AT(slow_jitter_ms)},
    {"wcu", SETTING_COUNT, AT(wcu)},
    {"late_ms", SETTING_COUNT, AT(late_ms)},
    {"skew_s", SETTING_SECONDS, AT(skew_s)},
    {"deny", SETTING_SWITCH, AT(deny)},
    {"deny_describe", SETTING_SWITCH, AT(deny_describe)},
    {"missing", SETTING_SWITCH, AT(missing)},
    {"expired", SETTING_SWITCH, AT(expired)},
    {"all_operations", SETTING_SWITCH, AT(all_operations)},
    {"table", SETTING_TEXT, AT(table)},
    {"throttle_error", SETTING_TEXT, AT(throttle_error)},
    {"throttle_reason", SETTING_TEXT, AT(throttle_reason)},
};

enum { NSETTINGS = sizeof(settings) / sizeof(settings[0]), COUNT_MAX = 600000 };

static const char *const kind_names[FAULT_KINDS] = {
#define X(NAME, name, text) name,
    FAULT_KINDS_LIST(X)
#undef X
};

void fault_init(struct fault *f, uint64_t seed)
{
    *f = (struct fault){.set = {.late_ms = 100}};
    snprintf(f->set.throttle_error, FAULT_TEXT_MAX, "ProvisionedThroughputExceededException");
    fault_seed(f, seed);
}

void fault_seed(struct fault *f, uint64_t seed)
{
    for (int i = 0; i <= FAULT_KINDS; i++)
        f->dice[i] = (seed + 1) * 0x9e3779b97f4a7c15u ^ (uint64_t)(i + 1) * 0xd6e8feb86659fd93u;
}

/* splitmix64. Source: https://prng.di.unimi.it/splitmix64.c (public domain algorithm, written anew) */
static uint64_t next(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

bool fault_roll(struct fault *f, enum fault_kind kind)
{
    double p = f->set.p[kind];
    uint64_t roll = next(&f->dice[kind]);
    bool hit = p > 0 && (double)(roll >> 11) * 0x1p-53 < p;
    f->hits[kind] += hit ? 1 : 0;
    return hit;
}

bool fault_take_units(struct fault *f, uint64_t now_ms, uint32_t units)
{
    double second = (double)f->set.wcu;
    if (f->set.wcu == 0)
        return true;
    f->units += second * (double)(now_ms - f->units_ms) / 1000;
    f->units = f->units < second ? f->units : second;
    f->units_ms = now_ms;
    if (f->units <= 0)
        return false;
    f->units -= units;
    return true;
}

uint64_t fault_below(struct fault *f, uint64_t bound)
{
    return next(&f->dice[FAULT_KINDS]) % bound;
}

static bool set_text(char *to, struct span value)
{
    if (value.n >= 2 && value.p[0] == '"')
        value = span_of(value.p + 1, value.n - 2);
    if (value.n >= FAULT_TEXT_MAX)
        return false;
    for (size_t i = 0; i < value.n; i++) {
        if (value.p[i] < 0x20 || value.p[i] == '"' || value.p[i] == '\\')
            return false;
    }
    memcpy(to, value.p, value.n);
    to[value.n] = '\0';
    return true;
}

static bool set_switch(bool *to, struct span value)
{
    bool yes = span_equal(value, span_of("true", 4)), no = span_equal(value, span_of("false", 5));
    if (yes || no)
        *to = yes;
    return yes || no;
}

static bool setting_set(const struct setting *s, char *at, struct span value)
{
    double number;
    uint64_t count;
    switch (s->type) {
    case SETTING_SHARE:
        if (!json_text_double(value, &number) || number < 0 || number > 1)
            return false;
        memcpy(at, &number, sizeof(number));
        return true;
    case SETTING_SECONDS:
        if (!json_text_double(value, &number) || number < -1e9 || number > 1e9)
            return false;
        memcpy(at, &number, sizeof(number));
        return true;
    case SETTING_COUNT:
        if (!json_text_u64(value, &count) || count > COUNT_MAX)
            return false;
        memcpy(at, &count, sizeof(count));
        return true;
    case SETTING_SWITCH:
        return set_switch((bool *)at, value);
    case SETTING_TEXT:
        return set_text(at, value);
    }
    return false;
}

bool fault_set(struct fault *f, struct span name, struct span value, char *errmsg, size_t errmsg_max)
{
    static const char *const wanted[] = {
        [SETTING_SHARE] = "a number from 0 to 1",
        [SETTING_COUNT] = "a whole number up to 600000",
        [SETTING_SECONDS] = "a number of seconds",
        [SETTING_SWITCH] = "true or false",
        [SETTING_TEXT] = "a text of up to 127 plain characters",
    };
    for (int i = 0; i < NSETTINGS; i++) {
        const struct setting *s = &settings[i];
        if (!span_equal(name, span_of(s->name, strlen(s->name))))
            continue;
        if (setting_set(s, (char *)&f->set + s->at, value))
            return true;
        snprintf(errmsg, errmsg_max, "%s takes %s, not %.*s", s->name, wanted[s->type],
                 value.n > 60 ? 60 : (int)value.n, (const char *)value.p);
        return false;
    }
    snprintf(errmsg, errmsg_max, "there is no fault setting %.*s; FakeDDB.Control with {} lists them",
             name.n > 60 ? 60 : (int)name.n, (const char *)name.p);
    return false;
}

static void put_setting(const struct setting *s, const char *at, struct text *out)
{
    double number;
    uint64_t count;
    bool on;
    switch (s->type) {
    case SETTING_SHARE:
    case SETTING_SECONDS:
        memcpy(&number, at, sizeof(number));
        text_putf(out, "%.17g", number);
        break;
    case SETTING_COUNT:
        memcpy(&count, at, sizeof(count));
        text_putf(out, "%" PRIu64, count);
        break;
    case SETTING_SWITCH:
        memcpy(&on, at, sizeof(on));
        text_puts(out, on ? "true" : "false");
        break;
    case SETTING_TEXT:
        text_put_string(out, at, strlen(at));
        break;
    }
}

void fault_put_settings(const struct fault *f, struct text *out)
{
    text_puts(out, "{");
    for (int i = 0; i < NSETTINGS; i++) {
        text_putf(out, "%s\"%s\":", i > 0 ? "," : "", settings[i].name);
        put_setting(&settings[i], (const char *)&f->set + settings[i].at, out);
    }
    text_puts(out, "}");
}

void fault_put_hits(const struct fault *f, struct text *out)
{
    text_puts(out, "{");
    for (int i = 0; i < FAULT_KINDS; i++)
        text_putf(out, "%s\"%s\":%" PRIu64, i > 0 ? "," : "", kind_names[i], f->hits[i]);
    text_puts(out, "}");
}
