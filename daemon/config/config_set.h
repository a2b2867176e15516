/* config_set: one setting into a config, by its section and key; whatever is refused is refused with a sentence.
 * Owner: the caller's config. Pure but for mem.
 * Invariant: a value of a [table NAME] that its own section did not set equals the one of [defaults], whatever came
 * first.
 */
#ifndef CONFIG_CONFIG_SET_H
#define CONFIG_CONFIG_SET_H

#include "daemon/config/config.h"
#include "proto/must_use.h"

/* Set one key; `section` is "daemon", "aws", "defaults" or "table NAME", `source` stands in front of a message as it
 * is. DDBS_OK, DDBS_E_BAD_CONFIG with one line in errmsg (what is wrong and what is allowed; an unknown key with a
 * suggestion), or DDBS_E_OUT_OF_MEMORY. After an error the config must not be used. */
int config_set_key(struct config *c, const char *section, const char *key, const char *value, const char *source,
                   char errmsg[CONFIG_ERRMSG]) MUST_USE;

/* The same by "SECTION.KEY" (a table's: "table NAME.KEY"). */
int config_set(struct config *c, const char *path, const char *value, const char *source,
               char errmsg[CONFIG_ERRMSG]) MUST_USE;

#endif
