/* test_easy: the options of a transfer, observed through a lane's results: verified TLS, and a resolver that hangs
 * delays nothing else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <dlfcn.h>
#include <netdb.h>
#include <netinet/in.h>
#include <openssl/x509.h>
#include <poll.h>
#include <sched.h>
#include <stdatomic.h>
#include <unistd.h>

#include "daemon/base/mem.h"
#include "tests/fakeddb/tls.h"
#include "tests/unit/http/lane_rig.h"

static int ca_folders_loaded;

/* Replaces libcrypto's function for curl. */
int X509_STORE_load_path(X509_STORE *store, const char *path) __attribute__((visibility("default")));
int X509_STORE_load_path(X509_STORE *store, const char *path)
{
    int (*real)(X509_STORE *, const char *);
    ca_folders_loaded++;
    *(void **)&real = dlsym(RTLD_NEXT, "X509_STORE_load_path");
    return real(store, path);
}

/* A certificate must be signed by a configured CA, for the requested host; before that no byte is sent. A configured CA
 * file replaces the system's CAs. */
static void certificates_are_verified(void **state)
{
    (void)state;
    static const enum act ACTS[] = {ACT_OK};
    static const struct {
        bool named;
        uint32_t address;
        const char *url;
        enum job_outcome outcome;
        const char *say;
    } CASES[] = {
        {true, INADDR_LOOPBACK, "https://127.0.0.1", JOB_DONE, ""},
        {false, INADDR_LOOPBACK, "https://127.0.0.1", JOB_UNREACHABLE, "not trusted"},
        {true, INADDR_LOOPBACK + 1, "https://127.0.0.2", JOB_UNREACHABLE, "for another host"},
    };
    char ca[] = "/tmp/ddbsidecar-lane.XXXXXX", errmsg[256];
    int fd = mkstemp(ca);
    assert_true(fd >= 0);
    close(fd);
    SSL_CTX *tls = tls_new(ca, errmsg, sizeof errmsg);
    assert_non_null(tls);
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct rig r;
        rig_init(&r);
        http_script_start_at(&r.server, ACTS, 1, CASES[i].address, tls);
        r.serving = true;
        r.ca_bundle = CASES[i].named ? ca : NULL;
        rig_begin(&r, CASES[i].url, 5000, 4);
        for (int n = 0; n < 2; n++) {
            rig_submit(&r, n, 1);
            rig_wait(&r, n + 1);
            assert_int_equal(r.results[n].outcome, CASES[i].outcome);
            if (CASES[i].outcome != JOB_DONE && strstr(r.results[n].text, CASES[i].say) == NULL)
                fail_msg("case %zu: %s", i, r.results[n].text);
            assert_false(r.results[n].maybe_written);
        }
        if (CASES[i].named)
            assert_int_equal(ca_folders_loaded, 0);
        assert_int_equal(http_script_requests(&r.server), CASES[i].outcome == JOB_DONE ? 2 : 0);
        rig_close(&r);
    }
    SSL_CTX_free(tls);
    unlink(ca);
}

static void file_copy(const char *from, const char *to)
{
    char text[16384];
    FILE *in = fopen(from, "r"), *out = fopen(to, "w");
    assert_true(in != NULL && out != NULL);
    size_t n = fread(text, 1, sizeof text, in);
    assert_true(n > 0 && n < sizeof text);
    assert_int_equal(fwrite(text, 1, n, out), n);
    fclose(in);
    fclose(out);
}

/* After the CA file is corrected the daemon need not be restarted. */
static void a_corrected_ca_file_is_read_again(void **state)
{
    (void)state;
    static const enum act ACTS[] = {ACT_OK};
    char right[] = "/tmp/ddbsidecar-right.XXXXXX", used[] = "/tmp/ddbsidecar-used.XXXXXX", errmsg[256];
    int fds[2] = {mkstemp(right), mkstemp(used)};
    SSL_CTX *other = tls_new(used, errmsg, sizeof errmsg), *tls = tls_new(right, errmsg, sizeof errmsg);
    struct rig r;
    assert_true(other != NULL && tls != NULL);
    rig_init(&r);
    http_script_start_at(&r.server, ACTS, 1, INADDR_LOOPBACK, tls);
    r.serving = true;
    r.ca_bundle = used;
    rig_begin(&r, "https://127.0.0.1", 5000, 4);
    rig_submit(&r, 0, 1);
    rig_wait(&r, 1);
    assert_int_equal(r.results[0].outcome, JOB_UNREACHABLE);
    file_copy(right, used);
    int n = 0;
    do {
        poll(NULL, 0, 500);
        n++;
        rig_submit(&r, n, 1);
        rig_wait(&r, n + 1);
    } while (n + 1 < JOBS && r.results[n].outcome != JOB_DONE);
    assert_int_equal(r.results[n].outcome, JOB_DONE);
    rig_close(&r);
    SSL_CTX_free(tls);
    SSL_CTX_free(other);
    for (int i = 0; i < 2; i++)
        close(fds[i]);
    unlink(right);
    unlink(used);
}

/* A resolver that hangs for one name until its pipe is closed; replaces libc's for curl. */
static const char SLOW_NAME[] = "slow.test";
static int slow_pipe[2];
static atomic_int slow_calls; /* calls that read the pipe */

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **ret)
    __attribute__((visibility("default")));
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **ret)
{
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    char c;
    if (node != NULL && strcmp(node, SLOW_NAME) == 0) {
        atomic_fetch_add(&slow_calls, 1);
        while (read(slow_pipe[0], &c, 1) > 0) {
        }
        atomic_fetch_sub(&slow_calls, 1);
        return EAI_AGAIN;
    }
    *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    return real(node, service, hints, ret);
}

static void on_patience_over(uv_timer_t *timer)
{
    bool *over = timer->data;
    *over = true;
    close(slow_pipe[1]);
}

/* A name server that does not answer delays only its own request, until the timeout: not the lane's other requests, nor
 * its shutdown. */
static void a_hanging_resolver_holds_nothing_up(void **state)
{
    (void)state;
    static const enum act ACTS[] = {ACT_OK};
    struct rig r;
    uv_timer_t patience;
    bool over = false;
    rig_init(&r);
    assert_int_equal(pipe(slow_pipe), 0);
    http_script_start(&r.server, ACTS, 1);
    r.serving = true;
    rig_begin(&r, "http://slow.test", 100, 4);
    uv_timer_init(&r.loop, &patience);
    patience.data = &over;
    uv_timer_start(&patience, on_patience_over, 10000, 0);
    rig_submit(&r, 0, 2);
    rig_wait(&r, 2);
    assert_false(over);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(r.results[i].outcome, JOB_UNREACHABLE);
        assert_non_null(strstr(r.results[i].text, "in time"));
    }
    rig_submit(&r, 2, 1);
    lane_stop(r.lane);
    r.lane = NULL;
    assert_int_equal(r.done_count, 3);
    assert_false(over);
    uv_close((uv_handle_t *)&patience, NULL);
    close(slow_pipe[1]);
    uv_run(&r.loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&r.loop), 0);
    rig_serve_no_more(&r);
    while (atomic_load(&slow_calls) > 0 ||
           fds_open() > r.fds + 1) /* abandoned threads close theirs when their call returns */
        sched_yield();
    close(slow_pipe[0]);
    assert_int_equal(mem_live(), r.live);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(certificates_are_verified),
        cmocka_unit_test(a_corrected_ca_file_is_read_again),
        cmocka_unit_test(a_hanging_resolver_holds_nothing_up),
    };
    return cmocka_run_group_tests(tests, rig_libraries_warm_up, NULL);
}
