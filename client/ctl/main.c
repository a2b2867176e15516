/* main: ddbsidecarctl: queries the daemon of this host, for people and scripts.
 * Exit status: 0 done, 1 failed, 2 usage, 3 daemon not reachable, 4 not permitted, 5 timed out with records still
 * pending, 6 degraded.
 */
#include <getopt.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/ctl/link.h"
#include "client/ctl/status.h"
#include "daemon/base/mem.h"
#include "daemon/base/units.h"
#include "daemon/os/host.h"
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
    "  --quiet         print nothing on success; only set the exit status\n"
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
    fprintf(stderr, "ddbsidecarctl: %s%s; ddbsidecarctl --help shows the usage\n", what, argument);
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
    fprintf(stderr, "ddbsidecarctl: %s\n", text[0] != '\0' ? text : err_text(code));
    return exit_of(code);
}

/* Parse the daemon's answer as JSON. On failure *ret_exit is the exit status, and a message was printed. */
static bool answer_load(const struct ctl_reply *r, json_t **ret, int *ret_exit)
{
    json_error_t error = {.line = -1};
    *ret = json_loadb(r->text, r->len, JSON_REJECT_DUPLICATES, &error);
    if (*ret != NULL)
        return true;
    bool memory = json_error_code(&error) == json_error_out_of_memory || error.text[0] == '\0';
    *ret_exit = memory ? complain(DDBS_E_OUT_OF_MEMORY, "no memory to read the daemon's answer; ask again")
                       : complain(DDBS_E_PROTOCOL_ERROR, "the daemon's answer is not JSON");
    return false;
}

/* Connect and send a request. On success the caller owns the reply; else *ret_exit is the exit status, and a message
 * was printed. */
static bool ask(struct ctl *c, const char *verb, struct span arguments, uint64_t timeout_ms, struct ctl_reply *ret,
                int *ret_exit)
{
    char errmsg[CTL_ERRMSG];
    int rc = link_open(&c->link, c->socket, errmsg);
    if (rc == DDBS_OK) {
        rc = link_ask(&c->link, verb, arguments, timeout_ms, ret, errmsg);
        link_close(&c->link);
    }
    if (rc == DDBS_OK)
        return true;
    /* EXIT_TIMED_OUT means that records are pending, which is not known without an answer. */
    *ret_exit = complain(rc == DDBS_E_TIMED_OUT ? DDBS_E_NOT_REACHABLE : rc, errmsg);
    return false;
}

static int status_show(struct ctl *c, const struct ctl_reply *r)
{
    json_t *status;
    int rc;
    if (!answer_load(r, &status, &rc))
        return rc;
    if (c->json)
        printf("%s\n", r->text);
    else if (!c->quiet)
        status_print(stdout, status, c->socket);
    bool healthy = status_healthy(status);
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

/* A number member of the answer; 0 if it is missing. */
static long long number_of(const json_t *answer, const char *member)
{
    const json_t *value = json_object_get(answer, member);
    return json_is_integer(value) ? json_integer_value(value) : 0;
}

static const char *plural(long long n)
{
    return n == 1 ? " is" : "s are";
}

/* Print a flush's result for people. Problems go to standard error. */
static void flush_print(const struct ctl *c, int status, long long pending, long long failed)
{
    if (status == DDBS_E_TIMED_OUT)
        fprintf(stderr, "ddbsidecarctl: timed out, %lld record%s pending; ddbsidecarctl status says why\n", pending,
                plural(pending));
    else if (status == DDBS_E_SHUTTING_DOWN)
        fprintf(stderr, "ddbsidecarctl: the daemon is stopping, %lld record%s pending; flush again when it is back\n",
                pending, plural(pending));
    else if (failed == 0 && !c->quiet)
        printf("flushed: everything accepted before has an outcome, nothing failed meanwhile\n");
    if (failed > 0)
        fprintf(stderr,
                "ddbsidecarctl: %lld record%s failed since the flush began; ddbsidecarctl status names the table\n",
                failed, failed == 1 ? "" : "s");
}

static int flush_show(const struct ctl *c, const struct ctl_reply *r)
{
    json_t *answer;
    int rc;
    if (r->status != DDBS_OK && r->status != DDBS_E_TIMED_OUT && r->status != DDBS_E_SHUTTING_DOWN)
        return complain(r->status, r->text);
    if (!answer_load(r, &answer, &rc))
        return rc;
    long long pending = number_of(answer, "pending"), failed = number_of(answer, "failed");
    json_decref(answer);
    if (c->json)
        printf("%s\n", r->text);
    else
        flush_print(c, r->status, pending, failed);
    return r->status == DDBS_OK && failed > 0 ? EXIT_FAILED : exit_of(r->status);
}

static int flush_run(struct ctl *c)
{
    uint8_t arguments[64];
    struct mp_writer w = mp_write_open(arguments, sizeof arguments);
    uint64_t wait_ms = UINT64_MAX;
    struct ctl_reply r;
    int rc;
    if (c->timeout_ms != UINT64_MAX) {
        mp_write_map(&w, 1);
        mp_write_cstr(&w, "timeout_ms");
        mp_write_uint(&w, c->timeout_ms);
        wait_ms = c->timeout_ms + FLUSH_SLACK_MS;
    }
    if (!ask(c, "flush", span_of(arguments, w.need), wait_ms, &r, &rc))
        return rc;
    rc = flush_show(c, &r);
    mem_free(r.text);
    return rc;
}

/* Print this program's version, and the daemon's if it can be reached. The exit status is EXIT_DONE in both cases. */
static int version_run(struct ctl *c)
{
    char errmsg[CTL_ERRMSG] = "";
    struct ctl_reply r = {0};
    json_error_t error;
    json_t *answer = NULL;
    int rc = link_open(&c->link, c->socket, errmsg);
    if (rc == DDBS_OK) {
        rc = link_ask(&c->link, "version", span_of(NULL, 0), ASK_TIMEOUT_MS, &r, errmsg);
        link_close(&c->link);
    }
    if (rc == DDBS_OK && r.status == DDBS_OK)
        answer = json_loadb(r.text, r.len, 0, &error);
    const char *server = json_string_value(json_object_get(answer, "server"));
    if (c->json)
        printf("{\"ctl\":\"%s\",\"daemon\":%s}\n", DDBS_VERSION, server != NULL ? r.text : "null");
    else if (!c->quiet)
        printf("ddbsidecarctl %s\n%s%s%s\n", DDBS_VERSION,
               server != NULL ? server : "the daemon's version is not known", errmsg[0] != '\0' ? ": " : "", errmsg);
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
        int flag = getopt_long(argc, argv, ":", FLAGS, NULL); /* flags may follow the command */
        if (flag == -1)
            break;
        if (flag == '?' || flag == ':')
            return usage(flag == ':' ? "a value is missing after " : "unknown option ", argv[optind - 1]);
        if (flag == 's')
            c->socket = optarg;
        else if (flag == 't' && !units_duration(optarg, &c->timeout_ms))
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
    host_sigpipe_ignore();
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
