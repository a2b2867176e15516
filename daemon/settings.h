/* settings: everything the daemon needs to know before it starts: files, environment and flags, put together and
 * judged.
 * Owner: main.c; settings_fini frees and wipes.
 * Invariants: a flag goes before DDBSIDECAR_*, before conf.d, before the main file, before the default.
 */
#ifndef DAEMON_SETTINGS_H
#define DAEMON_SETTINGS_H

#include "daemon/aws/creds/creds.h"
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

/* The configuration alone. DDBS_OK, or DDBS_E_BAD_CONFIG or DDBS_E_OUT_OF_MEMORY with a sentence; settings_fini in
 * every case. */
int settings_config(struct settings *s, const struct options *o, char errmsg[CONFIG_ERRMSG]) MUST_USE;

/* Then what AWS needs: region, endpoint, credentials, CA file. Errors as above, or DDBS_E_CREDENTIALS. */
int settings_aws(struct settings *s, char errmsg[CONFIG_ERRMSG]) MUST_USE;

void settings_fini(struct settings *s);

#endif
