/* test_endpoint: precedence of the settings, the partition table, and the syntax of endpoints. */
#include "daemon/aws/endpoint.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "proto/err.h"
#include "tests/unit/aws/env_table.h"

static const struct {
    const char *text, *host, *url;
    bool tls;
    uint16_t port;
} good[] = {
    {"http://localhost:8000", "localhost:8000", "http://localhost:8000/", false, 8000},
    {"http://localhost:8000/", "localhost:8000", "http://localhost:8000/", false, 8000},
    {"http://localhost", "localhost", "http://localhost/", false, 80},
    {"http://localhost:80", "localhost", "http://localhost/", false, 80},
    {"http://localhost:443", "localhost:443", "http://localhost:443/", false, 443},
    {"https://localhost:443/", "localhost", "https://localhost/", true, 443},
    {"https://localhost:80", "localhost:80", "https://localhost:80/", true, 80},
    {"HTTPS://DynamoDB.US-East-1.amazonaws.com", "dynamodb.us-east-1.amazonaws.com",
     "https://dynamodb.us-east-1.amazonaws.com/", true, 443},
    {"https://vpce-0a1.dynamodb.eu-west-1.vpce.amazonaws.com", "vpce-0a1.dynamodb.eu-west-1.vpce.amazonaws.com",
     "https://vpce-0a1.dynamodb.eu-west-1.vpce.amazonaws.com/", true, 443},
    {"http://127.0.0.1:08000", "127.0.0.1:8000", "http://127.0.0.1:8000/", false, 8000},
    {"http://dynamodb_local:65535", "dynamodb_local:65535", "http://dynamodb_local:65535/", false, 65535},
    {"http://[::1]:8000", "[::1]:8000", "http://[::1]:8000/", false, 8000},
    {"http://[0:0:0:0:0:0:0:1]", "[::1]", "http://[::1]/", false, 80},
    {"https://[2001:DB8::0]/", "[2001:db8::]", "https://[2001:db8::]/", true, 443},
};

static void good_endpoints_are_normalised(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct endpoint e = {0};
        char errmsg[AWS_ERRMSG] = "";
        if (endpoint_parse("x", good[i].text, &e, errmsg) != DDBS_OK)
            fail_msg("%s: %s", good[i].text, errmsg);
        assert_string_equal(e.host, good[i].host);
        assert_string_equal(e.url, good[i].url);
        assert_int_equal(e.tls, good[i].tls);
        assert_int_equal(e.port, good[i].port);
    }
}

static const struct {
    const char *text, *says;
} bad[] = {
    {"", "does not begin with http:// or https://"},
    {"localhost:8000", "does not begin with http:// or https://"},
    {"ftp://localhost", "does not begin with"},
    {"http:/localhost", "does not begin with"},
    {"http://", "is no host name"},
    {"http:///", "is no host name"},
    {"http://:8000", "is no host name"},
    {"http://localhost:", "port is not a number"},
    {"http://localhost:0", "port is not a number"},
    {"http://localhost:65536", "port is not a number"},
    {"http://localhost:999999999999", "port is not a number"},
    {"http://localhost:80a", "port is not a number"},
    {"http://localhost:-1", "port is not a number"},
    {"http://localhost/path", "has no path"},
    {"http://localhost//", "has no path"},
    {"http://localhost?x=1", "has no query"},
    {"http://localhost/?x=1", "has no query"},
    {"http://localhost/#here", "no fragment"},
    {"http://joe:hunter2@localhost", "holds a user name"},
    {"joe:hunter2@localhost", "does not begin with"},
    {"http://local host", "is no host name"},
    {"http://localhost\r\nX: y", "is no host name"},
    {"http://a..b", "is no host name"},
    {"http://.a", "is no host name"},
    {"http://a.", "is no host name"},
    {"http://h\xc3\xb6st", "is no host name"},
    {"http://127.1:8000", "is no host name"},
    {"http://0x7f000001", "is no host name"},
    {"http://1.2.3.400", "is no host name"},
    {"http://[::1", "is no host name"},
    {"http://[::1]x", "is no host name"},
    {"http://[fe80::1%eth0]", "is no host name"},
    {"http://[]", "is no host name"},
    {"http://::1", "is no host name"},
    {"http://a23456789a123456789a123456789a123456789a123456789a123456789a1234.com", "is no host name"},
};

