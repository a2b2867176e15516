/* config_value: the texts of settings: sizes, durations, counts, modes, key schemas; parsed and printed.
 * Owner: none. Pure, no allocation.
 * Invariants: what a print function wrote, the parse function reads back as the same value.
 */
#ifndef CORE_CONFIG_VALUE_H
#define CORE_CONFIG_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/item.h"

enum { CONFIG_VALUE_TEXT = 32 };

/* Each returns false, and leaves `*ret` alone, if the text is not exactly one value of its kind or does not fit 64
   bits. */

/* Decimal digits. */
bool config_value_count(const char *text, uint64_t *ret);

/* Bytes: digits and optionally K, M or G (1024, 1024^2, 1024^3; lower case too). */
bool config_value_size(const char *text, uint64_t *ret);

/* Milliseconds: digits and ms, s, m or h; 0 needs no unit. */
bool config_value_duration(const char *text, uint64_t *ret_ms);

/* File permission bits in octal, 0 to 0777. */
bool config_value_mode(const char *text, unsigned *ret);

/* "pk:S" or "pk:S,sk:N": attribute names with S, N or B. The last colon of a part ends its name. */
bool config_value_schema(const char *text, struct key_schema *ret);

/* Print with the largest unit that divides the value. */
void config_value_put_size(char out[CONFIG_VALUE_TEXT], uint64_t bytes);
void config_value_put_duration(char out[CONFIG_VALUE_TEXT], uint64_t ms);

/* Room for two key names, their types and the NUL. */
enum { CONFIG_SCHEMA_TEXT = 2 * (ITEM_KEY_NAME_MAX + 3) + 1 };
void config_value_put_schema(char out[CONFIG_SCHEMA_TEXT], const struct key_schema *s);

#endif
