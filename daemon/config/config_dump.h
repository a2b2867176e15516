/* config_dump: print the effective settings as INI text.
 * Owner: the caller's buffer. Pure.
 * Invariant: config_parse reads the text back as the same settings.
 */
#ifndef CONFIG_CONFIG_DUMP_H
#define CONFIG_CONFIG_DUMP_H

#include "daemon/config/config.h"

/* Write the effective settings as INI text into `out`, NUL-terminated if cap > 0. Returns the length of the whole text,
 * as snprintf does. */
size_t config_dump(const struct config *c, char *out, size_t cap);

#endif
