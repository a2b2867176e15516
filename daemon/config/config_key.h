/* config_key: the table of all settings: section, name, kind, offset in struct config, range.
 * Owner: none; a static table. Pure.
 * Invariants: names are those that --dump-config prints, and never change. A key's number, its index in CONFIG_KEYS, is
 * also its bit in table_config.set.
 */
#ifndef CONFIG_CONFIG_KEY_H
#define CONFIG_CONFIG_KEY_H

#include <stddef.h>
#include <stdint.h>

#include "daemon/config/config.h"
#include "proto/must_use.h"

enum config_section { SECTION_DAEMON, SECTION_AWS, SECTION_TABLE }; /* TABLE: [defaults] and [table NAME] */

enum config_kind {
    KIND_COUNT,
    KIND_SIZE,
    KIND_DURATION,
    KIND_DURATION_NEVER, /* a duration or "never" */
    KIND_MODE,
    KIND_TEXT,
    KIND_SCHEMA,
    KIND_LATER, /* a reserved name: not available in this version */
};

struct config_key {
    enum config_section section;
    const char *name;
    enum config_kind kind;
    size_t offset;     /* in struct config, or in struct table_config */
    uint64_t min, max; /* KIND_TEXT: max is the buffer's size, NUL included */
};

extern const struct config_key CONFIG_KEYS[];
extern const size_t CONFIG_KEY_COUNT;

/* The number of a key; CONFIG_KEY_COUNT if there is no such key. */
size_t config_key_find(enum config_section section, const char *name);

/* The known name nearest to an unknown one, as a suggestion; NULL if none is near. */
const char *config_key_nearest(enum config_section section, const char *name);
const char *config_key_nearest_section(const char *name);

/* Store a value into `base`, the struct that the key belongs to. False: it is not allowed, and `why` says what is. */
bool config_key_store(const struct config_key *k, void *base, const char *value, char *why, size_t why_cap) MUST_USE;

/* Print the value in the form that config_key_store reads; "" for an empty text or schema. Truncated to cap. */
void config_key_print(const struct config_key *k, const void *base, char *out, size_t cap);

#endif
