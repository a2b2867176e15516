/* op_table_option: tables from the text of an option or a script: NAME:pk[=T][,sk[=T]][@UNITS]. */
#include <stdio.h>
#include <string.h>

#include "tests/fakeddb/ops.h"

enum { BODY_MAX = 16 * 1024 };

/* The position of "@UNITS"; the end of the text if there is none. */
static size_t units_at(const char *option)
{
    const char *at = strrchr(option, '@');
    return at != NULL && at[1] != '\0' && strspn(at + 1, "0123456789") == strlen(at + 1) ? (size_t)(at - option)
                                                                                         : strlen(option);
}

/* Append KeySchema and AttributeDefinitions of "pk[=T][,sk[=T]]". */
static void put_keys(const char *p, const char *end, struct text *keys, struct text *defs)
{
    for (int i = 0; p < end; i++) {
        int n = (int)strcspn(p, ",");
        n = n < end - p ? n : (int)(end - p);
        bool typed = n > 2 && p[n - 2] == '=';
        const char *comma = i > 0 ? "," : "";
        text_putf(keys, "%s{\"AttributeName\":\"%.*s\",\"KeyType\":\"%s\"}", comma, typed ? n - 2 : n, p,
                  i > 0 ? "RANGE" : "HASH");
        text_putf(defs, "%s{\"AttributeName\":\"%.*s\",\"AttributeType\":\"%c\"}", comma, typed ? n - 2 : n, p,
                  typed ? p[n - 1] : 'S');
        p += p + n < end ? n + 1 : n;
    }
}

/* Write the CreateTable body for the text; false if it is invalid. */
static bool option_body(const char *option, struct text *out)
{
    const char *colon = strchr(option, ':'), *end = option + units_at(option);
    struct text defs;
    if (colon == NULL || colon > end || strpbrk(option, "\"\\") != NULL)
        return false;
    text_init(&defs, BODY_MAX);
    text_putf(out, "{\"TableName\":\"%.*s\",", (int)(colon - option), option);
    if (*end == '@')
        text_putf(out, "\"ProvisionedThroughput\":{\"ReadCapacityUnits\":%s,\"WriteCapacityUnits\":%s}", end + 1,
                  end + 1);
    else
        text_puts(out, "\"BillingMode\":\"PAY_PER_REQUEST\"");
    text_puts(out, ",\"KeySchema\":[");
    put_keys(colon + 1, end, out, &defs);
    text_puts(out, "],\"AttributeDefinitions\":[");
    text_put(out, defs.p, defs.len);
    text_puts(out, "]}");
    bool ok = !out->failed && !defs.failed;
    text_fini(&defs);
    return ok;
}

/* Create the table, or only validate the text (call NULL). */
static bool take(struct call *c, const char *option, char *errmsg, size_t errmsg_max)
{
    const char *why = "write it as NAME:partition[=S|N|B][,sort[=S|N|B]][@UNITS]";
    struct text body;
    text_init(&body, BODY_MAX);
    if (option_body(option, &body))
        why = op_make_table(c, text_span(&body), c == NULL);
    if (why != NULL)
        snprintf(errmsg, errmsg_max, "table %s: %s", option, why);
    text_fini(&body);
    return why == NULL;
}

bool op_table_from_option(struct call *c, const char *option, char *errmsg, size_t errmsg_max)
{
    return take(c, option, errmsg, errmsg_max);
}

bool op_table_option_ok(const char *option, char *errmsg, size_t errmsg_max)
{
    return take(NULL, option, errmsg, errmsg_max);
}