static void bad_endpoints_are_refused_with_a_sentence(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct endpoint e = {.port = 7};
        char errmsg[AWS_ERRMSG] = "";
        if (endpoint_parse("AWS_ENDPOINT_URL", bad[i].text, &e, errmsg) != DDBS_E_BAD_CONFIG)
            fail_msg("\"%s\" was let through as %s", bad[i].text, e.url);
        if (strstr(errmsg, bad[i].says) == NULL || strncmp(errmsg, "AWS_ENDPOINT_URL ", 17) != 0)
            fail_msg("\"%s\": \"%s\" does not say \"%s\"", bad[i].text, errmsg, bad[i].says);
        assert_null(strstr(errmsg, "hunter2"));
        assert_int_equal(e.port, 7);
    }
}

static void a_long_endpoint_is_refused(void **state)
{
    (void)state;
    static char text[4096];
    memset(text, 'a', sizeof text - 1);
    memcpy(text, "http://", 7);
    struct endpoint e;
    char errmsg[AWS_ERRMSG] = "";
    assert_int_equal(endpoint_parse("x", text, &e, errmsg), DDBS_E_BAD_CONFIG);
    assert_true(strlen(errmsg) < AWS_ERRMSG);
    /* The longest possible name: labels of 62 and a dot, four times, and one more letter: 253. */
    for (size_t i = 7; i < 7 + 253; i++)
        text[i] = (i - 7) % 63 == 62 ? '.' : 'a';
    memcpy(text + 7 + 253, ":65535/", 8);
    assert_int_equal(endpoint_parse("x", text, &e, errmsg), DDBS_OK);
    assert_string_equal(e.url, text);
    assert_int_equal(strlen(e.host), ENDPOINT_HOST_MAX);
}

static const struct {
    const char *region, *host, *signing;
    bool known;
} regions[] = {
    {"us-east-1", "dynamodb.us-east-1.amazonaws.com", "us-east-1", true},
    {"eu-central-1", "dynamodb.eu-central-1.amazonaws.com", "eu-central-1", true},
    {"ap-southeast-4", "dynamodb.ap-southeast-4.amazonaws.com", "ap-southeast-4", true},
    {"mx-central-1", "dynamodb.mx-central-1.amazonaws.com", "mx-central-1", true},
    {"cn-north-1", "dynamodb.cn-north-1.amazonaws.com.cn", "cn-north-1", true},
    {"us-gov-west-1", "dynamodb.us-gov-west-1.amazonaws.com", "us-gov-west-1", true},
    {"eusc-de-east-1", "dynamodb.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1", true},
    {"us-iso-east-1", "dynamodb.us-iso-east-1.c2s.ic.gov", "us-iso-east-1", true},
    {"us-isob-east-1", "dynamodb.us-isob-east-1.sc2s.sgov.gov", "us-isob-east-1", true},
    {"eu-isoe-west-1", "dynamodb.eu-isoe-west-1.cloud.adc-e.uk", "eu-isoe-west-1", true},
    {"us-isof-south-1", "dynamodb.us-isof-south-1.csp.hci.ic.gov", "us-isof-south-1", true},
    {"xx-new-1", "dynamodb.xx-new-1.amazonaws.com", "xx-new-1", false},
    {"us-east", "dynamodb.us-east.amazonaws.com", "us-east", false},
    {"local", "localhost:8000", "us-east-1", true},
};

static void every_partition_has_its_host(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof regions / sizeof regions[0]; i++) {
        struct env_table t = {{{NULL, NULL}}};
        struct env env = env_table_open(&t);
        struct endpoint e;
        char errmsg[AWS_ERRMSG];
        assert_int_equal(endpoint_resolve(&env, regions[i].region, NULL, &e, errmsg), DDBS_OK);
        assert_string_equal(e.host, regions[i].host);
        assert_string_equal(e.region, regions[i].signing);
        assert_int_equal(e.region_known, regions[i].known);
        assert_int_equal(e.tls, strcmp(regions[i].region, "local") != 0);
    }
}

