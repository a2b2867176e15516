/* config: every setting of the daemon with its default, as plain values, and the tables that have their own settings.
 * config_set.h and config_parse.h set them.
 * Owner: the caller embeds struct config; config_fini frees the table list. Pure except for memory.
 * Invariants: a config that config_check accepted is usable. Members are named after the keys of config_key.c.
 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/item/item.h"
#include "proto/msg.h"
#include "proto/must_use.h"
#include "proto/span.h"

#define CONFIG_NEVER UINT64_MAX

enum {
    CONFIG_PATH_MAX = 4096,
    CONFIG_NAME_MAX = 256,
    CONFIG_TABLES_MAX = 1024,
    CONFIG_ERRMSG = 512,
};

/* [defaults] and [table NAME] */
struct table_config {
    char name[MSG_TABLE_MAX + 1];    /* "" in the defaults */
    uint64_t linger_ms;              /* default 5 */
    uint64_t max_in_flight;          /* requests per target, default 64, 1..1024 */
    uint64_t max_window;             /* bytes of credit per connection, default 8 MiB, at least 64 KiB */
    uint64_t table_error_timeout_ms; /* default 2 min, CONFIG_NEVER: never */
    struct key_schema key_schema;    /* count == 0: ask DescribeTable. Text form: "pk:S" or "pk:S,sk:N" */
    uint64_t set;                    /* [table NAME]: a bit for each key set there; the others follow [defaults] */
};

struct config {
    /* [daemon] */
    char socket[CONFIG_PATH_MAX];       /* default /run/ddbsidecar/ddbsidecar.sock */
    uint64_t lanes;                     /* default 1, 1..64 */
    uint64_t memory_max;                /* bytes, default 256 MiB, at least 64 MiB */
    uint64_t handover_ms;               /* default 2 s */
    uint64_t drain_timeout_ms;          /* default 15 s */
    uint64_t ack_stall_ms;              /* default 5 min */
    uint64_t reconnect_timeout_ms;      /* how long a session outlives its connection, default 5 min */
    uint64_t max_clients;               /* default 4096 */
    unsigned socket_mode;               /* default 0660 */
    char socket_group[CONFIG_NAME_MAX]; /* "" = leave the group unchanged */
    /* [aws] */
    char region[64];                 /* "" = from the environment */
    char endpoint[1024];             /* "" = from the environment, else the regional one */
    char ca_bundle[CONFIG_PATH_MAX]; /* "" = AWS_CA_BUNDLE, else the system's */
    uint64_t request_timeout_ms;     /* default 10 s */
    uint64_t max_in_flight;          /* requests of all targets in total, default 256, 1..8192 */
    /* [defaults], [table NAME] */
    struct table_config defaults;
    struct table_config *tables;
    size_t table_count;
};

/* Set every default. */
void config_init(struct config *c);
void config_fini(struct config *c);

/* A table's settings: its own section, or the defaults if it has none. Never NULL. */
const struct table_config *config_table(const struct config *c, struct span name);

/* A table's own section, NULL if it has none. */
struct table_config *config_table_find(const struct config *c, struct span name);

/* Add a section, a copy of the defaults, for a table that has none. Requires table_count < CONFIG_TABLES_MAX. NULL if
 * memory ran out. Invalidates pointers to other tables. */
struct table_config *config_table_add(struct config *c, const char *name) MUST_USE;

/* Validate what no single setting is refused for: the socket path, which must have 1 to 107 bytes. DDBS_OK, or
 * DDBS_E_BAD_CONFIG with a sentence. */
int config_check(const struct config *c, char errmsg[CONFIG_ERRMSG]) MUST_USE;

#endif
