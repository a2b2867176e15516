/* config_set: one setting, by its section and key. See config_set.h. */
#include "daemon/config/config_set.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "daemon/config/config_key.h"
#include "proto/err.h"

enum { NAME_SHOWN = 64, TABLE_PREFIX = 6 /* "table " */ };

/* Write "SOURCE: message" into errmsg and return DDBS_E_BAD_CONFIG. */
static int refuse(char errmsg[CONFIG_ERRMSG], const char *source, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static int refuse(char errmsg[CONFIG_ERRMSG], const char *source, const char *format, ...)
{
    char what[CONFIG_ERRMSG];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    /* Shorten a long source at its front: the message matters more. */
    size_t n = strlen(source), shown = 160;
    int rc = snprintf(errmsg, CONFIG_ERRMSG, "%s%s: %s", n > shown ? "..." : "",
                      n > shown ? source + n - shown : source, what);
    if (rc >= CONFIG_ERRMSG)
        memcpy(errmsg + CONFIG_ERRMSG - 4, "...", 4);
    for (char *p = errmsg; *p != '\0'; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            *p = '?'; /* quoted text may contain anything, but a message must be one line */
    return DDBS_E_BAD_CONFIG;
}

static int section_refuse(const char *section, const char *source, char errmsg[CONFIG_ERRMSG])
{
    if (*section == '\0')
        return refuse(errmsg, source,
                      "the setting is not in a section; put it under [daemon], [aws], "
                      "[defaults] or [table NAME]");
    if (strcmp(section, "allow") == 0 || strncmp(section, "allow ", 6) == 0)
        return refuse(errmsg, source, "[allow NAME] is not available in version " DDBS_VERSION "; remove it");
    const char *near = config_key_nearest_section(section);
    return refuse(errmsg, source,
                  "unknown section [%.*s]%s%s%s; there are [daemon], [aws], [defaults] and "
                  "[table NAME]",
                  NAME_SHOWN, section, near != NULL ? ", did you mean [" : "", near != NULL ? near : "",
                  near != NULL ? "]?" : "");
}

/* True if the name may stand in [table NAME]: printable ASCII without blanks and ]. */
static bool table_name_ok(const char *name)
{
    size_t n = strlen(name);
    if (n == 0 || n > MSG_TABLE_MAX)
        return false;
    for (size_t i = 0; i < n; i++) {
        if ((unsigned char)name[i] <= 0x20 || (unsigned char)name[i] >= 0x7f || name[i] == ']')
            return false;
    }
    return true;
}

static int table_add(struct config *c, const char *name, const char *source, struct table_config **ret,
                     char errmsg[CONFIG_ERRMSG])
{
    if (c->table_count >= CONFIG_TABLES_MAX)
        return refuse(errmsg, source, "more than %d [table NAME] sections; move what they share to [defaults]",
                      CONFIG_TABLES_MAX);
    *ret = config_table_add(c, name);
    if (*ret != NULL)
        return DDBS_OK;
    snprintf(errmsg, CONFIG_ERRMSG, "%s: memory ran out", source);
    return DDBS_E_OUT_OF_MEMORY;
}

/* Copy a changed default to every table that has not set this key itself. */
static void defaults_spread(struct config *c, size_t key)
{
    char unused[8], value[CONFIG_ERRMSG * 2];
    config_key_print(&CONFIG_KEYS[key], &c->defaults, value, sizeof value);
    for (size_t i = 0; i < c->table_count; i++) {
        struct table_config *t = &c->tables[i];
        bool stored = (t->set >> key & 1) != 0 || config_key_store(&CONFIG_KEYS[key], t, value, unused, sizeof unused);
        assert(stored);
    }
}

/* Find the section that a key goes into; a new [table NAME] is added. `*ret_table` is NULL for all other sections. */
static int section_open(struct config *c, const char *section, const char *source, enum config_section *ret,
                        struct table_config **ret_table, char errmsg[CONFIG_ERRMSG])
{
    *ret_table = NULL;
    *ret = SECTION_TABLE;
    if (strcmp(section, "defaults") == 0)
        return DDBS_OK;
    if (strcmp(section, "daemon") == 0 || strcmp(section, "aws") == 0) {
        *ret = section[0] == 'd' ? SECTION_DAEMON : SECTION_AWS;
        return DDBS_OK;
    }
    if (strncmp(section, "table ", TABLE_PREFIX) != 0)
        return section_refuse(section, source, errmsg);
    const char *name = section + TABLE_PREFIX;
    while (*name == ' ')
        name++;
    if (!table_name_ok(name))
        return refuse(errmsg, source, "[%.*s]: a table's name has 1 to %d printable characters, no blanks and no ]",
                      NAME_SHOWN, section, MSG_TABLE_MAX);
    *ret_table = config_table_find(c, span_of(name, strlen(name)));
    return *ret_table != NULL ? DDBS_OK : table_add(c, name, source, ret_table, errmsg);
}

static int key_refuse(enum config_section s, const char *section, const char *key, const char *source,
                      char errmsg[CONFIG_ERRMSG])
{
    static const char *const HOMES[] = {
        [SECTION_DAEMON] = "[daemon]", [SECTION_AWS] = "[aws]", [SECTION_TABLE] = "[defaults] or [table NAME]"};
    for (size_t i = 0; i < sizeof HOMES / sizeof HOMES[0]; i++) {
        if (config_key_find((enum config_section)i, key) != CONFIG_KEY_COUNT)
            return refuse(errmsg, source, "unknown setting %.*s in [%.*s]; %.*s belongs to %s", NAME_SHOWN, key,
                          NAME_SHOWN, section, NAME_SHOWN, key, HOMES[i]);
    }
    const char *near = config_key_nearest(s, key);
    if (near != NULL)
        return refuse(errmsg, source, "unknown setting %.*s in [%.*s], did you mean %s?", NAME_SHOWN, key, NAME_SHOWN,
                      section, near);
    return refuse(errmsg, source, "unknown setting %.*s in [%.*s]; ddbsidecard --dump-config lists them", NAME_SHOWN,
                  key, NAME_SHOWN, section);
}

int config_set_key(struct config *c, const char *section, const char *key, const char *value, const char *source,
                   char errmsg[CONFIG_ERRMSG])
{
    enum config_section s;
    struct table_config *table;
    int rc = section_open(c, section, source, &s, &table, errmsg);
    if (rc != DDBS_OK)
        return rc;
    size_t i = config_key_find(s, key);
    if (i == CONFIG_KEY_COUNT)
        return key_refuse(s, section, key, source, errmsg);
    void *base = c;
    if (s == SECTION_TABLE)
        base = table != NULL ? table : &c->defaults;
    char why[CONFIG_ERRMSG / 2];
    if (!config_key_store(&CONFIG_KEYS[i], base, value, why, sizeof why))
        return refuse(errmsg, source, "[%.*s] %s = %.*s: %s", NAME_SHOWN, section, key, NAME_SHOWN, value, why);
    if (table != NULL)
        table->set |= UINT64_C(1) << i;
    else if (s == SECTION_TABLE)
        defaults_spread(c, i);
    return DDBS_OK;
}

int config_set(struct config *c, const char *path, const char *value, const char *source, char errmsg[CONFIG_ERRMSG])
{
    /* The last dot: a table's name may contain dots, a key's never does. */
    const char *dot = strrchr(path, '.');
    char section[TABLE_PREFIX + MSG_TABLE_MAX + 1];
    if (dot == NULL || dot == path || (size_t)(dot - path) >= sizeof section)
        return refuse(errmsg, source, "%.*s is not SECTION.KEY, such as daemon.lanes or table NAME.linger", NAME_SHOWN,
                      path);
    memcpy(section, path, (size_t)(dot - path));
    section[dot - path] = '\0';
    return config_set_key(c, section, dot + 1, value, source, errmsg);
}
