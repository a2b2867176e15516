/* options: the command line.
 * Owner: main; texts are borrowed from argv.
 */
#ifndef FAKEDDB_OPTIONS_H
#define FAKEDDB_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/fakeddb/auth.h"
#include "tests/fakeddb/store.h"

enum { OPTION_FAULTS_MAX = 64 };

struct options {
    int port;
    const char *port_file;
    const char *access_key, *secret_key, *session_token; /* token NULL: none */
    const char *region;
    const char *ca_file;
    const char *script;
    const char *credentials[AUTH_CREDENTIALS_MAX]; /* ID:SECRET[:TOKEN[:SECONDS]] */
    int ncredentials;
    const char *history_attr;
    const char *tables[TABLES_MAX];
    int ntables;
    const char *faults[OPTION_FAULTS_MAX];
    int nfaults;
    uint64_t seed, memory_mib;
    bool no_auth, tls, history, forget, die_with_parent, help;
};

/* Parse argv. False with a message. */
bool options_read(int argc, char **argv, struct options *ret, char *errmsg, size_t errmsg_max);

extern const char options_help[];

#endif
