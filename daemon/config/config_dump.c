/* config_dump: see config_dump.h. */
#include "daemon/config/config_dump.h"

#include <stdarg.h>
#include <stdio.h>

#include "daemon/config/config_key.h"

struct dump {
    char *out;
    size_t cap, need;
};

static void put(struct dump *d, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(struct dump *d, const char *format, ...)
{
    size_t at = d->need < d->cap ? d->need : d->cap;
    va_list args;
    va_start(args, format);
    int n = vsnprintf(d->out != NULL ? d->out + at : NULL, d->cap - at, format, args);
    va_end(args);
    if (n > 0)
        d->need += (size_t)n;
}

/* Print the keys of a section. `only` has a bit for each key to print. */
static void section_put(struct dump *d, enum config_section s, const void *base, uint64_t only)
{
    char value[CONFIG_PATH_MAX];
    for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) {
        const struct config_key *k = &CONFIG_KEYS[i];
        if (k->section != s || k->kind == KIND_LATER || (only >> i & 1) == 0)
            continue;
        config_key_print(k, base, value, sizeof value);
        put(d, "%s =%s%s\n", k->name, value[0] != '\0' ? " " : "", value);
    }
}

size_t config_dump(const struct config *c, char *out, size_t cap)
{
    struct dump d = {.out = out, .cap = cap};
    put(&d, "[daemon]\n");
    section_put(&d, SECTION_DAEMON, c, UINT64_MAX);
    put(&d, "\n[aws]\n");
    section_put(&d, SECTION_AWS, c, UINT64_MAX);
    put(&d, "\n[defaults]\n");
    section_put(&d, SECTION_TABLE, &c->defaults, UINT64_MAX);
    for (size_t i = 0; i < c->table_count; i++) {
        put(&d, "\n[table %s]\n", c->tables[i].name);
        section_put(&d, SECTION_TABLE, &c->tables[i], c->tables[i].set);
    }
    return d.need;
}
