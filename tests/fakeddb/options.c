/* options: see options.h. */
#include "tests/fakeddb/options.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "tests/fakeddb/json.h"

const char options_help[] =
    "usage: fakeddb [options]\n"
    "A DynamoDB endpoint on 127.0.0.1 for tests: checks signatures and rules, keeps what is written, fails on demand.\n"
    "  --port N              port, 0 takes a free one and prints it (default 8000)\n"
    "  --port-file PATH      write the port there when ready\n"
    "  --table NAME:pk[=S|N|B][,sk[=S|N|B]][@UNITS]   make a table, with so many write units (again for more)\n"
    "  --access-key ID       credentials to accept (default fake)\n"
    "  --secret-key KEY      (default fake)\n"
    "  --session-token TEXT  demand this token\n"
    "  --credential ID:SECRET[:TOKEN[:SECONDS]]   accept this too, for so long (again for more)\n"
    "  --no-auth             accept unsigned and badly signed requests\n"
    "  --region NAME         region named in ARNs (default us-east-1)\n"
    "  --seed N              seed of all random numbers (default 1)\n"
    "  --fault NAME=VALUE    set a fault (again for more); FakeDDB.Control lists the names\n"
    "  --script PATH         change faults step by step, as the file says; the manual has the format\n"
    "  --history             keep number, digest and time of every write per key\n"
    "  --history-attr NAME   with --history: keep the value of this attribute too\n"
    "  --forget              count writes, keep nothing (load tests)\n"
    "  --memory-mib N        most memory for items (default 4096)\n"
    "  --tls                 speak TLS with a certificate made at start\n"
    "  --ca-file PATH        with --tls: write the certificate there\n"
    "  --die-with-parent     stop when the parent process ends\n"
    "  --help\n";

enum {
    O_PORT = 256,
    O_PORT_FILE,
    O_TABLE,
    O_ACCESS_KEY,
    O_SECRET_KEY,
    O_SESSION_TOKEN,
    O_NO_AUTH,
    O_REGION,
    O_SEED,
    O_FAULT,
    O_SCRIPT,
    O_CREDENTIAL,
    O_HISTORY,
    O_HISTORY_ATTR,
    O_FORGET,
    O_MEMORY_MIB,
    O_TLS,
    O_CA_FILE,
    O_DIE_WITH_PARENT,
    O_HELP
};

static const struct option longs[] = {
    {"port", required_argument, NULL, O_PORT},
    {"port-file", required_argument, NULL, O_PORT_FILE},
    {"table", required_argument, NULL, O_TABLE},
    {"access-key", required_argument, NULL, O_ACCESS_KEY},
    {"secret-key", required_argument, NULL, O_SECRET_KEY},
    {"session-token", required_argument, NULL, O_SESSION_TOKEN},
    {"no-auth", no_argument, NULL, O_NO_AUTH},
    {"region", required_argument, NULL, O_REGION},
    {"seed", required_argument, NULL, O_SEED},
    {"fault", required_argument, NULL, O_FAULT},
    {"script", required_argument, NULL, O_SCRIPT},
    {"credential", required_argument, NULL, O_CREDENTIAL},
    {"history", no_argument, NULL, O_HISTORY},
    {"history-attr", required_argument, NULL, O_HISTORY_ATTR},
    {"forget", no_argument, NULL, O_FORGET},
    {"memory-mib", required_argument, NULL, O_MEMORY_MIB},
    {"tls", no_argument, NULL, O_TLS},
    {"ca-file", required_argument, NULL, O_CA_FILE},
    {"die-with-parent", no_argument, NULL, O_DIE_WITH_PARENT},
    {"help", no_argument, NULL, O_HELP},
    {NULL, 0, NULL, 0},
};

