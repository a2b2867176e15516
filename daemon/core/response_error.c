/* response_error: an answer that is not 200: one table from error code to outcome. See response.h. */
#include "daemon/core/response_part.h"

#include <string.h>

#include "daemon/core/text.h"
#include "proto/err.h"

enum { CODE_MAX = 80 };

struct code_row {
    const char *code;
    enum job_outcome outcome;
    bool maybe_written; /* the service may have applied (part of) the request all the same */
};

/* Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html and CommonErrors of
 * the API reference; which codes are throttling or transient: the SDKs' retry lists. */
static const struct code_row rows[] = {
    {"ProvisionedThroughputExceededException", JOB_THROTTLED, false},
    {"ThrottlingException", JOB_THROTTLED, false},
    {"Throttling", JOB_THROTTLED, false},
    {"ThrottledException", JOB_THROTTLED, false},
    {"RequestThrottledException", JOB_THROTTLED, false},
    {"RequestThrottled", JOB_THROTTLED, false},
    {"TooManyRequestsException", JOB_THROTTLED, false},
    {"RequestLimitExceeded", JOB_THROTTLED, false},
    {"BandwidthLimitExceeded", JOB_THROTTLED, false},
    {"LimitExceededException", JOB_THROTTLED, false},
    {"SlowDown", JOB_THROTTLED, false},
    {"EC2ThrottledException", JOB_THROTTLED, false},

    {"InternalServerError", JOB_TRANSIENT, true},
    {"InternalServerErrorException", JOB_TRANSIENT, true},
    {"InternalFailure", JOB_TRANSIENT, true},
    {"ServiceUnavailable", JOB_TRANSIENT, true},
    {"ServiceUnavailableException", JOB_TRANSIENT, true},
    {"RequestTimeout", JOB_TRANSIENT, true},
    {"RequestTimeoutException", JOB_TRANSIENT, true},
    {"PriorRequestNotComplete", JOB_TRANSIENT, true},
    {"ReplicatedWriteConflictException", JOB_TRANSIENT, true},
    {"TransactionConflictException", JOB_TRANSIENT, true},
    {"TransactionInProgressException", JOB_TRANSIENT, true},
    {"InvalidEndpointException", JOB_TRANSIENT, false},

    {"SerializationException", JOB_INVALID, false},
    {"ItemCollectionSizeLimitExceededException", JOB_INVALID, true},

    {"ResourceNotFoundException", JOB_TABLE_NOT_FOUND, false},
    {"TableNotFoundException", JOB_TABLE_NOT_FOUND, false},

    {"AccessDeniedException", JOB_ACCESS_DENIED, false},
    {"AccessDenied", JOB_ACCESS_DENIED, false},
    {"NotAuthorized", JOB_ACCESS_DENIED, false},
    {"OptInRequired", JOB_ACCESS_DENIED, false},

    {"ExpiredTokenException", JOB_CREDENTIALS, false},
    {"ExpiredToken", JOB_CREDENTIALS, false},
    {"InvalidToken", JOB_CREDENTIALS, false},
    {"InvalidClientTokenId", JOB_CREDENTIALS, false},
    {"UnrecognizedClientException", JOB_CREDENTIALS, false},
    {"MissingAuthenticationToken", JOB_CREDENTIALS, false},
    {"MissingAuthenticationTokenException", JOB_CREDENTIALS, false},
    {"IncompleteSignature", JOB_CREDENTIALS, false},
    {"IncompleteSignatureException", JOB_CREDENTIALS, false},
    {"InvalidSignatureException", JOB_CREDENTIALS, false},
    {"SignatureDoesNotMatch", JOB_CREDENTIALS, false},
    {"AuthFailure", JOB_CREDENTIALS, false},
    {"RequestExpired", JOB_CREDENTIALS, false},
    {"RequestTimeTooSkewed", JOB_CREDENTIALS, false},
    {"RequestInTheFuture", JOB_CREDENTIALS, false},

    {"ResourceInUseException", JOB_TABLE_UNUSABLE, false},
    {"TableInUseException", JOB_TABLE_UNUSABLE, false},
};

/* What DynamoDB says when the key, not an item, is wrong; "for Index Key" and the like are an item's own fault. */
static const char *const key_sentences[] = {
    "The provided key element does not match the schema", "One or more parameter values were invalid: Missing the key ",
    "Type mismatch for key ", "One of the required keys was not given a value", /* DynamoDB Local */
};

static bool starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* "prefix#Code:suffix" without both, printable characters only. */
static void code_copy(struct span type, char out[CODE_MAX])
{
    const uint8_t *colon = type.n > 0 ? memchr(type.p, ':', type.n) : NULL;
    size_t end = colon != NULL ? (size_t)(colon - type.p) : type.n;
    size_t from = 0, n = 0;
    for (size_t i = 0; i < end; i++) {
        if (type.p[i] == '#')
            from = i + 1;
    }
    for (size_t i = from; i < end && n < CODE_MAX - 1; i++) {
        if (type.p[i] > 0x20 && type.p[i] < 0x7f)
            out[n++] = (char)type.p[i];
    }
    out[n] = '\0';
}

