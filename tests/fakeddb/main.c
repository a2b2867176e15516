/* main: starts fakeddb. Exit codes: 0 stopped by SIGTERM or SIGINT, 64 bad options, 1 anything else. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "tests/fakeddb/fake.h"
#include "tests/fakeddb/json.h"
#include "tests/fakeddb/ops.h"
#include "tests/fakeddb/options.h"
#include "tests/fakeddb/server.h"
#include "tests/fakeddb/tls.h"

enum { EXIT_USAGE = 64, KEYS_MAX = 8 * 1024 * 1024 };

/* Write the port file atomically. */
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
        struct fault_change change = {span_of(o->faults[i], (size_t)(equals - o->faults[i])),
                                      span_of(equals + 1, strlen(equals + 1))};
        if (!fault_set(&f->fault, span_of("", 0), change, errmsg, errmsg_max))
            return false;
    }
    return true;
}

static bool credential_part(const char **from, char to[AUTH_TEXT_MAX + 1], bool last)
{
    const char *end = last ? *from + strlen(*from) : strchrnul(*from, ':');
    if (end - *from > AUTH_TEXT_MAX)
        return false;
    memcpy(to, *from, (size_t)(end - *from));
    to[end - *from] = '\0';
    *from = *end == ':' ? end + 1 : end;
    return true;
}

/* Accept ID:SECRET[:TOKEN[:SECONDS]]. */
static bool add_credential(struct auth *a, const char *text, int64_t now_s)
{
    struct auth_credential made = {.expires_s = 0};
    char seconds_text[AUTH_TEXT_MAX + 1];
    uint64_t seconds;
    const char *p = text;
    bool ok = credential_part(&p, made.access_key, false) && credential_part(&p, made.secret_key, false) &&
              credential_part(&p, made.session_token, false) && credential_part(&p, seconds_text, true);
    if (!ok || made.access_key[0] == '\0' || made.secret_key[0] == '\0')
        return false;
    if (seconds_text[0] != '\0') {
        if (!json_text_u64(span_of(seconds_text, strlen(seconds_text)), &seconds) || seconds > INT32_MAX)
            return false;
        made.expires_s = now_s + (int64_t)seconds;
    }
    return auth_add(a, &made);
}

static bool set_credentials(struct auth *a, const struct options *o, int64_t now_s, char *errmsg, size_t errmsg_max)
{
    struct auth_credential plain = {.expires_s = 0};
    const char *const from[3] = {o->access_key, o->secret_key, o->session_token != NULL ? o->session_token : ""};
    char *const to[3] = {plain.access_key, plain.secret_key, plain.session_token};
    for (int i = 0; i < 3; i++) {
        if (strlen(from[i]) > AUTH_TEXT_MAX) {
            snprintf(errmsg, errmsg_max, "a key or token may have %d bytes", AUTH_TEXT_MAX);
            return false;
        }
        memcpy(to[i], from[i], strlen(from[i]) + 1);
    }
    bool ok = auth_add(a, &plain);
    for (int i = 0; i < o->ncredentials && ok; i++) {
        ok = add_credential(a, o->credentials[i], now_s);
        if (!ok)
            snprintf(errmsg, errmsg_max, "--credential %d: write it as ID:SECRET[:TOKEN[:SECONDS]]", i + 1);
    }
    return ok;
}

static bool read_script(struct call *c, const char *path, char *errmsg, size_t errmsg_max)
{
    static char text[SCRIPT_BYTES_MAX + 1];
    char why[300];
    FILE *f = fopen(path, "re");
    if (f == NULL) {
        snprintf(errmsg, errmsg_max, "cannot read the script %s: %s", path, strerror(errno));
        return false;
    }
    size_t n = fread(text, 1, sizeof(text), f);
    bool ok = ferror(f) == 0;
    fclose(f);
    if (!ok)
        snprintf(why, sizeof(why), "it cannot be read");
    ok = ok && op_load_script(c, span_of(text, n), why, sizeof(why));
    if (!ok)
        snprintf(errmsg, errmsg_max, "script %s: %s", path, why);
    return ok;
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
    script_init(&f->script);
    if (!auth_init(&f->auth)) {
        snprintf(errmsg, errmsg_max, "OpenSSL has no SHA-256 or HMAC");
        return false;
    }
    if (!set_credentials(&f->auth, o, now_s, errmsg, errmsg_max))
        return false;
    struct call c = {.fake = f, .now_s = now_s};
    for (int i = 0; i < o->ntables; i++) {
        if (!op_table_from_option(&c, o->tables[i], errmsg, errmsg_max))
            return false;
    }
    if (!set_faults(f, o, errmsg, errmsg_max))
        return false;
    return o->script == NULL || read_script(&c, o->script, errmsg, errmsg_max);
}

static void fake_fini(struct fake *f)
{
    auth_fini(&f->auth);
    store_fini(&f->store);
    script_fini(&f->script);
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
    static struct fake fake; /* large; zero-initialized */
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
