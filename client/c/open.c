/* open: ddbs_open: validate the options, find the socket's path, create the client and wait for its WELCOME.
 * Owner: none; the client belongs to the user.
 */
#include <stdlib.h>

#include "client/c/client.h"
#include "client/c/codes.h"
#include "proto/mp_write.h"

#define OPEN_SOCKET "/run/ddbsidecar/ddbsidecar.sock"

enum { OPEN_APP_MAX = 255 };

/* Fields that a newer header appended must be zero, because their meaning is not known here. */
static bool options_known(const struct ddbs_options *o)
{
    const unsigned char *p = (const unsigned char *)o;
    for (size_t i = sizeof *o; i < o->struct_size; i++)
        if (p[i] != 0)
            return false;
    return true;
}

static int options_check(const struct ddbs_options *o, char *errmsg)
{
    if (o == NULL || o->struct_size < sizeof *o)
        return client_error(errmsg, DDBS_E_INVALID_ARGUMENT,
                            "options.struct_size is not set; begin with DDBS_OPTIONS_INIT");
    if (!options_known(o))
        return client_error(
            errmsg, DDBS_E_UNSUPPORTED_OPTION,
            "an option is set that libddbsidecar %s does not know; install the version the program was built for",
            DDBS_VERSION);
    if (o->table == NULL || o->table[0] == '\0' || strlen(o->table) > MSG_TABLE_MAX)
        return client_error(errmsg, DDBS_E_INVALID_ARGUMENT,
                            "options.table must be a table's name or ARN of 1 to %d bytes", (int)MSG_TABLE_MAX);
    if (o->app != NULL && strlen(o->app) > OPEN_APP_MAX)
        return client_error(errmsg, DDBS_E_INVALID_ARGUMENT, "options.app is longer than %d bytes", (int)OPEN_APP_MAX);
    if (o->memory_max != 0 && o->memory_max < CORE_MEMORY_MIN)
        return client_error(errmsg, DDBS_E_INVALID_ARGUMENT, "options.memory_max is %zu; the least is %d",
                            o->memory_max, (int)CORE_MEMORY_MIN);
    if (o->on_eof != DDBS_ON_EOF_DELIVER && o->on_eof != DDBS_ON_EOF_DISCARD)
        return client_error(errmsg, DDBS_E_INVALID_ARGUMENT,
                            "options.on_eof is %d; use DDBS_ON_EOF_DELIVER or DDBS_ON_EOF_DISCARD", o->on_eof);
    return DDBS_OK;
}

static const char *options_path(const struct ddbs_options *o)
{
    const char *path = o->socket_path;
    if (path == NULL || path[0] == '\0')
        path = secure_getenv("DDBSIDECAR_SOCKET");
    return path == NULL || path[0] == '\0' ? OPEN_SOCKET : path;
}

static uint32_t options_ms(int given, uint32_t otherwise)
{
    return given == 0 ? otherwise : given < 0 ? 0 : (uint32_t)given;
}

static int client_init(struct ddbs_client *c, const struct ddbs_options *o, char *errmsg)
{
    uint8_t tags[OPEN_APP_MAX + 16];
    struct mp_writer w = mp_write_open(tags, sizeof tags);
    const char *path = options_path(o);
    struct core_config config = {
        .table = span_of(o->table, strlen(o->table)),
        .client = span_of("libddbsidecar " DDBS_VERSION, sizeof "libddbsidecar " DDBS_VERSION - 1),
        .discard = o->on_eof == DDBS_ON_EOF_DISCARD,
        .max_window = o->max_window,
        .memory_max = o->memory_max,
        .connect_timeout_ms = options_ms(o->connect_timeout_ms, CORE_CONNECT_MS),
        .reconnect_timeout_ms = options_ms(o->reconnect_timeout_ms, CORE_RECONNECT_MS),
        .linger_ms = CORE_LINGER_MS,
    };
    if (o->app != NULL && o->app[0] != '\0') {
        mp_write_map(&w, 1);
        mp_write_cstr(&w, "app");
        mp_write_cstr(&w, o->app);
        config.tags = span_of(tags, w.need);
    }
    switch (shell_init(&c->shell, path, &config)) {
    case DDBS_OK:
        return DDBS_OK;
    case DDBS_E_INVALID_ARGUMENT:
        return client_error(
            errmsg, DDBS_E_INVALID_ARGUMENT,
            "the socket path is %zu bytes long, a Unix socket's is at most %zu; use a shorter one: %.200s",
            strlen(path), sizeof c->shell.address.sun_path - 1, path);
    case DDBS_E_INTERNAL:
        return client_error(errmsg, DDBS_E_INTERNAL, "the kernel gives no random bytes for a session id (getrandom)");
    default:
        return client_error(errmsg, DDBS_E_OUT_OF_MEMORY, "memory for the client ran out");
    }
}

static bool is_open(const struct client_core *core, uint64_t unused)
{
    (void)unused;
    return core->state == CORE_OPEN;
}

int ddbs_open(const struct ddbs_options *options, struct ddbs_client **ret_client, char errmsg[DDBS_ERRMSG_SIZE])
{
    char text[DDBS_ERRMSG_SIZE] = "";
    struct ddbs_client *c = NULL;
    int rc = options_check(options, text);
    if (rc == DDBS_OK) {
        c = calloc(1, sizeof *c);
        rc = c != NULL ? client_init(c, options, text)
                       : client_error(text, DDBS_E_OUT_OF_MEMORY, "memory for the client ran out");
    }
    if (rc == DDBS_OK) {
        c->nonblocking = options->nonblocking != 0;
        if (c->nonblocking)
            shell_pump(&c->shell);
        else
            rc = client_run(c, UINT64_MAX, is_open, 0);
        if (rc != DDBS_OK) {
            rc = client_error(text, rc, "%s", c->errmsg);
            shell_fini(&c->shell);
        }
    }
    if (errmsg != NULL)
        memcpy(errmsg, text, sizeof text);
    if (rc == DDBS_OK)
        *ret_client = c;
    else
        free(c);
    return rc;
}
