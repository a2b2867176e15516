/* test_status: the text for people, 100 columns, and missing members. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/ctl/status.h"

static const char FULL[] =
    "{\"schema_version\":1,\"health\":\"degraded\",\"reasons\":[\"orders: table_paused\"],\"server\":\"ddbsidecard "
    "0.1.0\","
    "\"uptime_s\":185,\"endpoint\":\"https://dynamodb.us-east-1.amazonaws.com/\",\"region\":\"us-east-1\","
    "\"ledger\":{\"accepted\":12345678,\"written\":12345000,\"failed\":3,\"superseded\":0,\"withdrawn\":0,\"queued\":"
    "600,"
    "\"in_flight\":75},\"requests\":500000,\"retries\":12,\"unreported_failures\":0,"
    "\"clients\":[{\"connection\":1,\"uid\":123456,\"pid\":4194304,\"client\":\"a-client-with-a-long-name 1.2.3\","
    "\"state\":\"writing\",\"table\":\"arn:aws:dynamodb:us-east-1:123456789012:table/"
    "orders\",\"reason\":\"table_paused\","
    "\"queued\":123456,\"written\":12345678,\"failed\":123456}],"
    "\"tables\":[{\"table\":\"arn:aws:dynamodb:us-east-1:123456789012:table/orders\",\"state\":\"describing\","
    "\"reason\":\"endpoint_down\",\"code\":\"access_denied\",\"text\":\"not "
    "allowed\",\"writers\":4096,\"queued\":999999,"
    "\"in_flight\":1600,\"written\":99999999,\"failed\":999999,\"retries\":999999},"
    "{\"table\":\"mu\",\"last_failure\":{\"code\":\"missing_key\",\"text\":\"no attribute id\",\"age_s\":125}}],"
    "\"credentials\":{\"source\":\"environment\",\"state\":\"ok\"},"
    "\"memory\":{\"connection_bytes_reserved\":17039360,\"input_bytes\":0,\"input_bytes_max\":50069504,"
    "\"record_bytes\":1572864,\"record_bytes_max\":134217728,\"body_bytes\":0,\"body_bytes_max\":67108864}"
    "}";

static char *printed_status(const char *json, bool *ret_healthy)
{
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    json_t *status = json_loads(json, 0, NULL);
    assert_non_null(status);
    *ret_healthy = status_healthy(status);
    status_print(out, status, "/run/s");
    json_decref(status);
    fclose(out);
    return text;
}

static void everything_fits_a_hundred_columns(void **state)
{
    (void)state;
    static const char *const SAY[] = {"up 3m 5s",
                                      "health degraded",
                                      "! orders: table_paused",
                                      "accepted 12.3M",
                                      "queued 600",
                                      "sent again 12",
                                      "records 1.5 MiB of 128 MiB",
                                      "access_denied: not allowed",
                                      "WAITS FOR",
                                      "endpoint_down",
                                      "connections 16.2 MiB of 64 MiB",
                                      "! mu: last failure 2m 5s ago: missing_key: no attribute id"};
    bool healthy;
    char *text = printed_status(FULL, &healthy);
    assert_false(healthy);
    for (size_t i = 0; i < sizeof SAY / sizeof SAY[0]; i++) {
        if (strstr(text, SAY[i]) == NULL)
            fail_msg("\"%s\" is not in\n%s", SAY[i], text);
    }
    for (const char *line = text; *line != '\0'; line += strcspn(line, "\n") + 1) {
        if (strcspn(line, "\n") > 100)
            fail_msg("%zu columns:\n%s", strcspn(line, "\n"), line);
    }
    free(text);
}

static void missing_members_are_borne(void **state)
{
    (void)state;
    bool healthy;
    char *text = printed_status("{}", &healthy);
    assert_false(healthy);
    free(text);
    text = printed_status("{\"health\":\"ok\",\"tables\":[{}],\"clients\":[{\"pid\":5}],\"ledger\":{\"queued\":1},"
                          "\"uptime_s\":\"x\",\"memory\":{\"record_bytes\":1}}",
                          &healthy);
    assert_true(healthy);
    assert_non_null(strstr(text, "queued 1"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_fits_a_hundred_columns),
        cmocka_unit_test(missing_members_are_borne),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