static bool number(const char *name, uint64_t max, uint64_t *ret, char *errmsg, size_t errmsg_max)
{
    uint64_t v;
    if (json_text_u64(span_of(optarg, strlen(optarg)), &v) && v <= max) {
        *ret = v;
        return true;
    }
    snprintf(errmsg, errmsg_max, "--%s takes a whole number up to %llu, not '%s'", name, (unsigned long long)max,
             optarg);
    return false;
}

static bool append(const char *name, const char **list, int *n, int max, char *errmsg, size_t errmsg_max)
{
    if (*n == max) {
        snprintf(errmsg, errmsg_max, "--%s can be given %d times at most", name, max);
        return false;
    }
    list[(*n)++] = optarg;
    return true;
}

static bool take(int id, struct options *o, char *errmsg, size_t errmsg_max)
{
    uint64_t v;
    switch (id) {
    case O_PORT:
        if (!number("port", 65535, &v, errmsg, errmsg_max))
            return false;
        o->port = (int)v;
        return true;
    case O_TABLE:
        return append("table", o->tables, &o->ntables, TABLES_MAX, errmsg, errmsg_max);
    case O_FAULT:
        return append("fault", o->faults, &o->nfaults, OPTION_FAULTS_MAX, errmsg, errmsg_max);
    case O_CREDENTIAL:
        return append("credential", o->credentials, &o->ncredentials, AUTH_CREDENTIALS_MAX - 1, errmsg, errmsg_max);
    case O_SEED:
        return number("seed", 999999999999999999u, &o->seed, errmsg, errmsg_max);
    case O_MEMORY_MIB:
        return number("memory-mib", 1 << 20, &o->memory_mib, errmsg, errmsg_max);
    default:
        snprintf(errmsg, errmsg_max, "unknown or incomplete option; fakeddb --help lists them");
        return false;
    }
}

/* Options that only store a text or a switch. */
static bool take_plain(int id, struct options *o)
{
    const char **text = id == O_PORT_FILE       ? &o->port_file
                        : id == O_ACCESS_KEY    ? &o->access_key
                        : id == O_SECRET_KEY    ? &o->secret_key
                        : id == O_SESSION_TOKEN ? &o->session_token
                        : id == O_REGION        ? &o->region
                        : id == O_HISTORY_ATTR  ? &o->history_attr
                        : id == O_CA_FILE       ? &o->ca_file
                        : id == O_SCRIPT        ? &o->script
                                                : NULL;
    bool *flag = id == O_NO_AUTH           ? &o->no_auth
                 : id == O_HISTORY         ? &o->history
                 : id == O_FORGET          ? &o->forget
                 : id == O_TLS             ? &o->tls
                 : id == O_DIE_WITH_PARENT ? &o->die_with_parent
                 : id == O_HELP            ? &o->help
                                           : NULL;
    if (text != NULL)
        *text = optarg;
    if (flag != NULL)
        *flag = true;
    return text != NULL || flag != NULL;
}

bool options_read(int argc, char **argv, struct options *ret, char *errmsg, size_t errmsg_max)
{
    struct options o = {
        .port = 8000, .access_key = "fake", .secret_key = "fake", .region = "us-east-1", .seed = 1, .memory_mib = 4096};
    int id;
    opterr = 0;
    while ((id = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        if (!take_plain(id, &o) && !take(id, &o, errmsg, errmsg_max))
            return false;
    }
    if (optind < argc) {
        snprintf(errmsg, errmsg_max, "'%s' is not an option; fakeddb --help lists them", argv[optind]);
        return false;
    }
    if (o.history && o.forget) {
        snprintf(errmsg, errmsg_max, "--history and --forget exclude each other: choose one");
        return false;
    }
    if (o.history_attr != NULL && (!o.history || strlen(o.history_attr) > ATTR_NAME_MAX)) {
        snprintf(errmsg, errmsg_max, "--history-attr needs --history and a name of at most %d bytes", ATTR_NAME_MAX);
        return false;
    }
    *ret = o;
    return true;
}