static const struct {
    struct env_table env;
    const char *region_option, *endpoint_option;
    const char *region, *host; /* host NULL: refused, and region is a part of the message */
} orders[] = {
    {{{{"AWS_REGION", "eu-west-1"}, {"AWS_DEFAULT_REGION", "eu-west-2"}}},
     "eu-west-3",
     NULL,
     "eu-west-3",
     "dynamodb.eu-west-3.amazonaws.com"},
    {{{{"AWS_REGION", "eu-west-1"}, {"AWS_DEFAULT_REGION", "eu-west-2"}}},
     NULL,
     NULL,
     "eu-west-1",
     "dynamodb.eu-west-1.amazonaws.com"},
    {{{{"AWS_REGION", ""}, {"AWS_DEFAULT_REGION", "eu-west-2"}}},
     "",
     "",
     "eu-west-2",
     "dynamodb.eu-west-2.amazonaws.com"},
    {{{{"AWS_REGION", "eu-west-1"}, {"AWS_ENDPOINT_URL", "http://a"}, {"AWS_ENDPOINT_URL_DYNAMODB", "http://b"}}},
     NULL,
     "http://c",
     "eu-west-1",
     "c"},
    {{{{"AWS_REGION", "eu-west-1"}, {"AWS_ENDPOINT_URL", "http://a"}, {"AWS_ENDPOINT_URL_DYNAMODB", "http://b"}}},
     NULL,
     NULL,
     "eu-west-1",
     "b"},
    {{{{"AWS_REGION", "eu-west-1"}, {"AWS_ENDPOINT_URL", "http://a"}, {"AWS_ENDPOINT_URL_DYNAMODB", ""}}},
     NULL,
     NULL,
     "eu-west-1",
     "a"},
    {{{{"AWS_REGION", "local"}, {"AWS_ENDPOINT_URL", "http://a"}}}, NULL, NULL, "us-east-1", "a"},
    {{{{NULL, NULL}}}, NULL, "http://localhost:8000", "no region: give --region", NULL},
    {{{{"AWS_REGION", "EU-West-1"}}}, NULL, NULL, "AWS_REGION is \"EU-West-1\"", NULL},
    {{{{"AWS_DEFAULT_REGION", "us east"}}}, NULL, NULL, "AWS_DEFAULT_REGION is \"us east\"", NULL},
    {{{{"AWS_REGION", "us-east-1/x"}}}, NULL, NULL, "which is no region", NULL},
    {{{{NULL, NULL}}}, "-us", NULL, "the option region is \"-us\"", NULL},
    {{{{"AWS_REGION", "eu-west-1"}, {"AWS_ENDPOINT_URL_DYNAMODB", "b:1"}}},
     NULL,
     NULL,
     "AWS_ENDPOINT_URL_DYNAMODB is \"b:1\"",
     NULL},
    {{{{"AWS_REGION", "eu-west-1"}, {"AWS_ENDPOINT_URL", "b:1"}}}, NULL, NULL, "AWS_ENDPOINT_URL is \"b:1\"", NULL},
    {{{{"AWS_REGION", "eu-west-1"}}}, NULL, "b:1", "the option endpoint is \"b:1\"", NULL},
};

static void settings_are_taken_in_order(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
        struct env_table t = orders[i].env;
        struct env env = env_table_open(&t);
        struct endpoint e;
        char errmsg[AWS_ERRMSG] = "";
        int rc = endpoint_resolve(&env, orders[i].region_option, orders[i].endpoint_option, &e, errmsg);
        if (orders[i].host != NULL) {
            assert_int_equal(rc, DDBS_OK);
            assert_string_equal(e.region, orders[i].region);
            assert_string_equal(e.host, orders[i].host);
        } else {
            assert_int_equal(rc, DDBS_E_BAD_CONFIG);
            if (strstr(errmsg, orders[i].region) == NULL)
                fail_msg("case %zu: \"%s\" does not say \"%s\"", i, errmsg, orders[i].region);
        }
    }
}

static void a_long_region_is_refused(void **state)
{
    (void)state;
    char region[ENDPOINT_REGION_MAX + 2];
    memset(region, 'a', sizeof region);
    region[sizeof region - 1] = '\0';
    struct env_table t = {{{NULL, NULL}}};
    struct env env = env_table_open(&t);
    char got[ENDPOINT_REGION_MAX + 1], errmsg[AWS_ERRMSG];
    assert_int_equal(endpoint_region(&env, region, got, errmsg), DDBS_E_BAD_CONFIG);
    region[ENDPOINT_REGION_MAX] = '\0';
    assert_int_equal(endpoint_region(&env, region, got, errmsg), DDBS_OK);
    assert_string_equal(got, region);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_endpoints_are_normalised), cmocka_unit_test(bad_endpoints_are_refused_with_a_sentence),
        cmocka_unit_test(a_long_endpoint_is_refused),    cmocka_unit_test(every_partition_has_its_host),
        cmocka_unit_test(settings_are_taken_in_order),   cmocka_unit_test(a_long_region_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
