/* config_parse: what the parser and config_set share.
 * Owner: the caller's config. Pure but for mem.
 */
#ifndef CORE_CONFIG_PARSE_H
#define CORE_CONFIG_PARSE_H

#include "daemon/core/config.h"

/* Store one value; `section` is "daemon", "aws", "defaults" or "table NAME". Errors as config_parse; `source` stands
 * in front of the message as it is. */
int config_put(struct config *c, const char *section, const char *key, const char *value, const char *source,
               char errmsg[CONFIG_ERRMSG]);

#endif
