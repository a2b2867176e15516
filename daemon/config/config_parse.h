/* config_parse: an INI text into a config.
 * Owner: the caller's config. Pure but for mem.
 * Invariant: the first error wins and is reported with its line.
 */
#ifndef CONFIG_CONFIG_PARSE_H
#define CONFIG_CONFIG_PARSE_H

#include "daemon/config/config.h"
#include "proto/must_use.h"

/* Take over the settings of an INI text (a later one wins); `source` names it in messages. DDBS_OK or DDBS_E_BAD_CONFIG
 * with one line in errmsg: source, line, key, what is wrong and what is allowed (an unknown key with a suggestion);
 * DDBS_E_OUT_OF_MEMORY. After an error the config must not be used. */
int config_parse(struct config *c, struct span text, const char *source, char errmsg[CONFIG_ERRMSG]) MUST_USE;

#endif
