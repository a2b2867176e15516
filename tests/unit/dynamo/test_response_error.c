/* test_response_error: every error code has its class; texts are clean, short and contain no secrets. */
#include "tests/unit/dynamo/classify.h"

static const struct {
    int status;
    const char *header, *body; /* x-amzn-errortype, NULL: none */
    enum job_outcome outcome;
    bool maybe_written;
    const char *text; /* a part of it */
} errors[] = {
    {400, NULL,
     "{\"__type\":\"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException\","
     "\"message\":\"The level\"}",
     JOB_THROTTLED, false, "ProvisionedThroughputExceededException: The level"},
    {400, NULL, "{\"__type\":\"com.amazon.coral.availability#ThrottlingException\",\"throttlingReasons\":[]}",
     JOB_THROTTLED, false, "ThrottlingException (HTTP status 400)"},
    {400, NULL, "{\"__type\":\"RequestLimitExceeded\",\"Message\":\"slow down\"}", JOB_THROTTLED, false,
     "RequestLimitExceeded: slow down"},
    {400, NULL, "{\"__type\":\"x#LimitExceededException\"}", JOB_THROTTLED, false, ""},
    {503, "SlowDown", "", JOB_THROTTLED, false, "SlowDown (HTTP status 503)"},
    {429, NULL, "", JOB_THROTTLED, false, "HTTP status 429"},
    {509, NULL, "<html>", JOB_THROTTLED, false, "HTTP status 509"},
    {500, NULL, "{\"__type\":\"x#InternalServerError\",\"message\":\"sorry\"}", JOB_TRANSIENT, true,
     "InternalServerError: sorry"},
    {500, NULL, "", JOB_TRANSIENT, true, "HTTP status 500"},
    {502, NULL, "<html>bad gateway</html>", JOB_TRANSIENT, true, "HTTP status 502"},
    {503, NULL, "{\"__type\":\"x#ServiceUnavailable\"}", JOB_TRANSIENT, true, ""},
    {504, NULL, "{\"__type\":\"x#Unheard\"}", JOB_TRANSIENT, true, "Unheard"},
    {400, NULL, "{\"__type\":\"x#RequestTimeout\"}", JOB_TRANSIENT, true, ""},
    {409, NULL, "{\"__type\":\"x#ReplicatedWriteConflictException\"}", JOB_TRANSIENT, true, ""},
    {421, NULL, "{\"__type\":\"x#InvalidEndpointException\"}", JOB_TRANSIENT, false, ""},
    /* not an answer of DynamoDB */
    {404, NULL, "<html>not found</html>", JOB_TRANSIENT, true, "is this a DynamoDB endpoint?"},
    {403, NULL, "", JOB_TRANSIENT, true, "HTTP status 403 without an error code"},
    {301, NULL, "", JOB_TRANSIENT, true, "HTTP status 301 without an error code"},
    {204, NULL, "", JOB_TRANSIENT, true, "HTTP status 204"},
    {400, NULL, "{\"__type\":7}", JOB_TRANSIENT, true, "HTTP status 400"},
    {400, NULL, "{\"__type\":\"x#\"}", JOB_TRANSIENT, true, "HTTP status 400"},
    /* one bad item fails the whole batch */
    {400, NULL,
     "{\"__type\":\"com.amazon.coral.validate#ValidationException\",\"message\":\"Item size has exceeded the "
     "maximum\"}",
     JOB_INVALID, false, "ValidationException: Item size"},
    {400, NULL,
     "{\"__type\":\"x#ValidationException\",\"message\":\"One or more parameter values were invalid: Type "
     "mismatch for Index Key g Expected: S Actual: N IndexName: i\"}",
     JOB_INVALID, false, "Index Key g"},
    {400, NULL, "{\"__type\":\"x#ValidationException\"}", JOB_INVALID, false, ""},
    {400, NULL, "{\"__type\":\"x#SerializationException\"}", JOB_INVALID, false, ""},
    {413, NULL, "", JOB_INVALID, false, "HTTP status 413"},
    {413, NULL, "<html>", JOB_INVALID, false, "HTTP status 413"},
    {400, NULL, "{\"__type\":\"x#ItemCollectionSizeLimitExceededException\"}", JOB_INVALID, true, ""},
    {400, NULL, "{\"__type\":\"x#SomethingNewException\",\"message\":\"new\"}", JOB_INVALID, false,
     "SomethingNewException: new"},
    /* the key does not fit the table */
    {400, NULL,
     "{\"__type\":\"x#ValidationException\",\"message\":\"The provided key element does not match the schema\"}",
     JOB_KEY_SCHEMA, false, "does not match the schema"},
    {400, NULL,
     "{\"__type\":\"x#ValidationException\",\"message\":\"One or more parameter values were invalid: "
     "Missing the key id in the item\"}",
     JOB_KEY_SCHEMA, false, "Missing the key id"},
    {400, NULL,
     "{\"__type\":\"x#ValidationException\",\"message\":\"One or more parameter values were invalid: Type "
     "mismatch for key id expected: S actual: N\"}",
     JOB_KEY_SCHEMA, false, "Type mismatch for key id"},
    {400, NULL, "{\"__type\":\"x#ValidationException\",\"message\":\"One of the required keys was not given a value\"}",
     JOB_KEY_SCHEMA, false, "required keys"},
    /* the table, the permission, the credentials */
    {400, NULL, "{\"__type\":\"x#ResourceNotFoundException\",\"message\":\"Requested resource not found\"}",
     JOB_TABLE_NOT_FOUND, false, "ResourceNotFoundException: Requested resource not found"},
    {400, NULL, "{\"__type\":\"x#AccessDeniedException\",\"Message\":\"User: arn:... is not authorized\"}",
     JOB_ACCESS_DENIED, false, "AccessDeniedException: User"},
    {403, NULL, "{\"__type\":\"x#SomethingForbidden\"}", JOB_ACCESS_DENIED, false, ""},
    {400, NULL, "{\"__type\":\"x#ExpiredTokenException\"}", JOB_CREDENTIALS, false, ""},
    {400, NULL, "{\"__type\":\"x#UnrecognizedClientException\"}", JOB_CREDENTIALS, false, ""},
    {400, NULL, "{\"__type\":\"x#MissingAuthenticationTokenException\"}", JOB_CREDENTIALS, false, ""},
    {400, NULL, "{\"__type\":\"x#IncompleteSignature\"}", JOB_CREDENTIALS, false, ""},
    {400, NULL,
     "{\"__type\":\"x#InvalidSignatureException\",\"message\":\"Signature expired: A is now earlier than B\"}",
     JOB_CREDENTIALS, false, "(check this host's clock)"},
    {403, NULL, "{\"__type\":\"x#RequestTimeTooSkewed\",\"message\":\"m\"}", JOB_CREDENTIALS, false,
     "m (check this host's clock)"},
    {400, NULL, "{\"__type\":\"x#KMSDisabledException\",\"message\":\"key\"}", JOB_TABLE_UNUSABLE, false,
     "KMSDisabledException: key"},
    {400, NULL, "{\"__type\":\"x#ResourceInUseException\"}", JOB_TABLE_UNUSABLE, false, ""},
    /* where the code is, and in which form */
    {400, "ThrottlingException:http://internal.amazon.com/coral/", "{\"message\":\"m\"}", JOB_THROTTLED, false,
     "ThrottlingException: m"},
    {400, "com.amazonaws#ThrottlingException:http://x#y", "not json", JOB_THROTTLED, false,
     "ThrottlingException (HTTP"},
    {400, "AccessDeniedException", "{\"__type\":\"x#ThrottlingException\"}", JOB_ACCESS_DENIED, false, ""},
    {400, NULL, "{\"__type\":\"a#b#ThrottlingException\"}", JOB_THROTTLED, false, "ThrottlingException (HTTP"},
};

