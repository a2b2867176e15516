/* constraint: see constraint.h. */
#include "tests/fakeddb/constraint.h"

#include <stdio.h>
#include <string.h>

enum { NAME_MIN = 3, NAME_MAX = 255, ARN_MAX = 1024, VALUE_SHOWN = 100 };

static void append(struct constraints *c, const char *text)
{
    size_t room = sizeof(c->text) - c->len;
    int n = snprintf(c->text + c->len, room, "%s%s", c->n > 0 ? "; " : "", text);
    c->len += n < 0 ? 0 : (size_t)n < room ? (size_t)n : room - 1;
    c->n++;
}

void constraint_add(struct constraints *c, const char *value, const char *at, const char *rule)
{
    char text[CONSTRAINT_TEXT_MAX];
    const char *quote = value != NULL ? "'" : "";
    if (c->n == CONSTRAINTS_MAX)
        return;
    snprintf(text, sizeof(text), "Value %s%s%s at '%s' failed to satisfy constraint: %s", quote,
             value != NULL ? value : "null", quote, at, rule);
    append(c, text);
}

bool constraint_enum(struct constraints *c, struct span value, const char *at, const char *list)
{
    char plain[VALUE_SHOWN + 1], rule[160];
    if (value.p == NULL)
        return true;
    size_t n = value.n >= 2 ? value.n - 2 : 0;
    n = n < VALUE_SHOWN ? n : VALUE_SHOWN;
    memcpy(plain, value.p + 1, n);
    plain[n] = '\0';
    const char *found = n > 0 ? strstr(list, plain) : NULL;
    if (found != NULL && found > list && strchr("[ ", found[-1]) != NULL && strchr(",]", found[n]) != NULL)
        return true;
    snprintf(rule, sizeof(rule), "Member must satisfy enum value set: %s", list);
    constraint_add(c, plain, at, rule);
    return false;
}

void constraint_join(struct constraints *c, const struct constraints *more)
{
    if (more->n == 0 || c->n + more->n > CONSTRAINTS_MAX)
        return;
    append(c, more->text);
    c->n += more->n - 1;
}

bool constraint_table_name_ok(struct span name)
{
    bool arn = name.n > 4 && memcmp(name.p, "arn:", 4) == 0;
    if (name.n < NAME_MIN || name.n > (arn ? ARN_MAX : NAME_MAX))
        return false;
    for (size_t i = 0; i < name.n; i++) {
        uint8_t c = name.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        bool sign = c == '_' || c == '-' || c == '.' || (arn && (c == ':' || c == '/'));
        if (!letter && !sign)
            return false;
    }
    return true;
}
