/* reply: see reply.h. */
#include "tests/fakeddb/reply.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *prefix_of(const char *type)
{
    static const char *const service[] = {
        "SerializationException",       "UnknownOperationException",   "MissingAuthenticationTokenException",
        "IncompleteSignatureException", "InvalidSignatureException",   "UnrecognizedClientException",
        "AccessDeniedException",        "ExpiredTokenException",       "ServiceUnavailable",
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
    for (size_t i = 0; i < len; i++) /* what was cut short may end inside a character */
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

void reply_throttle(struct call *c)
{
    const struct fault_settings *set = &c->fake->fault.set;
    bool plain = strcmp(set->throttle_error, "ThrottlingException") == 0;
    reply_error(c, 400, set->throttle_error, "%s",
                plain ? "Rate of requests exceeds the allowed throughput." :
                "The level of configured provisioned throughput for the table was exceeded. Consider increasing your "
                "provisioning level with the UpdateTable API.");
    if (set->throttle_reason[0] == '\0')
        return;
    c->out->len--; /* the closing brace */
    text_putf(c->out, ",\"%s\":[{\"reason\":", plain ? "throttlingReasons" : "ThrottlingReasons");
    text_put_string(c->out, set->throttle_reason, strlen(set->throttle_reason));
    text_putf(c->out, ",\"resource\":\"arn:aws:dynamodb:%s:000000000000:table/%s\"}]}", c->fake->region, set->table);
}

void reply_bad_json(struct call *c)
{
    reply_error(c, 400, "SerializationException", "Could not parse request body");
}
