/* test_creds_env: valid environment settings, and the error message for each invalid one. */
#include "daemon/aws/creds/creds_env.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "proto/err.h"
#include "tests/unit/aws/env_table.h"

#define ID     "AWS_ACCESS_KEY_ID"
#define SECRET "AWS_SECRET_ACCESS_KEY"
#define TOKEN  "AWS_SESSION_TOKEN"

static void a_pair_and_a_token_are_read(void **state)
{
    (void)state;
    struct env_table t = {{{ID, "AKIDEXAMPLE"}, {SECRET, "wJalr/+=XU"}, {TOKEN, "IQoJ//+=="}}};
    struct env env = env_table_open(&t);
    struct creds c;
    char errmsg[AWS_ERRMSG] = "";
    assert_true(creds_env_configured(&env));
    assert_int_equal(creds_env_read(&env, 7, &c, errmsg), DDBS_OK);
    assert_int_equal(c.generation, 7);
    assert_string_equal(c.id, "AKIDEXAMPLE");
    assert_string_equal(c.secret, "wJalr/+=XU");
    assert_string_equal(c.token, "IQoJ//+==");
    assert_int_equal(c.id_len, 11);
    assert_int_equal(c.secret_len, 10);
    assert_int_equal(c.token_len, 9);
}

static void an_empty_token_is_no_token(void **state)
{
    (void)state;
    struct env_table t = {{{ID, "AKIDEXAMPLE"}, {SECRET, "s"}, {TOKEN, ""}}};
    struct env env = env_table_open(&t);
    struct creds c;
    char errmsg[AWS_ERRMSG];
    assert_int_equal(creds_env_read(&env, 1, &c, errmsg), DDBS_OK);
    assert_int_equal(c.token_len, 0);
    assert_string_equal(c.token, "");
}

static const struct {
    struct env_table env;
    bool configured;
    const char *says[3]; /* parts of the message */
    const char *hides;   /* what the message must not contain; NULL: nothing */
} bad[] = {
    {{{{NULL, NULL}}}, false, {"no credentials", ID, SECRET}, NULL},
    {{{{ID, ""}, {SECRET, ""}}}, false, {"no credentials"}, NULL},
    {{{{TOKEN, "tokentext"}}}, false, {"no credentials"}, "tokentext"},
    {{{{ID, "AKIDEXAMPLE"}}}, true, {ID " is set but " SECRET " is not", "set both"}, NULL},
    {{{{ID, "AKIDEXAMPLE"}, {SECRET, ""}}}, true, {SECRET " is not"}, NULL},
    {{{{SECRET, "hidden"}}}, true, {SECRET " is set but " ID " is not"}, "hidden"},
    {{{{ID, "AKID\n"}, {SECRET, "hidden"}}}, true, {ID, "control character at position 5", "again"}, "hidden"},
    {{{{ID, "AK ID"}, {SECRET, "hidden"}}}, true, {ID, "position 3"}, NULL},
    {{{{ID, "AK/ID"}, {SECRET, "hidden"}}}, true, {ID, "not allowed at position 3"}, NULL},
    {{{{ID, "AK,ID"}, {SECRET, "hidden"}}}, true, {ID, "position 3"}, NULL},
    {{{{ID, "AKID"}, {SECRET, "hidden\r"}}}, true, {SECRET, "control character at position 7"}, "hidden"},
    {{{{ID, "AKID"},
       {SECRET, "hidd\x7f"
                "en"}}},
     true,
     {SECRET, "position 5"},
     "hidd"},
    {{{{ID, "AKID"}, {SECRET, "hidd\xc3\xa9n"}}}, true, {SECRET, "not allowed at position 5"}, "hidd"},
    {{{{ID, "AKID"}, {SECRET, "\"hidden\""}}}, true, {SECRET, "position 1"}, "hidden"},
    {{{{ID, "AKID"}, {SECRET, "s"}, {TOKEN, "token\nX-Evil: 1"}}}, true, {TOKEN, "position 6"}, "Evil"},
};

static void what_is_wrong_is_said(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct env_table t = bad[i].env;
        struct env env = env_table_open(&t);
        struct creds c = {.generation = 99};
        char errmsg[AWS_ERRMSG] = "";
        assert_int_equal(creds_env_configured(&env), bad[i].configured);
        assert_int_equal(creds_env_read(&env, 1, &c, errmsg), DDBS_E_CREDENTIALS);
        assert_int_equal(c.generation, 99); /* the result is unchanged */
        for (size_t k = 0; k < 3 && bad[i].says[k] != NULL; k++) {
            if (strstr(errmsg, bad[i].says[k]) == NULL)
                fail_msg("case %zu: \"%s\" does not say \"%s\"", i, errmsg, bad[i].says[k]);
        }
        if (bad[i].hides != NULL && strstr(errmsg, bad[i].hides) != NULL)
            fail_msg("case %zu: \"%s\" tells a secret", i, errmsg);
    }
}

static void lengths_are_bounded(void **state)
{
    (void)state;
    static char token[CREDS_TOKEN_MAX + 2];
    memset(token, 'x', sizeof token - 1);
    struct env_table t = {{{ID, "AKID"}, {SECRET, "s"}, {TOKEN, token}}};
    struct env env = env_table_open(&t);
    struct creds c;
    char errmsg[AWS_ERRMSG] = "";
    assert_int_equal(creds_env_read(&env, 1, &c, errmsg), DDBS_E_CREDENTIALS);
    assert_non_null(strstr(errmsg, TOKEN " is longer than 8192 bytes"));
    token[CREDS_TOKEN_MAX] = '\0';
    assert_int_equal(creds_env_read(&env, 1, &c, errmsg), DDBS_OK);
    assert_int_equal(c.token_len, CREDS_TOKEN_MAX);
}

static void wiping_leaves_nothing(void **state)
{
    (void)state;
    struct creds c, zero;
    memset(&c, 0xff, sizeof c);
    memset(&zero, 0, sizeof zero);
    creds_wipe(&c);
    assert_memory_equal(&c, &zero, sizeof c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pair_and_a_token_are_read), cmocka_unit_test(an_empty_token_is_no_token),
        cmocka_unit_test(what_is_wrong_is_said),       cmocka_unit_test(lengths_are_bounded),
        cmocka_unit_test(wiping_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
