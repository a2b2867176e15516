/* config_set: apply one setting to a config, by section and key; a refusal always comes with a sentence.
 * Owner: the caller owns the config. Pure except for memory.
 * Invariant: a value that a [table NAME] section did not set equals the one of [defaults], in whatever order the
 * sections are read.
 */
#ifndef CONFIG_CONFIG_SET_H
#define CONFIG_CONFIG_SET_H

#include "daemon/config/config.h"
#include "proto/must_use.h"

/* Set one key. `section` is "daemon", "aws", "defaults" or "table NAME"; `source` is the prefix of a message. DDBS_OK,
 * DDBS_E_BAD_CONFIG with one line in errmsg (what is wrong and what is allowed; for an unknown key, a suggestion), or
 * DDBS_E_OUT_OF_MEMORY. After an error the config must not be used. */
int config_set_key(struct config *c, const char *section, const char *key, const char *value, const char *source,
                   char errmsg[CONFIG_ERRMSG]) MUST_USE;

/* The same, for a path "SECTION.KEY" (for a table, "table NAME.KEY"). */
int config_set(struct config *c, const char *path, const char *value, const char *source,
               char errmsg[CONFIG_ERRMSG]) MUST_USE;

#endif
