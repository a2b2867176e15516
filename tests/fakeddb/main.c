/* main: puts fakeddb together. Exit codes: 0 stopped by SIGTERM or SIGINT, 64 bad options, 1 anything else. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "tests/fakeddb/fake.h"
#include "tests/fakeddb/ops.h"
#include "tests/fakeddb/options.h"
#include "tests/fakeddb/server.h"
#include "tests/fakeddb/tls.h"

enum { EXIT_USAGE = 64, KEYS_MAX = 8 * 1024 * 1024 };

/* Write the port so that a reader never sees half of it. */
static bool write_port(const char *path, int port, char *errmsg, size_t errmsg_max)
{
    char temp[4096];
    int n = snprintf(temp, sizeof(temp), "%s.new", path);
    FILE *f = n > 0 && (size_t)n < sizeof(temp) ? fopen(temp, "we") : NULL;
    bool ok = f != NULL && fprintf(f, "%d\n", port) > 0;
    if (f != NULL && fclose(f) != 0)
        ok = false;
    if (ok && rename(temp, path) == 0)
        return true;
    snprintf(errmsg, errmsg_max, "cannot write the port to %s: %s", path, strerror(errno));
    return false;
}

static bool set_faults(struct fake *f, const struct options *o, char *errmsg, size_t errmsg_max)
{
    for (int i = 0; i < o->nfaults; i++) {
        const char *equals = strchr(o->faults[i], '=');
        if (equals == NULL) {
            snprintf(errmsg, errmsg_max, "--fault %s: write it as NAME=VALUE", o->faults[i]);
            return false;
        }
        if (!fault_set(&f->fault, span_of(o->faults[i], (size_t)(equals - o->faults[i])),
                       span_of(equals + 1, strlen(equals + 1)), errmsg, errmsg_max))
            return false;
    }
    return true;
}

static bool fake_init(struct fake *f, const struct options *o, int64_t now_s, char *errmsg, size_t errmsg_max)
{
    f->check_auth = !o->no_auth;
    f->region = o->region;
    store_init(&f->store, o->seed, o->memory_mib << 20);
    f->store.history = o->history;
    f->store.forget = o->forget;
    if (o->history_attr != NULL) {
        f->store.history_attr.name_len = (uint8_t)strlen(o->history_attr);
        memcpy(f->store.history_attr.name, o->history_attr, f->store.history_attr.name_len);
    }
    fault_init(&f->fault, o->seed);
    text_init(&f->keys, KEYS_MAX);
    if (!auth_init(&f->auth, o->access_key, o->secret_key, o->session_token)) {
        snprintf(errmsg, errmsg_max, "OpenSSL has no SHA-256 or HMAC");
        return false;
    }
    for (int i = 0; i < o->ntables; i++) {
        if (!op_table_from_option(f, o->tables[i], now_s, errmsg, errmsg_max))
            return false;
    }
    return set_faults(f, o, errmsg, errmsg_max);
}

static void fake_fini(struct fake *f)
{
    auth_fini(&f->auth);
    store_fini(&f->store);
    text_fini(&f->keys);
}

/* Announce the port and serve until a signal. */
static bool serve_until_signal(struct server *s, const struct options *o, char *errmsg, size_t errmsg_max)
{
    if (o->port_file != NULL && !write_port(o->port_file, s->port, errmsg, errmsg_max))
        return false;
    printf("%d\n", s->port);
    fflush(stdout);
    if (server_run(s))
        return true;
    snprintf(errmsg, errmsg_max, "the event loop failed: %s", strerror(errno));
    return false;
}

static bool run(const struct options *o, char *errmsg, size_t errmsg_max)
{
    static struct fake fake; /* large; all zero */
    struct server server;
    SSL_CTX *tls = o->tls ? tls_new(o->ca_file, errmsg, errmsg_max) : NULL;
    if (o->tls && tls == NULL)
        return false;
    bool ok = false;
    if (server_init(&server, &fake, o->seed, o->port, errmsg, errmsg_max)) {
        server.tls = tls;
        ok = fake_init(&fake, o, server.serve.now_s, errmsg, errmsg_max) &&
             serve_until_signal(&server, o, errmsg, errmsg_max);
        server_fini(&server);
        fake_fini(&fake);
    }
    SSL_CTX_free(tls);
    return ok;
}

int main(int argc, char **argv)
{
    struct options o;
    char errmsg[512] = "";
    if (!options_read(argc, argv, &o, errmsg, sizeof(errmsg))) {
        fprintf(stderr, "fakeddb: %s\n", errmsg);
        return EXIT_USAGE;
    }
    if (o.help) {
        fputs(options_help, stdout);
        return 0;
    }
    signal(SIGPIPE, SIG_IGN);
    if (o.die_with_parent)
        prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (!run(&o, errmsg, sizeof(errmsg))) {
        fprintf(stderr, "fakeddb: %s\n", errmsg);
        return 1;
    }
    return 0;
}
