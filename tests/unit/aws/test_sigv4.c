/* test_sigv4: signatures against vectors from independent implementations, the key cache, and the calendar. */
#include "daemon/aws/sigv4.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

#include <cmocka.h>

#include "proto/err.h"

#define BODY "{\"RequestItems\":{\"T\":[{\"PutRequest\":{\"Item\":{\"k\":{\"S\":\"a\"}}}}]}}"

static const uint64_t T_2015 = 1440938160; /* 2015-08-30 12:36:00 UTC */

static struct creds creds_of(const char *id, const char *secret, const char *token)
{
    struct creds c = {.generation = 1};
    c.id_len = (uint32_t)snprintf(c.id, sizeof c.id, "%s", id);
    c.secret_len = (uint32_t)snprintf(c.secret, sizeof c.secret, "%s", secret);
    c.token_len = (uint32_t)snprintf(c.token, sizeof c.token, "%s", token);
    return c;
}

static struct creds example(const char *token)
{
    return creds_of("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", token);
}

static struct sigv4_request request_of(const char *body)
{
    return (struct sigv4_request){.host = "dynamodb.us-east-1.amazonaws.com",
                                  .region = "us-east-1",
                                  .service = "dynamodb",
                                  .target = "DynamoDB_20120810.BatchWriteItem",
                                  .body = span_of(body, strlen(body))};
}

struct signed_request {
    char text[SIGV4_LINES_ROOM + CREDS_TOKEN_MAX];
    struct sigv4_lines lines;
};

static void sign(struct sigv4_signer *s, const struct creds *c, uint64_t wall_s, struct signed_request *out)
{
    struct sigv4_request r = request_of(BODY);
    out->lines = (struct sigv4_lines){.text = out->text, .cap = sizeof out->text};
    assert_int_equal(sigv4_sign(s, c, &r, wall_s, &out->lines), DDBS_OK);
}

static const char *signature(const struct signed_request *r)
{
    const char *line = r->lines.line[r->lines.count - 1];
    const char *at = strstr(line, "Signature=");
    assert_non_null(at);
    return at + strlen("Signature=");
}

static void without_token(void **state)
{
    (void)state;
    struct sigv4_signer s;
    struct creds c = example("");
    struct signed_request r;
    assert_int_equal(sigv4_init(&s), DDBS_OK);
    sign(&s, &c, T_2015, &r);
    assert_int_equal(r.lines.count, 4);
    assert_string_equal(r.lines.line[0], "Content-Type: application/x-amz-json-1.0");
    assert_string_equal(r.lines.line[1], "X-Amz-Target: DynamoDB_20120810.BatchWriteItem");
    assert_string_equal(r.lines.line[2], "X-Amz-Date: 20150830T123600Z");
    assert_string_equal(r.lines.line[3], "Authorization: AWS4-HMAC-SHA256 "
                                         "Credential=AKIDEXAMPLE/20150830/us-east-1/dynamodb/aws4_request, "
                                         "SignedHeaders=content-type;host;x-amz-date;x-amz-target, "
                                         "Signature=c4c09452609ba653345dce97d16ba5afba72bffd8fb78fd5098c9a018e204915");
    sigv4_fini(&s);
}

static void with_token(void **state)
{
    (void)state;
    struct sigv4_signer s;
    struct creds c = example("TOKEN");
    struct signed_request r;
    assert_int_equal(sigv4_init(&s), DDBS_OK);
    sign(&s, &c, T_2015, &r);
    assert_int_equal(r.lines.count, 5);
    assert_string_equal(r.lines.line[3], "X-Amz-Security-Token: TOKEN");
    assert_string_equal(r.lines.line[4],
                        "Authorization: AWS4-HMAC-SHA256 "
                        "Credential=AKIDEXAMPLE/20150830/us-east-1/dynamodb/aws4_request, "
                        "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target, "
                        "Signature=bc1208315b4d871f3ca17ff24ee9035ffff188e5a1922736dcd39ed1f3d0ca48");
    sigv4_fini(&s);
}