static void errors_have_their_class(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        struct response r = answer(errors[i].status, errors[i].body);
        if (errors[i].header != NULL)
            r.error_type = span_of(errors[i].header, strlen(errors[i].header));
        struct job_result got = classified(&abc()->job, &r);
        if (got.outcome != errors[i].outcome || got.maybe_written != errors[i].maybe_written ||
            strstr(got.text, errors[i].text) == NULL || got.text[0] == '\0')
            fail_msg("case %zu, %d %s: %s, %d, \"%s\"", i, errors[i].status, errors[i].body,
                     job_outcome_name(got.outcome), got.maybe_written, got.text);
        assert_false(classified(&describe_job, &r).maybe_written);
    }
}

static void a_refused_name_is_a_missing_table(void **state)
{
    (void)state;
    struct job_result got = classify(
        &describe_job, 400, "{\"__type\":\"x#ValidationException\",\"message\":\"1 validation error detected\"}");
    assert_int_equal(got.outcome, JOB_TABLE_NOT_FOUND);
}

static void texts_tell_no_secret_and_are_clean(void **state)
{
    (void)state;
    struct job_result got =
        classify(&abc()->job, 403,
                 "{\"__type\":\"x#InvalidSignatureException\",\"message\":\"The request signature we calculated does "
                 "not match.\\n\\n"
                 "The Canonical String for this request should have been\\n'POST\\nx-amz-security-token:HIDDEN'\"}");
    assert_int_equal(got.outcome, JOB_CREDENTIALS);
    assert_null(strstr(got.text, "HIDDEN"));
    assert_non_null(strstr(got.text, "does not match.  "));

    got = classify(&abc()->job, 400, "{\"__type\":\"x#Odd\",\"message\":\"a\\u0000b\\u001b[31m\\u007f\"}");
    assert_string_equal(got.text, "Odd: a");
    got = classify(&abc()->job, 400, "{\"__type\":\"x#Odd\",\"message\":\"a\\u001b[31m\\tb\\u007f\"}");
    assert_string_equal(got.text, "Odd: a [31m b ");

    /* A long message of three-byte characters is cut between two of them, wherever the limit falls. */
    for (int lead = 0; lead < 3; lead++) {
        char body[1200];
        size_t n = (size_t)snprintf(body, sizeof body, "{\"__type\":\"%s\",\"message\":\"", &"XYZ"[lead]);
        for (int i = 0; i < 300; i++)
            n += (size_t)snprintf(body + n, sizeof body - n, "\xe2\x82\xac");
        snprintf(body + n, sizeof body - n, "\"}");
        got = classify(&abc()->job, 400, body);
        size_t len = strlen(got.text);
        assert_in_range(len, JOB_TEXT - 3, JOB_TEXT - 1);
        assert_int_equal((len - strlen(&"XYZ"[lead]) - 2) % 3, 0);
    }

    struct response r = answer(0, "");
    r.transport = TRANSPORT_LOST;
    r.transport_text = "bad \xff\xfe bytes, and \xe2\x82\xac";
    got = classified(&abc()->job, &r);
    assert_string_equal(got.text, "bad ?? bytes, and ???");
}

