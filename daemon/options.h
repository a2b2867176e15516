/* options: the command line of ddbsidecard.
 * Owner: main.c, a static object; texts point into argv.
 * Invariant: only the form of the command line is checked here; config_set validates the values.
 */
#ifndef DAEMON_OPTIONS_H
#define DAEMON_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/must_use.h"

enum { OPTIONS_SETS_MAX = 256, OPTIONS_ERRMSG = 512 };

/* One setting from the command line: its path, its value, and the flag that gave it. */
struct option_set {
    const char *path; /* "daemon.socket"; from --set: "SECTION.KEY=VALUE", and value is NULL */
    const char *value;
    const char *flag;
};

struct options {
    const char *config;                       /* NULL: not given */
    struct option_set sets[OPTIONS_SETS_MAX]; /* in the order given */
    size_t set_count;
    bool check_config, dump_config, version, help;
};

/* DDBS_OK, or DDBS_E_BAD_CONFIG with a sentence. */
int options_read(int argc, char **argv, struct options *ret, char errmsg[OPTIONS_ERRMSG]) MUST_USE;

/* The text of --help. */
extern const char OPTIONS_HELP[];

#endif
