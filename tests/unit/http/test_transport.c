/* test_transport: what was not sent is unreachable, the rest lost; the message names the remedy. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/http/transport.h"

static void results_have_a_meaning_and_a_sentence(void **state)
{
    (void)state;
    static const struct {
        CURLcode code;
        bool sent, too_long;
        enum transport is;
        const char *say;
    } CASES[] = {
        {CURLE_OK, true, false, TRANSPORT_OK, ""},
        {CURLE_COULDNT_RESOLVE_HOST, false, false, TRANSPORT_UNREACHABLE, "check the region, the endpoint and DNS"},
        {CURLE_COULDNT_RESOLVE_PROXY, false, false, TRANSPORT_UNREACHABLE, "https_proxy"},
        {CURLE_COULDNT_CONNECT, false, false, TRANSPORT_UNREACHABLE, "to h:1 (Connection refused); check"},
        {CURLE_OPERATION_TIMEDOUT, false, false, TRANSPORT_UNREACHABLE, "firewall"},
        {CURLE_OPERATION_TIMEDOUT, true, false, TRANSPORT_LOST, "no answer from h:1 within 9 ms"},
        {CURLE_SSL_CACERT_BADFILE, false, false, TRANSPORT_UNREACHABLE, "the CA file cannot be read"},
        {CURLE_SSL_CONNECT_ERROR, false, false, TRANSPORT_UNREACHABLE, "is http:// meant"},
        {CURLE_WRITE_ERROR, true, true, TRANSPORT_LOST, "longer than the 5 bytes"},
        {CURLE_RECV_ERROR, true, false, TRANSPORT_LOST, "broke: detail; is https:// meant in the endpoint?"},
        {CURLE_GOT_NOTHING, true, false, TRANSPORT_LOST, "broke"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        char text[JOB_TEXT] = "";
        struct transport_facts f = {
            .code = CASES[i].code,
            .sent = CASES[i].sent,
            .resolved = true,
            .host = "h:1",
            .detail = "detail",
            .os_error = ECONNREFUSED,
            .answer_too_long = CASES[i].too_long,
            .answer_max = 5,
            .timeout_ms = 9,
        };
        assert_int_equal(transport_classify(&f, text, sizeof text), CASES[i].is);
        if (strstr(text, CASES[i].say) == NULL)
            fail_msg("case %zu: %s", i, text);
        f.detail = "";
        assert_int_equal(transport_classify(&f, text, sizeof text), CASES[i].is);
    }
}

static void a_silent_name_server_is_named(void **state)
{
    (void)state;
    char text[JOB_TEXT];
    struct transport_facts f = {.code = CURLE_OPERATION_TIMEDOUT, .host = "h:1", .detail = "d"};
    assert_int_equal(transport_classify(&f, text, sizeof text), TRANSPORT_UNREACHABLE);
    assert_non_null(strstr(text, "the name of h:1 was not resolved in time; check DNS"));
}

/* Once the endpoint has answered in HTTP, the message does not suggest https. */
static void https_is_suggested_only_before_the_first_answer(void **state)
{
    (void)state;
    char text[JOB_TEXT];
    struct transport_facts f = {.code = CURLE_RECV_ERROR, .sent = true, .answered = true, .host = "h:1", .detail = "d"};
    assert_int_equal(transport_classify(&f, text, sizeof text), TRANSPORT_LOST);
    assert_string_equal(text, "the connection to h:1 broke: d");
}

/* curl's message for a refused connection contains milliseconds; the journal would treat each as a new cause. */
static void the_same_cause_has_the_same_sentence(void **state)
{
    (void)state;
    char one[JOB_TEXT], other[JOB_TEXT];
    struct transport_facts f = {.code = CURLE_COULDNT_CONNECT, .host = "h:1"};
    f.detail = "Failed to connect to h port 1 after 12 ms: Couldn't connect to server";
    transport_classify(&f, one, sizeof one);
    f.detail = "Failed to connect to h port 1 after 13 ms: Couldn't connect to server";
    transport_classify(&f, other, sizeof other);
    assert_string_equal(one, other);
    assert_non_null(strstr(one, "check the endpoint"));
}

static void a_guess_at_https_is_made_only_where_it_can_be_true(void **state)
{
    (void)state;
    char text[JOB_TEXT];
    struct transport_facts f = {.code = CURLE_RECV_ERROR, .sent = true, .tls = true, .host = "h:1", .detail = "x"};
    transport_classify(&f, text, sizeof text);
    assert_null(strstr(text, "https"));
    f.tls = false;
    f.answered = true;
    transport_classify(&f, text, sizeof text);
    assert_null(strstr(text, "https"));
}

static void tls_to_a_plain_port_asks_for_http(void **state)
{
    (void)state;
    static const CURLcode CODES[] = {CURLE_OPERATION_TIMEDOUT, CURLE_SSL_CONNECT_ERROR, CURLE_RECV_ERROR};
    for (size_t i = 0; i < sizeof CODES / sizeof CODES[0]; i++) {
        char text[JOB_TEXT];
        struct transport_facts f = {.code = CODES[i], .tls = true, .connected = true, .host = "h:1", .detail = "x"};
        transport_classify(&f, text, sizeof text);
        assert_non_null(strstr(text, "is http:// meant in the endpoint?"));
    }
}

static void a_refused_certificate_has_its_own_remedy(void **state)
{
    (void)state;
    static const struct {
        long verdict;
        const char *say;
    } CASES[] = {{0, "is for another host; check the endpoint's name"},
                 {1, "is for another host; check the endpoint's name"},
                 {9, "is not valid now; check the clock"},
                 {10, "is not valid now; check the clock"},
                 {18, "is not trusted; set [aws] ca_bundle"},
                 {20, "is not trusted; set [aws] ca_bundle"}};
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        char text[JOB_TEXT];
        struct transport_facts f = {.code = CURLE_PEER_FAILED_VERIFICATION,
                                    .tls = true,
                                    .ca_verdict = CASES[i].verdict,
                                    .host = "h:1",
                                    .detail = "x"};
        transport_classify(&f, text, sizeof text);
        if (strstr(text, CASES[i].say) == NULL)
            fail_msg("verdict %ld: %s", CASES[i].verdict, text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results_have_a_meaning_and_a_sentence),
        cmocka_unit_test(a_silent_name_server_is_named),
        cmocka_unit_test(https_is_suggested_only_before_the_first_answer),
        cmocka_unit_test(the_same_cause_has_the_same_sentence),
        cmocka_unit_test(tls_to_a_plain_port_asks_for_http),
        cmocka_unit_test(a_refused_certificate_has_its_own_remedy),
        cmocka_unit_test(a_guess_at_https_is_made_only_where_it_can_be_true),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
