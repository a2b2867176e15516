/* fuzz_config: any text as a configuration file, and any SECTION.KEY=VALUE as a setting on the command line. Each is
 * accepted, or refused with one message; config_dump's output of an accepted configuration reads back the same.
 * Owner: none.
 *
 * Input: pieces separated by bytes 0xff; the first is a file, the others are settings.
 */
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/config/config.h"
#include "daemon/config/config_dump.h"
#include "daemon/config/config_key.h"
#include "daemon/config/config_parse.h"
#include "daemon/config/config_set.h"
#include "proto/err.h"
#include "tests/fuzz/fuzz.h"

/* Check that the error message matches the result. */
static bool error_matches(int rc, const char errmsg[CONFIG_ERRMSG])
{
    if (rc == DDBS_OK)
        return true;
    CHECK(rc == DDBS_E_BAD_CONFIG || rc == DDBS_E_OUT_OF_MEMORY);
    CHECK(memchr(errmsg, '\0', CONFIG_ERRMSG) != NULL && errmsg[0] != '\0');
    CHECK(strchr(errmsg, '\n') == NULL);
    return false;
}

static bool set_one(struct config *c, struct span setting)
{
    char errmsg[CONFIG_ERRMSG];
    memset(errmsg, 'x', sizeof errmsg);
    char *path = malloc(setting.n + 1);
    CHECK(path != NULL);
    memcpy(path, setting.p, setting.n);
    path[setting.n] = '\0';
    char *value = strchr(path, '=');
    bool ok = true;
    if (value != NULL) {
        *value++ = '\0';
        ok = error_matches(config_set(c, path, value, "--set", errmsg), errmsg);
    }
    free(path);
    return ok;
}

/* Build a whole configuration from the input. False: it was refused. */
static bool make(struct config *c, struct span input)
{
    char errmsg[CONFIG_ERRMSG];
    memset(errmsg, 'x', sizeof errmsg);
    bool ok = true, first = true;
    while (ok && (input.n > 0 || first)) {
        const uint8_t *end = input.n > 0 ? memchr(input.p, 0xff, input.n) : NULL;
        struct span piece = span_of(input.p, end != NULL ? (size_t)(end - input.p) : input.n);
        input = span_from(input, end != NULL ? piece.n + 1 : piece.n);
        ok = first ? error_matches(config_parse(c, piece, "a.conf", errmsg), errmsg) : set_one(c, piece);
        first = false;
    }
    return ok && error_matches(config_check(c, errmsg), errmsg);
}

/* Every value is one that the list of keys allows. */
static void check_values(enum config_section section, const void *base)
{
    for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) {
        const struct config_key *k = &CONFIG_KEYS[i];
        if (k->section != section || k->kind == KIND_MODE || k->kind == KIND_SCHEMA || k->kind == KIND_LATER)
            continue;
        const void *slot = (const char *)base + k->offset;
        if (k->kind == KIND_TEXT) {
            CHECK(memchr(slot, '\0', k->max) != NULL);
            continue;
        }
        uint64_t v;
        memcpy(&v, slot, sizeof v);
        CHECK((v >= k->min && v <= k->max) || (k->kind == KIND_DURATION_NEVER && v == CONFIG_NEVER));
    }
}

static bool same_schema(const struct key_schema *a, const struct key_schema *b)
{
    bool same = a->count == b->count;
    for (int i = 0; same && i < a->count; i++)
        same = a->attr[i].type == b->attr[i].type && a->attr[i].name_len == b->attr[i].name_len &&
               strcmp(a->attr[i].name, b->attr[i].name) == 0;
    return same;
}

static bool same_value(const struct config_key *k, const char *a, const char *b)
{
    switch (k->kind) {
    case KIND_TEXT:
        return strcmp(a, b) == 0;
    case KIND_MODE:
        return memcmp(a, b, sizeof(unsigned)) == 0;
    case KIND_SCHEMA:
        return same_schema((const struct key_schema *)(const void *)a, (const struct key_schema *)(const void *)b);
    case KIND_LATER:
        return true;
    default:
        return memcmp(a, b, sizeof(uint64_t)) == 0;
    }
}

static void check_same(enum config_section section, const void *a, const void *b)
{
    for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) {
        const struct config_key *k = &CONFIG_KEYS[i];
        if (k->section == section)
            CHECK(same_value(k, (const char *)a + k->offset, (const char *)b + k->offset));
    }
}

static void check_same_config(const struct config *a, const struct config *b)
{
    check_same(SECTION_DAEMON, a, b);
    check_same(SECTION_AWS, a, b);
    check_same(SECTION_TABLE, &a->defaults, &b->defaults);
    CHECK(a->table_count == b->table_count);
    for (size_t i = 0; i < a->table_count; i++) {
        const struct table_config *t = &a->tables[i];
        CHECK(strcmp(t->name, b->tables[i].name) == 0 && t->set == b->tables[i].set);
        check_same(SECTION_TABLE, t, &b->tables[i]);
        CHECK(config_table(a, span_of(t->name, strlen(t->name))) == t);
    }
}

/* Like snprintf: the same prefix for every buffer size, and never past its end. */
static void check_short(const struct config *c, const char *whole, size_t n)
{
    size_t room[] = {1, n / 2 + 1, n};
    for (int i = 0; i < 3; i++) {
        char *cut = malloc(room[i]);
        CHECK(cut != NULL);
        CHECK(config_dump(c, cut, room[i]) == n);
        CHECK(strlen(cut) == room[i] - 1 && memcmp(cut, whole, room[i] - 1) == 0);
        free(cut);
    }
}

static void check_dump(const struct config *c)
{
    char errmsg[CONFIG_ERRMSG] = "";
    struct config again;
    size_t n = config_dump(c, NULL, 0);
    char *text = malloc(n + 1);
    CHECK(text != NULL);
    CHECK(config_dump(c, text, n + 1) == n && strlen(text) == n);
    check_short(c, text, n);
    config_init(&again);
    int rc = config_parse(&again, span_of(text, n), "dump", errmsg);
    if (rc == DDBS_OK)
        check_same_config(c, &again);
    else if (rc != DDBS_E_OUT_OF_MEMORY) {
        fprintf(stderr, "%s\n%s", errmsg, text);
        abort();
    }
    config_fini(&again);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int64_t live = mem_live();
    struct config c;
    config_init(&c);
    if (make(&c, span_of(data, size))) {
        check_values(SECTION_DAEMON, &c);
        check_values(SECTION_AWS, &c);
        check_values(SECTION_TABLE, &c.defaults);
        for (size_t i = 0; i < c.table_count; i++)
            check_values(SECTION_TABLE, &c.tables[i]);
        check_dump(&c);
    }
    config_fini(&c);
    CHECK(mem_live() == live);
    return 0;
}