static void a_cached_key_signs_like_a_fresh_one(void **state)
{
    (void)state;
    struct sigv4_signer s;
    struct creds c = example(""), other = creds_of("AKIDOTHER", "another secret", "");
    struct signed_request r, first_other;
    other.generation = 2;
    assert_int_equal(sigv4_init(&s), DDBS_OK);
    sign(&s, &other, T_2015, &first_other);
    /* More keys than cache slots, alternating: two days, two generations. */
    for (int round = 0; round < 3; round++) {
        sign(&s, &c, T_2015, &r);
        assert_string_equal(signature(&r), "c4c09452609ba653345dce97d16ba5afba72bffd8fb78fd5098c9a018e204915");
        sign(&s, &c, T_2015 + 86400, &r);
        assert_string_not_equal(signature(&r), "c4c09452609ba653345dce97d16ba5afba72bffd8fb78fd5098c9a018e204915");
        sign(&s, &other, T_2015, &r);
        assert_string_equal(signature(&r), signature(&first_other));
    }
    sigv4_forget(&s);
    for (uint32_t i = 0; i < SIGV4_KEYS; i++)
        assert_null(s.keys[i].mac.mac);
    sign(&s, &c, T_2015, &r);
    assert_string_equal(signature(&r), "c4c09452609ba653345dce97d16ba5afba72bffd8fb78fd5098c9a018e204915");
    sigv4_fini(&s);
}

static void two_keys_stay_cached(void **state)
{
    (void)state;
    struct sigv4_signer s;
    struct creds c = example("");
    struct signed_request r;
    assert_int_equal(sigv4_init(&s), DDBS_OK);
    sign(&s, &c, T_2015, &r);
    sign(&s, &c, T_2015 + 86400, &r);
    const void *first = s.keys[0].mac.mac, *second = s.keys[1].mac.mac;
    assert_non_null(first);
    assert_non_null(second);
    sign(&s, &c, T_2015 + 3600, &r); /* another hour of the first day */
    sign(&s, &c, T_2015 + 86400, &r);
    assert_ptr_equal(s.keys[0].mac.mac, first);
    assert_ptr_equal(s.keys[1].mac.mac, second);
    sigv4_fini(&s);
}

/* A change of anything that is signed must change the signature. */
static void every_part_counts(void **state)
{
    (void)state;
    struct sigv4_request requests[] = {request_of(BODY), request_of(BODY), request_of(BODY),
                                       request_of(BODY), request_of(BODY), request_of(BODY " ")};
    requests[1].host = "dynamodb.us-east-1.amazonaws.com:8443";
    requests[2].region = "us-west-2";
    requests[3].service = "sts";
    requests[4].target = "DynamoDB_20120810.DescribeTable";
    struct sigv4_signer s;
    struct creds c = example("");
    struct signed_request r[6];
    assert_int_equal(sigv4_init(&s), DDBS_OK);
    for (size_t i = 0; i < 6; i++) {
        r[i].lines = (struct sigv4_lines){.text = r[i].text, .cap = sizeof r[i].text};
        assert_int_equal(sigv4_sign(&s, &c, &requests[i], T_2015, &r[i].lines), DDBS_OK);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(signature(&r[k]), signature(&r[i]));
    }
    assert_string_equal(r[4].lines.line[1], "X-Amz-Target: DynamoDB_20120810.DescribeTable");
    sigv4_fini(&s);
}

static const struct {
    uint64_t wall_s;
    const char *line;
} dates[] = {
    {0, "X-Amz-Date: 19700101T000000Z"},          {951782399, "X-Amz-Date: 20000228T235959Z"},
    {951782400, "X-Amz-Date: 20000229T000000Z"},  {951868800, "X-Amz-Date: 20000301T000000Z"},
    {1740787199, "X-Amz-Date: 20250228T235959Z"}, {1740787200, "X-Amz-Date: 20250301T000000Z"},
    {1767225599, "X-Amz-Date: 20251231T235959Z"}, {1767225600, "X-Amz-Date: 20260101T000000Z"},
    {4107542400, "X-Amz-Date: 21000301T000000Z"}, {253402300799, "X-Amz-Date: 99991231T235959Z"},
};

static void dates_are_right(void **state)
{
    (void)state;
    struct sigv4_signer s;
    struct creds c = example("");
    struct signed_request r;
    char scope[64];
    assert_int_equal(sigv4_init(&s), DDBS_OK);
    for (size_t i = 0; i < sizeof dates / sizeof dates[0]; i++) {
        sign(&s, &c, dates[i].wall_s, &r);
        assert_string_equal(r.lines.line[2], dates[i].line);
        snprintf(scope, sizeof scope, "AKIDEXAMPLE/%.8s/us-east-1", dates[i].line + strlen("X-Amz-Date: "));
        assert_non_null(strstr(r.lines.line[3], scope));
    }
    sigv4_fini(&s);
}

