/* settings: collect configuration, region, endpoint and credentials. See settings.h. */
#include "daemon/settings.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/aws/creds/creds_env.h"
#include "daemon/base/mem.h"
#include "daemon/config/config_parse.h"
#include "daemon/config/config_set.h"
#include "daemon/os/host.h"
#include "proto/err.h"

enum { FILE_MAX = 1 << 20, DROP_INS_MAX = 256, KEY_MAX = 64 };

static const char MAIN_FILE[] = "/etc/ddbsidecar/ddbsidecar.conf";
static const char ENV_PREFIX[] = "DDBSIDECAR_";

extern char **environ;

/* ---- files ---- */

/* Apply one file. `optional`: it is no error if the file does not exist. */
static int file_take(struct config *c, const char *path, bool optional, char errmsg[CONFIG_ERRMSG])
{
    char *text;
    size_t n;
    int rc = host_file_read(path, FILE_MAX, &text, &n);
    if (rc == DDBS_OK) {
        rc = config_parse(c, span_of(text, n), path, errmsg);
        mem_free(text);
        return rc;
    }
    if (optional && rc == DDBS_E_BAD_CONFIG && errno == ENOENT)
        return DDBS_OK;
    snprintf(errmsg, CONFIG_ERRMSG, "%.200s cannot be read (%s); check the path and its mode", path,
             rc == DDBS_E_OUT_OF_MEMORY ? "memory ran out" : strerror(errno));
    return rc;
}

static int name_compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool drop_in_named(const char *name)
{
    size_t n = strlen(name);
    return n > 5 && name[0] != '.' && strcmp(name + n - 5, ".conf") == 0;
}

/* The names of a folder's drop-in files, sorted; none if the folder does not exist. The caller frees each name, also
 * after an error. */
static int drop_ins_list(const char *folder, char **names, size_t *ret_count, char errmsg[CONFIG_ERRMSG])
{
    *ret_count = 0;
    DIR *d = opendir(folder);
    if (d == NULL && errno == ENOENT)
        return DDBS_OK;
    if (d == NULL) {
        snprintf(errmsg, CONFIG_ERRMSG, "%.200s cannot be read (%s); check what it is, and its mode", folder,
                 strerror(errno));
        return DDBS_E_BAD_CONFIG;
    }
    int rc = DDBS_OK;
    struct dirent *entry;
    while (rc == DDBS_OK && (entry = readdir(d)) != NULL) {
        size_t n = strlen(entry->d_name) + 1;
        if (!drop_in_named(entry->d_name))
            continue;
        if (*ret_count == DROP_INS_MAX) {
            snprintf(errmsg, CONFIG_ERRMSG, "%.200s holds more than %d files; join some", folder, DROP_INS_MAX);
            rc = DDBS_E_BAD_CONFIG;
        } else if ((names[*ret_count] = mem_alloc(n)) == NULL) {
            snprintf(errmsg, CONFIG_ERRMSG, "memory ran out");
            rc = DDBS_E_OUT_OF_MEMORY;
        } else {
            memcpy(names[(*ret_count)++], entry->d_name, n);
        }
    }
    closedir(d);
    qsort(names, *ret_count, sizeof *names, name_compare);
    return rc;
}

static int drop_ins_take(struct config *c, const char *main_path, char errmsg[CONFIG_ERRMSG])
{
    char folder[CONFIG_PATH_MAX], path[CONFIG_PATH_MAX + 256], *names[DROP_INS_MAX];
    const char *slash = strrchr(main_path, '/');
    size_t count;
    snprintf(folder, sizeof folder, "%.*sconf.d", slash != NULL ? (int)(slash - main_path + 1) : 0, main_path);
    int rc = drop_ins_list(folder, names, &count, errmsg);
    for (size_t i = 0; i < count; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        if (rc == DDBS_OK)
            rc = file_take(c, path, false, errmsg);
        mem_free(names[i]);
    }
    return rc;
}

static int files_take(struct config *c, const struct options *o, char errmsg[CONFIG_ERRMSG])
{
    const char *path = o->config;
    if (path == NULL)
        path = getenv("DDBSIDECAR_CONFIG");
    bool given = path != NULL && path[0] != '\0';
    if (!given)
        path = MAIN_FILE;
    int rc = file_take(c, path, !given, errmsg);
    return rc == DDBS_OK ? drop_ins_take(c, path, errmsg) : rc;
}

/* ---- environment ---- */

