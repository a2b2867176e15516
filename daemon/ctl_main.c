/* ctl_main: ddbsidecarctl: asks the daemon of this host, for people and scripts.
 * Exit status: 0 done, 1 failed, 2 usage, 3 daemon not reachable, 4 not permitted, 5 timed out with records still
 * pending, 6 degraded.
 */
#include <getopt.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/core/config_value.h"
#include "daemon/ctl_link.h"
#include "daemon/ctl_status.h"
#include "daemon/io/host.h"
#include "proto/err.h"
#include "proto/mp_write.h"

enum { EXIT_DONE, EXIT_FAILED, EXIT_USAGE, EXIT_NOT_REACHABLE, EXIT_NOT_PERMITTED, EXIT_TIMED_OUT, EXIT_DEGRADED };

enum { ASK_TIMEOUT_MS = 30 * 1000, FLUSH_SLACK_MS = 10 * 1000 };

static const char HELP[] =
    "Usage: ddbsidecarctl [--socket PATH] [--json] [--quiet] COMMAND\n"
    "Ask the ddbsidecar daemon of this host.\n"
    "\n"
    "  status                show health, records, tables and clients\n"
    "  flush [--timeout D]   wait until everything accepted so far has an outcome: is in DynamoDB, was replaced by a\n"
    "                        newer write to its key, was withdrawn, or failed; if any failed, say how many, exit 1\n"
    "                        (D: 500ms, 30s, 5m; default: as long as it takes)\n"
    "  version               show the versions of this program and of the daemon\n"
    "\n"
    "  --socket PATH   the daemon's socket (default: DDBSIDECAR_SOCKET, else /run/ddbsidecar/ddbsidecar.sock)\n"
    "  --json          print the daemon's answer as JSON\n"
    "  --quiet         print nothing on success; the exit status tells\n"
    "  --version       print this program's version\n"
    "  --help          print this text\n"
    "\n"
    "Exit status: 0 done, 1 failed, 2 usage, 3 daemon not reachable, 4 not permitted, 5 timed out with records\n"
    "still pending, 6 degraded.\n";

struct ctl {
    const char *socket;
    const char *command;
    uint64_t timeout_ms; /* UINT64_MAX: none */
    bool json, quiet, help, version;
    struct ctl_link link;
};

static int usage(const char *what, const char *argument)
{
    fprintf(stderr, "ddbsidecarctl: %s%s; ddbsidecarctl --help shows the use\n", what, argument);
    return EXIT_USAGE;
}

static int exit_of(int code)
{
    switch (code) {
    case DDBS_OK:
        return EXIT_DONE;
    case DDBS_E_INVALID_ARGUMENT:
        return EXIT_USAGE;
    case DDBS_E_NOT_REACHABLE:
    case DDBS_E_CONNECTION_LOST:
    case DDBS_E_SHUTTING_DOWN:
        return EXIT_NOT_REACHABLE;
    case DDBS_E_NOT_PERMITTED:
        return EXIT_NOT_PERMITTED;
    case DDBS_E_TIMED_OUT:
        return EXIT_TIMED_OUT;
    default:
        return EXIT_FAILED;
    }
}

static int complain(int code, const char *text)
{
    fprintf(stderr, "ddbsidecarctl: %s\n", text);
    return exit_of(code);
}

/* Connect and ask. On success the answer is the caller's; else *ret_exit is the exit status, and why is said. */
static bool ask(struct ctl *c, const char *verb, struct span arguments, uint64_t timeout_ms, struct ctl_reply *ret,
                int *ret_exit)
{
    char errmsg[CTL_ERRMSG];
    int rc = ctl_link_open(&c->link, c->socket, errmsg);
    if (rc == DDBS_OK) {
        rc = ctl_link_ask(&c->link, verb, arguments, timeout_ms, ret, errmsg);
        ctl_link_close(&c->link);
    }
    if (rc == DDBS_OK)
        return true;
    /* Without an answer nothing is known about records. */
    *ret_exit = complain(rc == DDBS_E_TIMED_OUT ? DDBS_E_NOT_REACHABLE : rc, errmsg);
    return false;
}

static int status_show(struct ctl *c, const struct ctl_reply *r)
{
    json_error_t error;
    json_t *status = json_loadb(r->text, r->len, JSON_REJECT_DUPLICATES, &error);
    if (status == NULL)
        return complain(DDBS_E_PROTOCOL_ERROR, "the daemon's answer is not JSON");
    if (c->json)
        printf("%s\n", r->text);
    else if (!c->quiet)
        ctl_status_print(stdout, status, c->socket);
    bool healthy = ctl_status_healthy(status);
    json_decref(status);
    return healthy ? EXIT_DONE : EXIT_DEGRADED;
}

static int status_run(struct ctl *c)
{
    struct ctl_reply r;
    int rc;
    if (!ask(c, "status", span_of(NULL, 0), ASK_TIMEOUT_MS, &r, &rc))
        return rc;
    rc = r.status == DDBS_OK ? status_show(c, &r) : complain(r.status, r.text);
    mem_free(r.text);
    return rc;
}

/* A number of the answer; 0 if it is not told. */
static long long number_of(const struct ctl_reply *r, const char *member)
{
    json_error_t error;
    json_t *answer = json_loadb(r->text, r->len, 0, &error);
    const json_t *value = json_object_get(answer, member);
    long long n = json_is_integer(value) ? json_integer_value(value) : 0;
    json_decref(answer);
    return n;
}

