/* config_key: the list of settings. See config_key.h. */
#include "daemon/config/config_key.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/units.h"
#include "daemon/config/config_value.h"

#define SECOND UINT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define KIB    UINT64_C(1024)
#define MIB    (1024 * KIB)
#define GIB    (1024 * MIB)

#define DAEMON(kind, member, lo, hi)                                                                                   \
    {                                                                                                                  \
        SECTION_DAEMON, #member, KIND_##kind, offsetof(struct config, member), lo, hi                                  \
    }
#define DAEMON_MS(member, lo, hi)                                                                                      \
    {                                                                                                                  \
        SECTION_DAEMON, #member, KIND_DURATION, offsetof(struct config, member##_ms), lo, hi                           \
    }
#define DAEMON_TEXT(member) DAEMON(TEXT, member, 0, sizeof(((struct config *)NULL)->member))
#define AWS_TEXT(member)                                                                                               \
    {                                                                                                                  \
        SECTION_AWS, #member, KIND_TEXT, offsetof(struct config, member), 0, sizeof(((struct config *)NULL)->member)   \
    }
#define TABLE(kind, name, member, lo, hi)                                                                              \
    {                                                                                                                  \
        SECTION_TABLE, name, KIND_##kind, offsetof(struct table_config, member), lo, hi                                \
    }
#define LATER(section, name)                                                                                           \
    {                                                                                                                  \
        SECTION_##section, name, KIND_LATER, 0, 0, 0                                                                   \
    }

const struct config_key CONFIG_KEYS[] = {
    DAEMON_TEXT(socket),
    DAEMON(COUNT, lanes, 1, 64),
    DAEMON(SIZE, memory_max, 64 * MIB, 1024 * GIB),
    DAEMON_MS(handover, 0, HOUR),
    DAEMON_MS(drain_timeout, 0, 24 * HOUR),
    DAEMON_MS(ack_stall, SECOND, 24 * HOUR),
    DAEMON_MS(reconnect_timeout, SECOND, 24 * HOUR),
    DAEMON(COUNT, max_clients, 32, 65536), /* 16 of them are kept for operators */
    DAEMON(MODE, socket_mode, 0, 0777),
    DAEMON_TEXT(socket_group),
    LATER(DAEMON, "metrics_listen"),
    LATER(DAEMON, "hosts"),
    AWS_TEXT(region),
    AWS_TEXT(endpoint),
    AWS_TEXT(ca_bundle),
    {SECTION_AWS, "request_timeout", KIND_DURATION, offsetof(struct config, request_timeout_ms), 100, HOUR},
    LATER(AWS, "credentials"),
    {SECTION_AWS, "max_in_flight", KIND_COUNT, offsetof(struct config, max_in_flight), 1, 8192},
    TABLE(DURATION, "linger", linger_ms, 0, MINUTE),
    TABLE(COUNT, "max_in_flight", max_in_flight, 1, 1024),
    TABLE(SIZE, "max_window", max_window, 64 * KIB, GIB),
    TABLE(DURATION_NEVER, "table_error_timeout", table_error_timeout_ms, 0, 30 * 24 * HOUR),
    TABLE(SCHEMA, "key_schema", key_schema, 0, 0),
    LATER(TABLE, "max_queue"),
    LATER(TABLE, "write_units_per_second"),
    LATER(TABLE, "write_ratio"),
    LATER(TABLE, "supersede"),
    LATER(TABLE, "deadline"),
    LATER(TABLE, "dead_letter"),
};
const size_t CONFIG_KEY_COUNT = sizeof CONFIG_KEYS / sizeof CONFIG_KEYS[0];

_Static_assert(sizeof CONFIG_KEYS / sizeof CONFIG_KEYS[0] <= 64, "table_config.set has one bit a key");

size_t config_key_find(enum config_section section, const char *name)
{
    size_t i = 0;
    while (i < CONFIG_KEY_COUNT && (CONFIG_KEYS[i].section != section || strcmp(CONFIG_KEYS[i].name, name) != 0))
        i++;
    return i;
}

enum { NEAR_MAX = 3, NEAR_NAME = 48 };

/* The Levenshtein distance of two names; NEAR_NAME if one is too long for a suggestion. */
static size_t distance(const char *a, const char *b)
{
    size_t row[NEAR_NAME];
    size_t na = strlen(a), nb = strlen(b);
    if (na >= NEAR_NAME || nb >= NEAR_NAME)
        return NEAR_NAME;
    for (size_t j = 0; j <= nb; j++)
        row[j] = j;
    for (size_t i = 1; i <= na; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= nb; j++) {
            size_t best = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[nb];
}

/* Keep `candidate` if it is nearer to `name` than the best so far, and near enough to suggest. */
static void nearest_offer(const char *name, const char *candidate, size_t *best, const char **ret)
{
    size_t d = distance(name, candidate);
    if (d < *best && d <= NEAR_MAX && d < strlen(candidate)) {
        *best = d;
        *ret = candidate;
    }
}

const char *config_key_nearest(enum config_section section, const char *name)
{
    size_t best = NEAR_NAME;
    const char *ret = NULL;
    for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) {
        if (CONFIG_KEYS[i].section == section && CONFIG_KEYS[i].kind != KIND_LATER)
            nearest_offer(name, CONFIG_KEYS[i].name, &best, &ret);
    }
    return ret;
}

