/* test_link: against a scripted daemon: a thread that answers one connection with given frames. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "client/ctl/link.h"
#include "daemon/base/mem.h"
#include "proto/err.h"
#include "proto/msg_encode.h"

static char path[64], errmsg[CTL_ERRMSG];

struct script {
    int listener;
    pthread_t thread;
    uint8_t frames[4096];
    struct mp_writer w;
};

static void *script_run(void *arg)
{
    struct script *s = arg;
    uint8_t hello[512];
    int fd = accept(s->listener, NULL, NULL);
    if (recv(fd, hello, sizeof hello, 0) > 0)
        send(fd, s->frames, s->w.need, MSG_NOSIGNAL);
    shutdown(fd, SHUT_WR);
    while (recv(fd, hello, sizeof hello, 0) > 0) {
    }
    close(fd);
    return NULL;
}

static void script_begin(struct script *s)
{
    s->w = mp_write_open(s->frames, sizeof s->frames);
}

static void script_welcome(struct script *s)
{
    static const char SERVER[] = "ddbsidecard test";
    struct msg_welcome m = {.version = 1, .epoch = 5, .connection = 1, .max_frame = 1000, .max_record = 1000};
    m.server = span_of(SERVER, sizeof SERVER - 1);
    msg_encode_welcome(&s->w, &m);
}

static void script_reply(struct script *s, const char *status, const char *payload, bool more)
{
    struct msg_reply m = {.id = 1, .more = more};
    m.status = span_of(status, strlen(status));
    m.payload = span_of(payload, strlen(payload));
    msg_encode_reply(&s->w, &m);
}

static void script_start(struct script *s)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    snprintf(path, sizeof path, "/tmp/ddbsidecar-ctl.%d", (int)getpid());
    memcpy(a.sun_path, path, strlen(path) + 1);
    unlink(path);
    s->listener = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(s->listener, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(listen(s->listener, 4), 0);
    assert_int_equal(pthread_create(&s->thread, NULL, script_run, s), 0);
}

static void script_end(struct script *s)
{
    pthread_join(s->thread, NULL);
    close(s->listener);
    unlink(path);
    assert_int_equal(mem_live(), 0);
}

/* Open, ask, close. Returns the first failure's code. */
static int ask(struct ctl_reply *ret)
{
    static struct ctl_link l;
    errmsg[0] = '\0';
    int rc = link_open(&l, path, errmsg);
    if (rc == DDBS_OK)
        rc = link_ask(&l, "status", span_of(NULL, 0), 10000, ret, errmsg);
    link_close(&l);
    return rc;
}

static void an_answer_comes_in_chunks(void **state)
{
    (void)state;
    struct script s;
    struct ctl_reply r;
    script_begin(&s);
    script_welcome(&s);
    msg_encode_notice(&s.w, "memory", "is passed over");
    script_reply(&s, "ok", "{\"a\":", true);
    script_reply(&s, "ok", "1}", false);
    script_start(&s);
    assert_int_equal(ask(&r), DDBS_OK);
    assert_int_equal(r.status, DDBS_OK);
    assert_string_equal(r.text, "{\"a\":1}");
    mem_free(r.text);
    script_end(&s);
}

static void a_refused_request_keeps_its_code(void **state)
{
    (void)state;
    struct script s;
    struct ctl_reply r;
    script_begin(&s);
    script_welcome(&s);
    script_reply(&s, "not_permitted", "only root may", false);
    script_start(&s);
    assert_int_equal(ask(&r), DDBS_OK);
    assert_int_equal(r.status, DDBS_E_NOT_PERMITTED);
    assert_string_equal(r.text, "only root may");
    mem_free(r.text);
    script_end(&s);
}

static void what_breaks_has_a_code_and_a_sentence(void **state)
{
    (void)state;
    struct ctl_reply r;
    for (int i = 0; i < 4; i++) {
        static const int CODES[] = {DDBS_E_BUSY, DDBS_E_CONNECTION_LOST, DDBS_E_PROTOCOL_ERROR, DDBS_E_PROTOCOL_ERROR};
        static const char *const SAY[] = {"no place", "closed the connection", "another protocol", "not sent"};
        struct script s;
        script_begin(&s);
        if (i == 0)
            msg_encode_error(&s.w, DDBS_E_BUSY, "no place");
        if (i == 1 || i == 3)
            script_welcome(&s);
        if (i == 2)
            mp_write_raw(&s.w, "HTTP/1.1 400 Bad Request", 24);
        if (i == 3) {
            struct msg_reply m = {.id = 9, .status = span_of("ok", 2)};
            msg_encode_reply(&s.w, &m);
        }
        script_start(&s);
        assert_int_equal(ask(&r), CODES[i]);
        if (strstr(errmsg, SAY[i]) == NULL || strstr(errmsg, path) == NULL)
            fail_msg("case %d: %s", i, errmsg);
        script_end(&s);
    }
}

static void nobody_there_is_said(void **state)
{
    (void)state;
    static struct ctl_link l;
    char longest[200];
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_int_equal(link_open(&l, "/nowhere/s", errmsg), DDBS_E_NOT_REACHABLE);
    assert_non_null(strstr(errmsg, "start ddbsidecard"));
    assert_int_equal(link_open(&l, longest, errmsg), DDBS_E_INVALID_ARGUMENT);
    assert_non_null(strstr(errmsg, "107"));
}

static void memory_may_run_out(void **state)
{
    (void)state;
    struct script s;
    struct ctl_reply r;
    script_begin(&s);
    script_welcome(&s);
    script_reply(&s, "ok", "abc", true);
    script_reply(&s, "ok", "def", false);
    script_start(&s);
    mem_fail_nth(2);
    assert_int_equal(ask(&r), DDBS_E_OUT_OF_MEMORY);
    script_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_comes_in_chunks),
        cmocka_unit_test(a_refused_request_keeps_its_code),
        cmocka_unit_test(what_breaks_has_a_code_and_a_sentence),
        cmocka_unit_test(nobody_there_is_said),
        cmocka_unit_test(memory_may_run_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
