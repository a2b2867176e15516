/* response_error: the table from error code to outcome, and the texts. See response_error.h. */
#include "daemon/dynamo/response_error.h"

#include <string.h>

#include "daemon/base/text.h"
#include "daemon/dynamo/response_json.h"
#include "daemon/dynamo/response_part.h"
#include "proto/err.h"

enum { CODE_MAX = 80 };

struct code_row {
    const char *code;
    enum job_outcome outcome;
    bool maybe_written; /* the service may still have applied the request or a part of it */
};

/* Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html and CommonErrors of
 * the API reference. Which codes mean throttling or a transient error: the SDKs' retry lists. */
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

/* Messages of DynamoDB that mean the key does not match the table's key schema. Other messages, such as "... for Index
 * Key ...", are about one bad item. */
static const char *const key_sentences[] = {
    "The provided key element does not match the schema", "One or more parameter values were invalid: Missing the key ",
    "Type mismatch for key ", "One of the required keys was not given a value", /* DynamoDB Local */
};

static bool starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* Copy the code of "prefix#Code:suffix", printable characters only. */
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
    struct span message = response_json_string(body, "message");
    if (message.p == NULL)
        message = response_json_string(body, "Message");
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
        return JOB_TABLE_NOT_FOUND; /* the name is not a valid table name */
    for (size_t i = 0; i < sizeof key_sentences / sizeof key_sentences[0]; i++) {
        if (message_has(message, key_sentences[i]))
            return JOB_KEY_SCHEMA;
    }
    return JOB_INVALID;
}

/* For an answer with an unknown error code, or without one (from a proxy, a load balancer, or another service). */
static struct code_row row_by_status(int status, bool has_code)
{
    if (status == 429 || status == 509)
        return (struct code_row){NULL, JOB_THROTTLED, false};
    if (status == 413) /* the request is too large: single items may pass */
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

/* What to do about the error, where the service's message does not say it. */
static const char *remedy_of(const char *code, struct span message)
{
    if (strcmp(code, "RequestExpired") == 0 || strcmp(code, "RequestTimeTooSkewed") == 0 ||
        strcmp(code, "RequestInTheFuture") == 0 || message_has(message, "Signature expired") ||
        message_has(message, "Signature not yet current"))
        return " (check this host's clock)";
    return "";
}

/* "User: ARN is not authorized to perform: ACTION on resource: ..." begins with the long ARN of the user. Move the user
 * to the end, so that truncation does not cut off what was refused and on which table. */
static void set_text_denied(struct job_result *ret, const char *code, struct span message)
{
    static const char user[] = "User: ", refused[] = " is not authorized to perform: ";
    const uint8_t *at = memmem(message.p, message.n, refused, sizeof refused - 1);
    if (at == NULL || message.n < sizeof user - 1 || memcmp(message.p, user, sizeof user - 1) != 0) {
        response_part_set_text(ret, "%s: %.*s", code, (int)message.n, (const char *)message.p);
        return;
    }
    size_t who = (size_t)(at - message.p), from = who + sizeof " is " - 1;
    response_part_set_text(ret, "%s: %.*s (%.*s)", code, (int)(message.n - from), (const char *)message.p + from,
                           (int)who, (const char *)message.p);
}

static void set_text_refused(struct job_result *ret, const char *code, struct span message)
{
    const char *remedy = remedy_of(code, message);
    char words[JOB_TEXT];
    text_shorten(words, sizeof words - strlen(code) - strlen(": ") - strlen(remedy), message);
    response_part_set_text(ret, "%s: %s%s", code, words, remedy);
}

void response_error_classify(const struct job *job, int status, struct span error_type, struct span body,
                             struct job_result *ret)
{
    json_t *root = NULL;
    if (response_json_load(body, &root) == DDBS_E_OUT_OF_MEMORY) { /* without the body it cannot be classified */
        response_part_set_broken(job, response_json_load_error(DDBS_E_OUT_OF_MEMORY), ret);
        return;
    }
    struct span message = message_of(root);
    char code[CODE_MAX];
    code_copy(error_type.n > 0 ? error_type : response_json_string(root, "__type"), code);

    struct code_row row = row_find(job, code, message, status);
    ret->outcome = row.outcome;
    ret->maybe_written = row.maybe_written && job->kind == JOB_WRITE;
    if (code[0] == '\0' && row.outcome == JOB_TRANSIENT && status < 500)
        response_part_set_text(ret, "HTTP status %d without an error code: is this a DynamoDB endpoint?", status);
    else if (code[0] == '\0')
        response_part_set_text(ret, "HTTP status %d", status);
    else if (message.n == 0)
        response_part_set_text(ret, "%s (HTTP status %d)", code, status);
    else if (row.outcome == JOB_ACCESS_DENIED)
        set_text_denied(ret, code, message);
    else
        set_text_refused(ret, code, message);
    json_decref(root);
}