const char *config_key_nearest_section(const char *name)
{
    static const char *const NAMES[] = {"daemon", "aws", "defaults"};
    size_t best = NEAR_NAME;
    const char *ret = NULL;
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++)
        nearest_offer(name, NAMES[i], &best, &ret);
    return ret;
}

static bool number_read(const struct config_key *k, const char *value, uint64_t *ret)
{
    if (k->kind == KIND_COUNT)
        return units_count(value, ret);
    if (k->kind == KIND_SIZE)
        return units_size(value, ret);
    return units_duration(value, ret);
}

/* Store a number that is within the key's range; else write a sentence that gives the range in the key's unit. */
static bool number_store(const struct config_key *k, const char *value, uint64_t *slot, char *why, size_t why_cap)
{
    uint64_t v;
    if (k->kind == KIND_DURATION_NEVER && strcmp(value, "never") == 0) {
        *slot = CONFIG_NEVER;
        return true;
    }
    if (number_read(k, value, &v) && v >= k->min && v <= k->max) {
        *slot = v;
        return true;
    }
    char lo[UNITS_TEXT], hi[UNITS_TEXT];
    const char *what = "give a whole number", *example = "";
    if (k->kind == KIND_COUNT) {
        snprintf(lo, sizeof lo, "%" PRIu64, k->min);
        snprintf(hi, sizeof hi, "%" PRIu64, k->max);
    } else if (k->kind == KIND_SIZE) {
        what = "give a size";
        example = " (units: K, M, G)";
        units_put_size(lo, k->min);
        units_put_size(hi, k->max);
    } else {
        what = k->kind == KIND_DURATION_NEVER ? "give never, or a duration" : "give a duration";
        example = " (units: ms, s, m, h)";
        units_put_duration(lo, k->min);
        units_put_duration(hi, k->max);
    }
    snprintf(why, why_cap, "%s from %s to %s%s", what, lo, hi, example);
    return false;
}

/* True if the text can stand unquoted in a file, so that config_parse reads config_dump's output back unchanged. */
static bool text_ok(const char *value, char *why, size_t why_cap)
{
    size_t n = strlen(value);
    for (size_t i = 0; i < n; i++) {
        if ((unsigned char)value[i] < 0x20 || value[i] == 0x7f) {
            snprintf(why, why_cap, "control characters are not allowed");
            return false;
        }
    }
    if (n > 0 && (value[0] == ' ' || value[n - 1] == ' ' || value[0] == ';' || strstr(value, " ;") != NULL)) {
        snprintf(why, why_cap, "blanks at either end are not allowed, nor a ; at the start or after a blank");
        return false;
    }
    return true;
}

static bool text_store(const struct config_key *k, char *slot, const char *value, char *why, size_t why_cap)
{
    size_t n = strlen(value);
    if (n >= k->max) {
        snprintf(why, why_cap, "the text is longer than %" PRIu64 " bytes", k->max - 1);
        return false;
    }
    if (!text_ok(value, why, why_cap))
        return false;
    memcpy(slot, value, n + 1);
    return true;
}

static bool schema_store(struct key_schema *slot, const char *value, char *why, size_t why_cap)
{
    if (*value == '\0') {
        *slot = (struct key_schema){0};
        return true;
    }
    if (!text_ok(value, why, why_cap))
        return false;
    if (config_value_schema(value, slot))
        return true;
    snprintf(why, why_cap,
             "give the partition key, and the sort key if there is one, with type S, N or B: pk:S or "
             "pk:S,sk:N");
    return false;
}

bool config_key_store(const struct config_key *k, void *base, const char *value, char *why, size_t why_cap)
{
    void *slot = (char *)base + k->offset;
    switch (k->kind) {
    case KIND_COUNT:
    case KIND_SIZE:
    case KIND_DURATION:
    case KIND_DURATION_NEVER:
        return number_store(k, value, slot, why, why_cap);
    case KIND_MODE:
        if (config_value_mode(value, slot))
            return true;
        snprintf(why, why_cap, "give permission bits in octal, such as 0660");
        return false;
    case KIND_TEXT:
        return text_store(k, slot, value, why, why_cap);
    case KIND_SCHEMA:
        return schema_store(slot, value, why, why_cap);
    case KIND_LATER:
        break;
    }
    snprintf(why, why_cap, "this setting is not available in version " DDBS_VERSION "; remove it");
    return false;
}

void config_key_print(const struct config_key *k, const void *base, char *out, size_t cap)
{
    const void *slot = (const char *)base + k->offset;
    char text[CONFIG_SCHEMA_TEXT] = "";
    switch (k->kind) {
    case KIND_COUNT:
        snprintf(text, sizeof text, "%" PRIu64, *(const uint64_t *)slot);
        break;
    case KIND_SIZE:
        units_put_size(text, *(const uint64_t *)slot);
        break;
    case KIND_DURATION_NEVER:
    case KIND_DURATION:
        if (*(const uint64_t *)slot == CONFIG_NEVER)
            snprintf(text, sizeof text, "never");
        else
            units_put_duration(text, *(const uint64_t *)slot);
        break;
    case KIND_MODE:
        snprintf(text, sizeof text, "0%03o", *(const unsigned *)slot);
        break;
    case KIND_SCHEMA:
        config_value_put_schema(text, slot);
        break;
    case KIND_TEXT:
        snprintf(out, cap, "%s", (const char *)slot);
        return;
    case KIND_LATER:
        break;
    }
    snprintf(out, cap, "%s", text);
}
