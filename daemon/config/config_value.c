/* config_value: text forms of modes and key schemas. See config_value.h. */
#include "daemon/config/config_value.h"

#include <stdio.h>
#include <string.h>

bool config_value_mode(const char *text, unsigned *ret)
{
    unsigned v = 0;
    size_t n = strlen(text);
    if (n == 0 || n > 4)
        return false;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '7')
            return false;
        v = v * 8 + (unsigned)(*text - '0');
    }
    if (v > 0777)
        return false;
    *ret = v;
    return true;
}

/* Parse "name:T" of n characters, after leading blanks. */
static bool key_attr_read(const char *text, size_t n, struct key_attr *ret)
{
    while (n > 0 && *text == ' ') {
        text++;
        n--;
    }
    if (n < 3 || n - 2 > ITEM_KEY_NAME_MAX || text[n - 2] != ':' || strchr("SNB", text[n - 1]) == NULL)
        return false;
    *ret = (struct key_attr){.type = text[n - 1], .name_len = (uint8_t)(n - 2)};
    memcpy(ret->name, text, n - 2);
    return true;
}

bool config_value_schema(const char *text, struct key_schema *ret)
{
    struct key_schema s = {.count = 1};
    const char *comma = strchr(text, ',');
    if (comma != NULL) {
        s.count = 2;
        if (!key_attr_read(comma + 1, strlen(comma + 1), &s.attr[1]))
            return false;
    }
    if (!key_attr_read(text, comma != NULL ? (size_t)(comma - text) : strlen(text), &s.attr[0]))
        return false;
    if (s.count == 2 && strcmp(s.attr[0].name, s.attr[1].name) == 0)
        return false;
    *ret = s;
    return true;
}

void config_value_put_schema(char out[CONFIG_SCHEMA_TEXT], const struct key_schema *s)
{
    out[0] = '\0';
    if (s->count == 1)
        snprintf(out, CONFIG_SCHEMA_TEXT, "%s:%c", s->attr[0].name, s->attr[0].type);
    else if (s->count == 2)
        snprintf(out, CONFIG_SCHEMA_TEXT, "%s:%c,%s:%c", s->attr[0].name, s->attr[0].type, s->attr[1].name,
                 s->attr[1].type);
}
