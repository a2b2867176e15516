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
    bool general; /* cannot be set for one table */
};

#define AT(member) offsetof(struct fault_settings, member)

static const struct setting settings[] = {
#define X(NAME, name, text) {name, SETTING_SHARE, AT(p) + FAULT_##NAME * sizeof(double), false},
    FAULT_KINDS_LIST(X)
#undef X
        {"slow_ms", SETTING_COUNT, AT(slow_ms), false},
    {"slow_jitter_ms", SETTING_COUNT, AT(slow_jitter_ms), false},
    {"wcu", SETTING_COUNT, AT(wcu), true},
    {"late_ms", SETTING_COUNT, AT(late_ms), false},
    {"oversized_kib", SETTING_COUNT, AT(oversized_kib), false},
    {"capacity", SETTING_SWITCH, AT(capacity), false},
    {"table_wcu", SETTING_COUNT, AT(table_wcu), false},
    {"partitions", SETTING_COUNT, AT(partitions), false},
    {"partition_wcu", SETTING_COUNT, AT(partition_wcu), false},
    {"burst_ms", SETTING_COUNT, AT(burst_ms), false},
    {"table_ms", SETTING_COUNT, AT(table_ms), false},
    {"skew_s", SETTING_SECONDS, AT(skew_s), true},
    {"deny", SETTING_SWITCH, AT(deny), false},
    {"deny_describe", SETTING_SWITCH, AT(deny_describe), false},
    {"missing", SETTING_SWITCH, AT(missing), false},
    {"expired", SETTING_SWITCH, AT(expired), true},
    {"all_operations", SETTING_SWITCH, AT(all_operations), false},
    {"table", SETTING_TEXT, AT(table), true},
    {"throttle_error", SETTING_TEXT, AT(throttle_error), false},
    {"throttle_reason", SETTING_TEXT, AT(throttle_reason), false},
};

enum { NSETTINGS = sizeof(settings) / sizeof(settings[0]), COUNT_MAX = 600000 };

static const char *const kind_names[FAULT_KINDS] = {
#define X(NAME, name, text) name,
    FAULT_KINDS_LIST(X)
#undef X
};

static void settings_init(struct fault_settings *set)
{
    *set = (struct fault_settings){.late_ms = 100, .oversized_kib = 8192, .partition_wcu = 1000, .burst_ms = 1000};
    snprintf(set->throttle_error, FAULT_TEXT_MAX, "ProvisionedThroughputExceededException");
}

void fault_init(struct fault *f, uint64_t seed)
{
    *f = (struct fault){.ntables = 0};
    settings_init(&f->set);
    fault_seed(f, seed);
}

void fault_reset(struct fault *f)
{
    settings_init(&f->set);
    f->ntables = 0;
}

void fault_seed(struct fault *f, uint64_t seed)
{
    for (int i = 0; i <= FAULT_KINDS; i++)
        f->dice[i] = (seed + 1) * 0x9e3779b97f4a7c15u ^ (uint64_t)(i + 1) * 0xd6e8feb86659fd93u;
}

