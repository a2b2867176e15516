/* config: defaults, the list of tables, and the final validation. See config.h. */
#include "daemon/config/config.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "proto/err.h"

enum { SOCKET_PATH_MAX = 107 };

void config_init(struct config *c)
{
    *c = (struct config){
        .socket = "/run/ddbsidecar/ddbsidecar.sock",
        .lanes = 1,
        .memory_max = UINT64_C(256) << 20,
        .handover_ms = 2 * 1000,
        .drain_timeout_ms = 15 * 1000,
        .ack_stall_ms = 5 * 60 * 1000,
        .reconnect_timeout_ms = 5 * 60 * 1000,
        .max_clients = 4096,
        .socket_mode = 0660,
        .request_timeout_ms = 10 * 1000,
        .max_in_flight = 256,
        .defaults =
            {
                .linger_ms = 5,
                .max_in_flight = 64,
                .max_window = UINT64_C(8) << 20,
                .table_error_timeout_ms = 2 * 60 * 1000,
            },
    };
}

void config_fini(struct config *c)
{
    mem_free(c->tables);
    c->tables = NULL;
    c->table_count = 0;
}

struct table_config *config_table_find(const struct config *c, struct span name)
{
    for (size_t i = 0; i < c->table_count; i++) {
        struct table_config *t = &c->tables[i];
        if (span_equal(span_of(t->name, strlen(t->name)), name))
            return t;
    }
    return NULL;
}

const struct table_config *config_table(const struct config *c, struct span name)
{
    const struct table_config *t = config_table_find(c, name);
    return t != NULL ? t : &c->defaults;
}

struct table_config *config_table_add(struct config *c, const char *name)
{
    size_t n = strlen(name) + 1;
    assert(c->table_count < CONFIG_TABLES_MAX && n <= sizeof c->defaults.name);
    struct table_config *grown = mem_realloc(c->tables, (c->table_count + 1) * sizeof *grown);
    if (grown == NULL)
        return NULL;
    c->tables = grown;
    struct table_config *t = &grown[c->table_count++];
    *t = c->defaults;
    memcpy(t->name, name, n);
    return t;
}

int config_check(const struct config *c, char errmsg[CONFIG_ERRMSG])
{
    static const char SETTING[] = "[daemon] socket";
    size_t n = strlen(c->socket);
    if (n > 0 && n <= SOCKET_PATH_MAX)
        return DDBS_OK;
    if (n == 0)
        snprintf(errmsg, CONFIG_ERRMSG, "%s: give the path of the socket", SETTING);
    else
        snprintf(errmsg, CONFIG_ERRMSG, "%s: the path has %zu bytes, the maximum is %d; choose a shorter one", SETTING,
                 n, SOCKET_PATH_MAX);
    return DDBS_E_BAD_CONFIG;
}
