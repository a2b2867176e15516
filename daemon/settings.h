/* settings: everything that the daemon must know before it starts, collected from files, environment and flags and
 * validated.
 * Owner: main.c; settings_fini frees and wipes.
 * Invariants: in order of precedence: flags, DDBSIDECAR_* variables, conf.d, the main file, defaults.
 */
#ifndef DAEMON_SETTINGS_H
#define DAEMON_SETTINGS_H

#include "daemon/aws/creds.h"
#include "daemon/aws/endpoint.h"
#include "daemon/config/config.h"
#include "daemon/options.h"
#include "proto/must_use.h"

struct settings {
    struct config config;
    struct endpoint endpoint;
    struct creds creds;
    const char *ca_bundle; /* NULL: the system's */
};

/* Load the configuration. DDBS_OK, or DDBS_E_BAD_CONFIG or DDBS_E_OUT_OF_MEMORY with a sentence. Call settings_fini in
 * every case. */
int settings_config(struct settings *s, const struct options *o, char errmsg[CONFIG_ERRMSG]) MUST_USE;

/* Then load region, endpoint, CA file and credentials. Errors as above, or DDBS_E_CREDENTIALS. */
int settings_aws(struct settings *s, char errmsg[CONFIG_ERRMSG]) MUST_USE;

void settings_fini(struct settings *s);

#endif