/* The message, cut where a refused signature's would repeat the request's headers, session token included. */
static struct span message_of(const json_t *body)
{
    static const char secret_from[] = "The Canonical String";
    struct span message = response_string(body, "message");
    if (message.p == NULL)
        message = response_string(body, "Message");
    const uint8_t *at = message.n > 0 ? memmem(message.p, message.n, secret_from, sizeof secret_from - 1) : NULL;
    if (at != NULL)
        message.n = (size_t)(at - message.p);
    return message;
}

static bool message_has(struct span message, const char *part)
{
    return message.n > 0 && memmem(message.p, message.n, part, strlen(part)) != NULL;
}

static enum job_outcome validation_outcome(const struct job *job, struct span message)
{
    if (job->kind == JOB_DESCRIBE)
        return JOB_TABLE_NOT_FOUND; /* a name that no table can have */
    for (size_t i = 0; i < sizeof key_sentences / sizeof key_sentences[0]; i++) {
        if (message_has(message, key_sentences[i]))
            return JOB_KEY_SCHEMA;
    }
    return JOB_INVALID;
}

/* An answer whose code the table does not have, or that has none (a proxy, a load balancer, not DynamoDB at all). */
static struct code_row row_by_status(int status, bool has_code)
{
    if (status == 429 || status == 509)
        return (struct code_row){NULL, JOB_THROTTLED, false};
    if (status == 413) /* the request is too large: in parts it may pass */
        return (struct code_row){NULL, JOB_INVALID, false};
    if (!has_code || status < 400 || status >= 500)
        return (struct code_row){NULL, JOB_TRANSIENT, true};
    if (status == 401 || status == 403)
        return (struct code_row){NULL, JOB_ACCESS_DENIED, false};
    return (struct code_row){NULL, JOB_INVALID, false};
}

static struct code_row row_find(const struct job *job, const char *code, struct span message, int status)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(rows[i].code, code) == 0)
            return rows[i];
    }
    if (strcmp(code, "ValidationException") == 0)
        return (struct code_row){NULL, validation_outcome(job, message), false};
    if (starts_with(code, "KMS") || starts_with(code, "Kms"))
        return (struct code_row){NULL, JOB_TABLE_UNUSABLE, false};
    return row_by_status(status, code[0] != '\0');
}

/* What to do about it, where the service's own words do not say. */
static const char *remedy_of(const char *code, struct span message)
{
    if (strcmp(code, "RequestExpired") == 0 || strcmp(code, "RequestTimeTooSkewed") == 0 ||
        strcmp(code, "RequestInTheFuture") == 0 || message_has(message, "Signature expired") ||
        message_has(message, "Signature not yet current"))
        return " (check this host's clock)";
    return "";
}

/* "User: ARN is not authorized to perform: ACTION on resource: ..." says first what the reader knows; what was refused,
 * and on which table, must not be what is cut. */
static void say_denied(struct job_result *ret, const char *code, struct span message)
{
    static const char user[] = "User: ", refused[] = " is not authorized to perform: ";
    const uint8_t *at = memmem(message.p, message.n, refused, sizeof refused - 1);
    if (at == NULL || message.n < sizeof user - 1 || memcmp(message.p, user, sizeof user - 1) != 0) {
        response_say(ret, "%s: %.*s", code, (int)message.n, (const char *)message.p);
        return;
    }
    size_t who = (size_t)(at - message.p), from = who + sizeof " is " - 1;
    response_say(ret, "%s: %.*s (%.*s)", code, (int)(message.n - from), (const char *)message.p + from, (int)who,
                 (const char *)message.p);
}

static void say_refused(struct job_result *ret, const char *code, struct span message)
{
    const char *remedy = remedy_of(code, message);
    char words[JOB_TEXT];
    text_shorten(words, sizeof words - strlen(code) - strlen(": ") - strlen(remedy), message);
    response_say(ret, "%s: %s%s", code, words, remedy);
}

void response_judge_error(const struct job *job, const struct response *r, struct job_result *ret)
{
    json_t *body = NULL;
    if (response_load(r->body, &body) == DDBS_E_OUT_OF_MEMORY) { /* what it said decides */
        response_broken(job, response_load_error(DDBS_E_OUT_OF_MEMORY), ret);
        return;
    }
    struct span message = message_of(body);
    char code[CODE_MAX];
    code_copy(r->error_type.n > 0 ? r->error_type : response_string(body, "__type"), code);

    struct code_row row = row_find(job, code, message, r->status);
    ret->outcome = row.outcome;
    ret->maybe_written = row.maybe_written && job->kind == JOB_WRITE;
    if (code[0] == '\0' && row.outcome == JOB_TRANSIENT && r->status < 500)
        response_say(ret, "HTTP status %d without an error code: is this a DynamoDB endpoint?", r->status);
    else if (code[0] == '\0')
        response_say(ret, "HTTP status %d", r->status);
    else if (message.n == 0)
        response_say(ret, "%s (HTTP status %d)", code, r->status);
    else if (row.outcome == JOB_ACCESS_DENIED)
        say_denied(ret, code, message);
    else
        say_refused(ret, code, message);
    json_decref(body);
}