static void too_little_room_is_refused_without_a_byte_too_many(void **state)
{
    (void)state;
    struct sigv4_signer s;
    struct creds c = example("TOKEN");
    struct sigv4_request q = request_of(BODY);
    struct signed_request full;
    assert_int_equal(sigv4_init(&s), DDBS_OK);
    sign(&s, &c, T_2015, &full);
    const char *last = full.lines.line[full.lines.count - 1];
    size_t need = (size_t)(last + strlen(last) + 1 - full.text);
    for (size_t cap = 0; cap <= need; cap++) {
        char *text = test_malloc(cap + 1);
        text[cap] = 0x55;
        struct sigv4_lines lines = {.text = text, .cap = cap};
        int rc = sigv4_sign(&s, &c, &q, T_2015, &lines);
        assert_int_equal(rc, cap < need ? DDBS_E_INVALID_ARGUMENT : DDBS_OK);
        assert_int_equal(lines.count, cap < need ? 0 : 5);
        assert_int_equal(text[cap], 0x55);
        test_free(text);
    }
    sigv4_fini(&s);
}

static void the_longest_of_everything_fits(void **state)
{
    (void)state;
    static char id[CREDS_ID_MAX + 1], secret[CREDS_SECRET_MAX + 1], token[CREDS_TOKEN_MAX + 1];
    static char host[ENDPOINT_HOST_MAX + 1], region[ENDPOINT_REGION_MAX + 1];
    static char service[SIGV4_SERVICE_MAX + 1], target[SIGV4_TARGET_MAX + 1];
    memset(id, 'i', CREDS_ID_MAX);
    memset(secret, 's', CREDS_SECRET_MAX);
    memset(token, 't', CREDS_TOKEN_MAX);
    memset(host, 'h', ENDPOINT_HOST_MAX);
    memset(region, 'r', ENDPOINT_REGION_MAX);
    memset(service, 's', SIGV4_SERVICE_MAX);
    memset(target, 'T', SIGV4_TARGET_MAX);
    struct sigv4_signer s;
    struct creds c = creds_of(id, secret, token);
    struct sigv4_request q = {host, region, service, target, span_of("{}", 2)};
    struct signed_request r;
    r.lines = (struct sigv4_lines){.text = r.text, .cap = SIGV4_LINES_ROOM + c.token_len};
    assert_int_equal(sigv4_init(&s), DDBS_OK);
    assert_int_equal(sigv4_sign(&s, &c, &q, T_2015, &r.lines), DDBS_OK);
    assert_int_equal(r.lines.count, 5);
    sigv4_fini(&s);
}

static void unusable_arguments_are_refused(void **state)
{
    (void)state;
    static char longer[300];
    memset(longer, 'x', sizeof longer - 1);
    struct sigv4_request requests[9];
    for (size_t i = 0; i < 9; i++)
        requests[i] = request_of(BODY);
    requests[0].host = "";
    requests[1].region = "";
    requests[2].service = "";
    requests[3].target = "";
    requests[4].host = longer;
    requests[5].region = longer;
    requests[6].service = longer;
    requests[7].target = longer;
    struct sigv4_signer s;
    struct creds c = example("");
    struct signed_request r;
    assert_int_equal(sigv4_init(&s), DDBS_OK);
    for (size_t i = 0; i < 9; i++) {
        r.lines = (struct sigv4_lines){.text = r.text, .cap = sizeof r.text, .count = 3};
        uint64_t wall_s = i == 8 ? 253402300800 : T_2015; /* the year 10000 */
        assert_int_equal(sigv4_sign(&s, &c, &requests[i], wall_s, &r.lines), DDBS_E_INVALID_ARGUMENT);
        assert_int_equal(r.lines.count, 0);
    }
    struct creds none = creds_of("AKID", "", "");
    assert_int_equal(sigv4_sign(&s, &none, &requests[8], T_2015, &r.lines), DDBS_E_INVALID_ARGUMENT);
    sigv4_fini(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_token),
        cmocka_unit_test(with_token),
        cmocka_unit_test(a_cached_key_signs_like_a_fresh_one),
        cmocka_unit_test(two_keys_stay_cached),
        cmocka_unit_test(every_part_counts),
        cmocka_unit_test(dates_are_right),
        cmocka_unit_test(too_little_room_is_refused_without_a_byte_too_many),
        cmocka_unit_test(the_longest_of_everything_fits),
        cmocka_unit_test(unusable_arguments_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