/* splitmix64, reimplemented. Source: https://prng.di.unimi.it/splitmix64.c (public domain algorithm) */
static uint64_t next(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static bool roll(struct fault *f, const struct fault_settings *set, int kind)
{
    uint64_t dice = next(&f->dice[kind]);
    return (double)(dice >> 11) * 0x1p-53 < set->p[kind];
}

uint32_t fault_roll_all(struct fault *f, const struct fault_settings *set)
{
    uint32_t bits = 0;
    for (int i = 0; i < FAULT_KINDS; i++)
        bits |= i != FAULT_UNPROCESSED && roll(f, set, i) ? 1u << i : 0;
    return bits;
}

bool fault_hit(struct fault *f, uint32_t bits, enum fault_kind kind)
{
    bool hit = (bits >> kind & 1) != 0;
    f->hits[kind] += hit ? 1 : 0;
    return hit;
}

bool fault_roll_item(struct fault *f, const struct fault_settings *set)
{
    return fault_hit(f, roll(f, set, FAULT_UNPROCESSED) ? 1u << FAULT_UNPROCESSED : 0, FAULT_UNPROCESSED);
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

bool fault_body_names(struct span body, const char *table)
{
    size_t n = strlen(table);
    while (body.n > n) {
        const uint8_t *at = memmem(body.p, body.n, table, n);
        if (at == NULL)
            return false;
        size_t from = (size_t)(at - body.p);
        bool begins = from > 0 && (at[-1] == '"' || at[-1] == '/');
        if (begins && from + n < body.n && at[n] == '"')
            return true;
        body = span_from(body, from + 1);
    }
    return false;
}

const struct fault_settings *fault_of_table(const struct fault *f, const char *name)
{
    for (int i = 0; i < f->ntables; i++) {
        if (strcmp(f->tables[i].name, name) == 0)
            return &f->tables[i].set;
    }
    return &f->set;
}

const struct fault_settings *fault_of_body(const struct fault *f, struct span body)
{
    for (int i = 0; i < f->ntables; i++) {
        if (fault_body_names(body, f->tables[i].name))
            return &f->tables[i].set;
    }
    return &f->set;
}

static struct fault_table *table_find(struct fault *f, struct span name)
{
    for (int i = 0; i < f->ntables; i++) {
        if (span_equal(name, span_of(f->tables[i].name, strlen(f->tables[i].name))))
            return &f->tables[i];
    }
    return NULL;
}

/* A table's own settings, created if needed; NULL if the name is too long or there are too many. */
static struct fault_settings *settings_for(struct fault *f, struct span table)
{
    if (table.n == 0)
        return &f->set;
    struct fault_table *t = table_find(f, table);
    if (t != NULL)
        return &t->set;
    if (f->ntables == FAULT_TABLES_MAX || !set_text(f->tables[f->ntables].name, table))
        return NULL;
    t = &f->tables[f->ntables++];
    settings_init(&t->set);
    return &t->set;
}

void fault_reset_table(struct fault *f, struct span table)
{
    struct fault_table *t = table_find(f, table);
    if (t != NULL)
        *t = f->tables[--f->ntables];
}

static int shown(struct span s)
{
    return s.n > 60 ? 60 : (int)s.n;
}

static const struct setting *setting_find(struct span name)
{
    for (int i = 0; i < NSETTINGS; i++) {
        if (span_equal(name, span_of(settings[i].name, strlen(settings[i].name))))
            return &settings[i];
    }
    return NULL;
}

bool fault_set(struct fault *f, struct span table, struct fault_change change, char *errmsg, size_t errmsg_max)
{
    static const char *const wanted[] = {
        [SETTING_SHARE] = "a number from 0 to 1",
        [SETTING_COUNT] = "a whole number up to 600000",
        [SETTING_SECONDS] = "a number of seconds",
        [SETTING_SWITCH] = "true or false",
        [SETTING_TEXT] = "a text of up to 127 plain characters",
    };
    const struct setting *s = setting_find(change.name);
    const char *value = (const char *)change.value.p;
    if (s == NULL) {
        snprintf(errmsg, errmsg_max, "there is no fault setting %.*s; FakeDDB.Control with {} lists them",
                 shown(change.name), (const char *)change.name.p);
        return false;
    }
    if (table.n > 0 && s->general) {
        snprintf(errmsg, errmsg_max, "%s holds for all tables: set it without one", s->name);
        return false;
    }
    struct fault_settings *set = settings_for(f, table);
    if (set == NULL) {
        snprintf(errmsg, errmsg_max,
                 "settings of their own can have %d tables with names of up to 127 plain characters", FAULT_TABLES_MAX);
        return false;
    }
    if (setting_set(s, (char *)set + s->at, change.value))
        return true;
    snprintf(errmsg, errmsg_max, "%s takes %s, not %.*s", s->name, wanted[s->type], shown(change.value), value);
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

static void put_set(const struct fault_settings *set, bool general, struct text *out)
{
    bool any = false;
    for (int i = 0; i < NSETTINGS; i++) {
        if (settings[i].general && !general)
            continue;
        text_putf(out, "%s\"%s\":", any ? "," : "", settings[i].name);
        put_setting(&settings[i], (const char *)set + settings[i].at, out);
        any = true;
    }
}

void fault_put_settings(const struct fault *f, struct text *out)
{
    text_puts(out, "{");
    put_set(&f->set, true, out);
    text_puts(out, ",\"tables\":{");
    for (int i = 0; i < f->ntables; i++) {
        text_puts(out, i > 0 ? "," : "");
        text_put_string(out, f->tables[i].name, strlen(f->tables[i].name));
        text_puts(out, ":{");
        put_set(&f->tables[i].set, false, out);
        text_puts(out, "}");
    }
    text_puts(out, "}}");
}

void fault_put_hits(const struct fault *f, struct text *out)
{
    text_puts(out, "{");
    for (int i = 0; i < FAULT_KINDS; i++)
        text_putf(out, "%s\"%s\":%" PRIu64, i > 0 ? "," : "", kind_names[i], f->hits[i]);
    text_puts(out, "}");
}
