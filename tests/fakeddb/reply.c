/* reply: see reply.h. */
#include "tests/fakeddb/reply.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *prefix_of(const char *type)
{
    static const char *const service[] = {
        "SerializationException",       "UnknownOperationException", "MissingAuthenticationTokenException",
        "IncompleteSignatureException", "InvalidSignatureException", "UnrecognizedClientException",
        "AccessDeniedException",        "ExpiredTokenException",     "ServiceUnavailable",
    };
    if (strcmp(type, "ValidationException") == 0)
        return "com.amazon.coral.validate#";
    if (strcmp(type, "ThrottlingException") == 0)
        return "com.amazon.coral.availability#";
    for (size_t i = 0; i < sizeof(service) / sizeof(service[0]); i++) {
        if (strcmp(type, service[i]) == 0)
            return "com.amazon.coral.service#";
    }
    return "com.amazonaws.dynamodb.v20120810#";
}

void reply_error(struct call *c, int status, const char *type, const char *fmt, ...)
{
    char message[2048];
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(message, sizeof(message), fmt, args);
    va_end(args);
    size_t len = n < 0 ? 0 : (size_t)n < sizeof(message) ? (size_t)n : sizeof(message) - 1;
    for (size_t i = 0; i < len; i++) /* a cut message may end inside a character */
        message[i] = (message[i] & 0x80) != 0 ? '?' : message[i];
    bool old_style = strcmp(type, "SerializationException") == 0 || strcmp(type, "AccessDeniedException") == 0;
    c->status = status;
    text_clear(c->out, ANSWER_BYTES_MAX);
    text_putf(c->out, "{\"__type\":\"%s%s\",\"%s\":", prefix_of(type), type, old_style ? "Message" : "message");
    text_put_string(c->out, message, len);
    text_puts(c->out, "}");
}

bool reply_value_error(struct call *c, const struct value_error *err)
{
    if (err->text[0] == '\0')
        return false;
    reply_error(c, 400, err->serialization ? "SerializationException" : "ValidationException", "%s", err->text);
    return true;
}

void throttles_add(struct throttles *list, struct throttle why)
{
    for (int i = 0; i < list->n; i++) {
        if (strcmp(list->why[i].reason, why.reason) == 0 && strcmp(list->why[i].table, why.table) == 0)
            return;
    }
    if (list->n < THROTTLES_MAX)
        list->why[list->n++] = why;
}

static void put_reasons(struct call *c, bool plain, const struct throttles *list)
{
    c->out->len--; /* the closing brace */
    text_putf(c->out, ",\"%s\":[", plain ? "throttlingReasons" : "ThrottlingReasons");
    for (int i = 0; i < list->n; i++) {
        text_puts(c->out, i > 0 ? ",{\"reason\":" : "{\"reason\":");
        text_put_string(c->out, list->why[i].reason, strlen(list->why[i].reason));
        text_putf(c->out, ",\"resource\":\"arn:aws:dynamodb:%s:000000000000:table/%s\"}", c->fake->region,
                  list->why[i].table);
    }
    text_puts(c->out, "]}");
}

static void reply_throttle_as(struct call *c, const char *error, const struct throttles *list)
{
    bool plain = strcmp(error, "ThrottlingException") == 0;
    bool account = strcmp(error, "RequestLimitExceeded") == 0;
    reply_error(c, 400, error, "%s",
                plain     ? "Throughput exceeds the current capacity of your table or index."
                : account ? "Throughput exceeds the current throughput limit for your account."
                          : "The level of configured provisioned throughput for the table was exceeded. Consider "
                            "increasing your provisioning level with the UpdateTable API.");
    if (list->n > 0)
        put_reasons(c, plain, list);
}

/* The existing table that a body names; empty if there is none. */
static const char *table_of_body(const struct call *c)
{
    for (int i = 0; i < c->fake->store.ntables; i++) {
        if (fault_body_names(c->body, c->fake->store.tables[i]->name))
            return c->fake->store.tables[i]->name;
    }
    return "";
}

void reply_throttle(struct call *c)
{
    static const struct throttle kinds[] = {
        {"ProvisionedThroughputExceededException", "TableWriteProvisionedThroughputExceeded", NULL},
        {"ProvisionedThroughputExceededException", "IndexWriteProvisionedThroughputExceeded", NULL},
        {"ThrottlingException", "TableWriteKeyRangeThroughputExceeded", NULL},
        {"ThrottlingException", "TableWriteMaxOnDemandThroughputExceeded", NULL},
        {"RequestLimitExceeded", "TableWriteAccountLimitExceeded", NULL},
    };
    struct throttle why = {c->set->throttle_error, c->set->throttle_reason, table_of_body(c)};
    if (strcmp(why.error, "any") == 0) {
        const struct throttle *one = &kinds[fault_below(&c->fake->fault, sizeof(kinds) / sizeof(kinds[0]))];
        why.error = one->error;
        why.reason = one->reason;
    }
    struct throttles list = {.n = why.reason[0] != '\0' ? 1 : 0, .why = {why}};
    reply_throttle_as(c, why.error, &list);
}

void reply_throttles(struct call *c, const struct throttles *list)
{
    if (list->n > 0)
        reply_throttle_as(c, list->why[0].error, list);
    else
        reply_throttle(c);
}

void reply_bad_json(struct call *c)
{
    reply_error(c, 400, "SerializationException", "Could not parse request body");
}