static void long_codes_are_cut(void **state)
{
    (void)state;
    char body[1024];
    char code[600];
    memset(code, 'C', sizeof code - 1);
    code[sizeof code - 1] = '\0';
    snprintf(body, sizeof body, "{\"__type\":\"%s\",\"message\":\"m\"}", code);
    struct job_result got = classify(&abc()->job, 400, body);
    assert_int_equal(got.outcome, JOB_INVALID);
    assert_in_range(strlen(got.text), 10, JOB_TEXT - 1);
}

/* What was refused and on which table comes first and complete, and the advice is never cut. */
static void long_texts_keep_what_matters(void **state)
{
    (void)state;
    struct job_result got = classify(
        &abc()->job, 400,
        "{\"__type\":\"x#AccessDeniedException\",\"message\":\"User: "
        "arn:aws:sts::000000000000:assumed-role/EMR_EC2_DefaultRole/i-0123456789abcdef0 is not authorized to perform: "
        "dynamodb:BatchWriteItem on resource: arn:aws:dynamodb:us-east-1:000000000000:table/orders because no "
        "identity-based policy allows the dynamodb:BatchWriteItem action\"}");
    assert_string_equal(got.text,
                        "AccessDeniedException: not authorized to perform: dynamodb:BatchWriteItem on resource: "
                        "arn:aws:dynamodb:us-east-1:000000000000:table/orders because no identity-based "
                        "policy allows the dynamodb:BatchWriteItem action (User:...");
    got =
        classify(&abc()->job, 403,
                 "{\"__type\":\"x#InvalidSignatureException\",\"message\":\"Signature expired: 20261125T004200Z is now "
                 "earlier than 20261125T010000Z (20261125T011500Z - 15 min.), and this sentence goes on and on until "
                 "there is no room left for what follows it, which is why it has to give way in the end.\"}");
    const char *remedy = strstr(got.text, "... (check this host's clock)");
    assert_non_null(remedy);
    assert_string_equal(remedy, "... (check this host's clock)");
    assert_in_range(strlen(got.text), JOB_TEXT - 20, JOB_TEXT - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_have_their_class),
        cmocka_unit_test(a_refused_name_is_a_missing_table),
        cmocka_unit_test(texts_tell_no_secret_and_are_clean),
        cmocka_unit_test(long_codes_are_cut),
        cmocka_unit_test(long_texts_keep_what_matters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