/* "DAEMON_MAX_CLIENTS" -> "daemon.max_clients". False: the name does not begin with a section. */
static bool variable_path(const char *name, size_t n, char path[KEY_MAX])
{
    static const char *const SECTIONS[] = {"DAEMON_", "AWS_", "DEFAULTS_"};
    if (n >= KEY_MAX)
        return false;
    for (size_t i = 0; i < sizeof SECTIONS / sizeof SECTIONS[0]; i++) {
        size_t section = strlen(SECTIONS[i]);
        if (n <= section || memcmp(name, SECTIONS[i], section) != 0)
            continue;
        for (size_t j = 0; j < n; j++)
            path[j] = (char)tolower((unsigned char)name[j]);
        path[section - 1] = '.';
        path[n] = '\0';
        return true;
    }
    return false;
}

/* Apply one "NAME=value" whose name begins with ENV_PREFIX. */
static int variable_take(struct config *c, const char *variable, char errmsg[CONFIG_ERRMSG])
{
    const char *equals = strchr(variable, '=');
    if (equals == NULL || equals[1] == '\0')
        return DDBS_OK;
    char source[KEY_MAX * 2], path[KEY_MAX];
    const char *name = variable + strlen(ENV_PREFIX);
    size_t n = (size_t)(equals - name);
    snprintf(source, sizeof source, "%.*s", (int)(equals - variable), variable);
    if (strcmp(source, "DDBSIDECAR_CONFIG") == 0)
        return DDBS_OK;
    if (strcmp(source, "DDBSIDECAR_SOCKET") == 0)
        return config_set(c, "daemon.socket", equals + 1, source, errmsg);
    /* Other variables with this prefix may belong to clients, so they are no error. */
    return variable_path(name, n, path) ? config_set(c, path, equals + 1, source, errmsg) : DDBS_OK;
}

static int environment_take(struct config *c, char errmsg[CONFIG_ERRMSG])
{
    int rc = DDBS_OK;
    for (char **v = environ; rc == DDBS_OK && *v != NULL; v++) {
        if (strncmp(*v, ENV_PREFIX, strlen(ENV_PREFIX)) == 0)
            rc = variable_take(c, *v, errmsg);
    }
    return rc;
}

/* ---- flags ---- */

static int set_take(struct config *c, const struct option_set *set, char errmsg[CONFIG_ERRMSG])
{
    if (set->value != NULL)
        return config_set(c, set->path, set->value, set->flag, errmsg);
    char path[MSG_TABLE_MAX + KEY_MAX];
    const char *equals = strchr(set->path, '=');
    if (equals == NULL || (size_t)(equals - set->path) >= sizeof path) {
        snprintf(errmsg, CONFIG_ERRMSG, "--set %.100s: give SECTION.KEY=VALUE, such as daemon.lanes=2", set->path);
        return DDBS_E_BAD_CONFIG;
    }
    memcpy(path, set->path, (size_t)(equals - set->path));
    path[equals - set->path] = '\0';
    return config_set(c, path, equals + 1, set->flag, errmsg);
}

int settings_config(struct settings *s, const struct options *o, char errmsg[CONFIG_ERRMSG])
{
    *s = (struct settings){0};
    config_init(&s->config);
    int rc = files_take(&s->config, o, errmsg);
    if (rc == DDBS_OK)
        rc = environment_take(&s->config, errmsg);
    for (size_t i = 0; rc == DDBS_OK && i < o->set_count; i++)
        rc = set_take(&s->config, &o->sets[i], errmsg);
    return rc == DDBS_OK ? config_check(&s->config, errmsg) : rc;
}

/* ---- AWS ---- */

static const char *variable_get(void *user, const char *name)
{
    (void)user;
    return getenv(name);
}

static int ca_bundle_find(struct settings *s, const struct env *env, char errmsg[CONFIG_ERRMSG])
{
    bool own = s->config.ca_bundle[0] != '\0';
    s->ca_bundle = own ? s->config.ca_bundle : env_value(env, "AWS_CA_BUNDLE");
    if (s->ca_bundle == NULL || access(s->ca_bundle, R_OK) == 0)
        return DDBS_OK;
    snprintf(errmsg, CONFIG_ERRMSG, "%s: the CA file %.200s cannot be read (%s); check the path and its mode",
             own ? "[aws] ca_bundle" : "AWS_CA_BUNDLE", s->ca_bundle, strerror(errno));
    return DDBS_E_BAD_CONFIG;
}

int settings_aws(struct settings *s, char errmsg[CONFIG_ERRMSG])
{
    const struct env env = {.get = variable_get};
    int rc = endpoint_resolve(&env, s->config.region, s->config.endpoint, &s->endpoint, errmsg);
    if (rc == DDBS_OK)
        rc = ca_bundle_find(s, &env, errmsg);
    if (rc == DDBS_OK)
        rc = creds_env_read(&env, 1, &s->creds, errmsg);
    return rc;
}

void settings_fini(struct settings *s)
{
    config_fini(&s->config);
    creds_wipe(&s->creds);
}
