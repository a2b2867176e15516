/* config_value: parse file modes, parse and print key schemas. Numbers are in base/units.h.
 * Owner: none. Pure, no allocation.
 * Invariants: config_value_schema reads back what config_value_put_schema writes.
 */
#ifndef CONFIG_CONFIG_VALUE_H
#define CONFIG_CONFIG_VALUE_H

#include <stdbool.h>

#include "proto/item/item.h"
#include "proto/must_use.h"

/* Parse functions return false, and leave `*ret` alone, if the text is not exactly one value of its kind. */

/* File permission bits in octal, 0 to 0777. */
bool config_value_mode(const char *text, unsigned *ret) MUST_USE;

/* "pk:S" or "pk:S,sk:N": attribute names with type S, N or B. A part's last colon separates name and type. */
bool config_value_schema(const char *text, struct key_schema *ret) MUST_USE;

/* Room for two key names, their types and the NUL. */
enum { CONFIG_SCHEMA_TEXT = 2 * (ITEM_KEY_NAME_MAX + 3) + 1 };
void config_value_put_schema(char out[CONFIG_SCHEMA_TEXT], const struct key_schema *s);

#endif
