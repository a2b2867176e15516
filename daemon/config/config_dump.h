/* config_dump: the effective settings as an INI text.
 * Owner: the caller's buffer. Pure.
 * Invariant: config_parse reads the text back as the same settings.
 */
#ifndef CONFIG_CONFIG_DUMP_H
#define CONFIG_CONFIG_DUMP_H

#include "daemon/config/config.h"

/* Write the effective settings as an INI text into `out`; returns the bytes wanted (as snprintf), NUL-terminated if cap
 * > 0. */
size_t config_dump(const struct config *c, char *out, size_t cap);

#endif