static int flush_show(const struct ctl *c, const struct ctl_reply *r)
{
    if (r->status != DDBS_OK && r->status != DDBS_E_TIMED_OUT)
        return complain(r->status, r->text);
    long long pending = number_of(r, "pending"), failed = number_of(r, "failed");
    if (c->json)
        printf("%s\n", r->text);
    else if (r->status == DDBS_E_TIMED_OUT)
        fprintf(stderr, "ddbsidecarctl: timed out, %lld records are pending; ddbsidecarctl status says what for\n",
                pending);
    else if (failed == 0 && !c->quiet)
        printf("flushed: everything accepted before has an outcome, nothing failed meanwhile\n");
    if (!c->json && failed > 0)
        fprintf(stderr,
                "ddbsidecarctl: %lld record%s failed since the flush began; ddbsidecarctl status names the table\n",
                failed, failed == 1 ? "" : "s");
    return r->status == DDBS_OK && failed > 0 ? EXIT_FAILED : exit_of(r->status);
}

static int flush_run(struct ctl *c)
{
    uint8_t arguments[64];
    struct mp_writer w = mp_writer_on(arguments, sizeof arguments);
    uint64_t wait_ms = UINT64_MAX;
    struct ctl_reply r;
    int rc;
    if (c->timeout_ms != UINT64_MAX) {
        mp_put_map(&w, 1);
        mp_put_cstr(&w, "timeout_ms");
        mp_put_uint(&w, c->timeout_ms);
        wait_ms = c->timeout_ms + FLUSH_SLACK_MS;
    }
    if (!ask(c, "flush", span_of(arguments, w.need), wait_ms, &r, &rc))
        return rc;
    rc = flush_show(c, &r);
    mem_free(r.text);
    return rc;
}

/* The daemon's version is told by whoever reaches it; this program's always. */
static int version_run(struct ctl *c)
{
    char errmsg[CTL_ERRMSG];
    struct ctl_reply r = {0};
    json_error_t error;
    json_t *answer = NULL;
    int rc = ctl_link_open(&c->link, c->socket, errmsg);
    if (rc == DDBS_OK) {
        rc = ctl_link_ask(&c->link, "version", span_of(NULL, 0), ASK_TIMEOUT_MS, &r, errmsg);
        ctl_link_close(&c->link);
    }
    if (rc == DDBS_OK && r.status == DDBS_OK)
        answer = json_loadb(r.text, r.len, 0, &error);
    const char *server = json_string_value(json_object_get(answer, "server"));
    if (c->json)
        printf("{\"ctl\":\"%s\",\"daemon\":%s}\n", DDBS_VERSION, server != NULL ? r.text : "null");
    else if (!c->quiet)
        printf("ddbsidecarctl %s\n%s\n", DDBS_VERSION, server != NULL ? server : "the daemon did not tell its version");
    json_decref(answer);
    mem_free(r.text);
    return EXIT_DONE;
}

static int options_read(struct ctl *c, int argc, char **argv)
{
    static const struct option FLAGS[] = {
        {"socket", required_argument, NULL, 's'},
        {"timeout", required_argument, NULL, 't'},
        {"json", no_argument, NULL, 'j'},
        {"quiet", no_argument, NULL, 'q'},
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'v'},
        {NULL, 0, NULL, 0},
    };
    opterr = 0;
    for (;;) {
        int flag = getopt_long(argc, argv, ":", FLAGS, NULL); /* flags may stand behind the command */
        if (flag == -1)
            break;
        if (flag == '?' || flag == ':')
            return usage(flag == ':' ? "a value is missing behind " : "unknown option ", argv[optind - 1]);
        if (flag == 's')
            c->socket = optarg;
        else if (flag == 't' && !config_value_duration(optarg, &c->timeout_ms))
            return usage("--timeout takes a duration such as 500ms, 30s or 5m, not ", optarg);
        c->json |= flag == 'j';
        c->quiet |= flag == 'q';
        c->help |= flag == 'h';
        c->version |= flag == 'v';
    }
    if (c->help || c->version)
        return EXIT_DONE;
    if (optind == argc)
        return usage("a command is missing", "");
    if (optind + 1 < argc)
        return usage("unexpected argument ", argv[optind + 1]);
    c->command = argv[optind];
    return EXIT_DONE;
}

static int command_run(struct ctl *c)
{
    static const struct {
        const char *name;
        int (*run)(struct ctl *c);
    } COMMANDS[] = {{"status", status_run}, {"flush", flush_run}, {"version", version_run}};
    if (c->timeout_ms != UINT64_MAX && strcmp(c->command, "flush") != 0)
        return usage("--timeout belongs to flush, not to ", c->command);
    for (size_t i = 0; i < sizeof COMMANDS / sizeof COMMANDS[0]; i++) {
        if (strcmp(COMMANDS[i].name, c->command) == 0)
            return COMMANDS[i].run(c);
    }
    return usage("unknown command ", c->command);
}

int main(int argc, char **argv)
{
    static struct ctl c = {.timeout_ms = UINT64_MAX};
    host_stdio_keep();
    int rc = options_read(&c, argc, argv);
    if (rc != EXIT_DONE)
        return rc;
    if (c.help) {
        fputs(HELP, stdout);
        return EXIT_DONE;
    }
    if (c.version) {
        puts("ddbsidecarctl " DDBS_VERSION);
        return EXIT_DONE;
    }
    if (c.socket == NULL || c.socket[0] == '\0')
        c.socket = getenv("DDBSIDECAR_SOCKET");
    if (c.socket == NULL || c.socket[0] == '\0')
        c.socket = "/run/ddbsidecar/ddbsidecar.sock";
    rc = command_run(&c);
    if (fflush(stdout) != 0 && rc == EXIT_DONE)
        rc = EXIT_FAILED;
    return rc;
}
