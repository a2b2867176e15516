/* options: the command line of ddbsidecard. See options.h. */
#include "daemon/options.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "proto/err.h"

const char OPTIONS_HELP[] =
    "Usage: ddbsidecard [OPTION]...\n"
    "Take records from the processes of this host over a Unix socket and write them to DynamoDB.\n"
    "\n"
    "  --config FILE            main configuration file (default /etc/ddbsidecar/ddbsidecar.conf);\n"
    "                           conf.d/*.conf in the same folder is read after it\n"
    "  --socket PATH            [daemon] socket (default /run/ddbsidecar/ddbsidecar.sock)\n"
    "  --endpoint URL           [aws] endpoint (default: AWS_ENDPOINT_URL_DYNAMODB, AWS_ENDPOINT_URL,\n"
    "                           else the region's)\n"
    "  --region NAME            [aws] region (default: AWS_REGION, AWS_DEFAULT_REGION)\n"
    "  --set SECTION.KEY=VALUE  any setting, for example --set daemon.lanes=2 or\n"
    "                           --set \"table orders.linger=20ms\"\n"
    "  --check-config           check configuration, region, endpoint, credentials and the socket's folder,\n"
    "                           then exit\n"
    "  --dump-config            print the effective configuration, then exit\n"
    "  --version                print the version, then exit\n"
    "  --help                   print this text, then exit\n"
    "\n"
    "Flags override DDBSIDECAR_SOCKET, DDBSIDECAR_CONFIG and DDBSIDECAR_<SECTION>_<KEY> of the environment; these\n"
    "override conf.d, and conf.d overrides the main file. Credentials come from AWS_ACCESS_KEY_ID,\n"
    "AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN. On SIGTERM the daemon writes what it has accepted, within [daemon]\n"
    "drain_timeout, logs how many records it could not write, and exits with 0. A bad configuration exits with 78.\n";

enum flag {
    FLAG_CONFIG = 256,
    FLAG_SOCKET,
    FLAG_ENDPOINT,
    FLAG_REGION,
    FLAG_SET,
    FLAG_CHECK,
    FLAG_DUMP,
    FLAG_VERSION,
    FLAG_HELP,
};

static const struct option FLAGS[] = {
    {"config", required_argument, NULL, FLAG_CONFIG},
    {"socket", required_argument, NULL, FLAG_SOCKET},
    {"endpoint", required_argument, NULL, FLAG_ENDPOINT},
    {"region", required_argument, NULL, FLAG_REGION},
    {"set", required_argument, NULL, FLAG_SET},
    {"check-config", no_argument, NULL, FLAG_CHECK},
    {"dump-config", no_argument, NULL, FLAG_DUMP},
    {"version", no_argument, NULL, FLAG_VERSION},
    {"help", no_argument, NULL, FLAG_HELP},
    {NULL, 0, NULL, 0},
};

static int set_add(struct options *o, const char *path, const char *value, const char *flag,
                   char errmsg[OPTIONS_ERRMSG])
{
    if (o->set_count >= OPTIONS_SETS_MAX) {
        snprintf(errmsg, OPTIONS_ERRMSG, "more than %d settings on the command line; put them into a file for --config",
                 OPTIONS_SETS_MAX);
        return DDBS_E_BAD_CONFIG;
    }
    o->sets[o->set_count++] = (struct option_set){.path = path, .value = value, .flag = flag};
    return DDBS_OK;
}

static int flag_take(struct options *o, int flag, const char *value, char errmsg[OPTIONS_ERRMSG])
{
    switch (flag) {
    case FLAG_CONFIG:
        o->config = value;
        return DDBS_OK;
    case FLAG_SOCKET:
        return set_add(o, "daemon.socket", value, "--socket", errmsg);
    case FLAG_ENDPOINT:
        return set_add(o, "aws.endpoint", value, "--endpoint", errmsg);
    case FLAG_REGION:
        return set_add(o, "aws.region", value, "--region", errmsg);
    case FLAG_SET:
        return set_add(o, value, NULL, "--set", errmsg);
    case FLAG_CHECK:
        o->check_config = true;
        return DDBS_OK;
    case FLAG_DUMP:
        o->dump_config = true;
        return DDBS_OK;
    case FLAG_VERSION:
        o->version = true;
        return DDBS_OK;
    default:
        o->help = true;
        return DDBS_OK;
    }
}

/* Refuse an argument for which getopt_long returned `answer`: '?' or ':'. */
static int refuse(const char *argument, int answer, char errmsg[OPTIONS_ERRMSG])
{
    const char *what = "unknown option";
    if (answer == ':')
        what = "a value is missing after";
    else if (strchr(argument, '=') != NULL)
        what = "unknown option, or one that takes no value:";
    snprintf(errmsg, OPTIONS_ERRMSG, "%s %.200s; ddbsidecard --help lists the options", what, argument);
    return DDBS_E_BAD_CONFIG;
}

int options_read(int argc, char **argv, struct options *ret, char errmsg[OPTIONS_ERRMSG])
{
    *ret = (struct options){0};
    opterr = 0;
    optind = 0; /* makes getopt_long start anew if this is called again */
    for (;;) {
        int at = optind > 0 ? optind : 1;
        int flag = getopt_long(argc, argv, "+:", FLAGS, NULL);
        if (flag == -1)
            break;
        if (flag == '?' || flag == ':')
            return refuse(argv[at], flag, errmsg);
        int rc = flag_take(ret, flag, optarg, errmsg);
        if (rc != DDBS_OK)
            return rc;
    }
    if (optind < argc) {
        snprintf(errmsg, OPTIONS_ERRMSG, "unexpected argument %.200s; ddbsidecard --help lists the options",
                 argv[optind]);
        return DDBS_E_BAD_CONFIG;
    }
    return DDBS_OK;
}
