/* config_parse: read INI text into a config.
 * Owner: the caller owns the config. Pure except for memory.
 * Invariant: the first error is the one reported, with its line.
 */
#ifndef CONFIG_CONFIG_PARSE_H
#define CONFIG_CONFIG_PARSE_H

#include "daemon/config/config.h"
#include "proto/must_use.h"

/* Apply the settings of an INI text; a later setting overrides an earlier one. `source` names the text in messages.
 * DDBS_OK; DDBS_E_BAD_CONFIG with one line in errmsg: source, line, key, what is wrong and what is allowed (for an
 * unknown key, a suggestion); DDBS_E_OUT_OF_MEMORY. After an error the config must not be used. */
int config_parse(struct config *c, struct span text, const char *source, char errmsg[CONFIG_ERRMSG]) MUST_USE;

#endif
