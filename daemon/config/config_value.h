/* config_value: the texts of settings that are no plain numbers (base/units.h): modes and key schemas; parsed and
 * printed.
 * Owner: none. Pure, no allocation.
 * Invariants: what a print function wrote, the parse function reads back as the same value.
 */
#ifndef CONFIG_CONFIG_VALUE_H
#define CONFIG_CONFIG_VALUE_H

#include <stdbool.h>

#include "proto/item/item.h"
#include "proto/must_use.h"

/* Each returns false, and leaves `*ret` alone, if the text is not exactly one value of its kind. */

/* File permission bits in octal, 0 to 0777. */
bool config_value_mode(const char *text, unsigned *ret) MUST_USE;

/* "pk:S" or "pk:S,sk:N": attribute names with S, N or B. The last colon of a part ends its name. */
bool config_value_schema(const char *text, struct key_schema *ret) MUST_USE;

/* Room for two key names, their types and the NUL. */
enum { CONFIG_SCHEMA_TEXT = 2 * (ITEM_KEY_NAME_MAX + 3) + 1 };
void config_value_put_schema(char out[CONFIG_SCHEMA_TEXT], const struct key_schema *s);

#endif
