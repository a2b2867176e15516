/* main: ddbsidecard: options, settings, run, exit status. */
#include <stdio.h>
#include <sys/stat.h>

#include "daemon/base/mem.h"
#include "daemon/config/config_dump.h"
#include "daemon/daemon.h"
#include "daemon/io/journal.h"
#include "daemon/io/listener.h"
#include "daemon/options.h"
#include "daemon/os/host.h"
#include "daemon/settings.h"
#include "proto/err.h"

/* EXIT_CONFIG is EX_CONFIG of sysexits.h; systemd shows it as CONFIG. */
enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_CONFIG = 78 };

/* Freed memory that the C library keeps per heap: megabytes of bodies and records come and go. */
enum { MEM_KEPT = 8 * 1024 * 1024 };

/* Log the one line that says why the daemon does not run; the exit status. */
static int refuse(int rc, const char *text)
{
    journal(LOG_LEVEL_ERROR, "%s", text);
    return rc == DDBS_E_BAD_CONFIG || rc == DDBS_E_CREDENTIALS ? EXIT_CONFIG : EXIT_FAILED;
}

static int config_print(const struct config *c)
{
    size_t n = config_dump(c, NULL, 0);
    char *text = mem_alloc(n + 1);
    if (text == NULL)
        return refuse(DDBS_E_OUT_OF_MEMORY, "memory ran out");
    config_dump(c, text, n + 1);
    fputs(text, stdout);
    mem_free(text);
    return EXIT_DONE;
}

static int run(const struct options *o, struct settings *s)
{
    _Static_assert((int)CONFIG_ERRMSG == (int)IO_ERRMSG, "one buffer serves both");
    char errmsg[CONFIG_ERRMSG] = "";
    int rc = settings_config(s, o, errmsg);
    if (rc != DDBS_OK)
        return refuse(rc, errmsg);
    if (o->dump_config)
        return config_print(&s->config);
    rc = settings_aws(s, errmsg);
    if (rc != DDBS_OK)
        return refuse(rc, errmsg);
    rc = listener_check(s->config.socket, s->config.socket_group, errmsg);
    if (rc != DDBS_OK)
        return refuse(rc, errmsg);
    if (o->check_config) {
        printf("the configuration is usable: region %s, endpoint %s, socket %s\n", s->endpoint.region, s->endpoint.url,
               s->config.socket);
        return EXIT_DONE;
    }
    rc = daemon_run(s, errmsg);
    if (rc == DDBS_OK)
        return EXIT_DONE;
    return rc == DDBS_E_SHUTTING_DOWN ? EXIT_FAILED : refuse(rc, errmsg);
}

int main(int argc, char **argv)
{
    static struct options options;
    static struct settings settings;
    char errmsg[OPTIONS_ERRMSG];
    host_stdio_keep();
    host_sigpipe_ignore();
    journal_open();
    umask(0077);
    mem_keep(MEM_KEPT);
    int rc = options_read(argc, argv, &options, errmsg);
    if (rc != DDBS_OK)
        return refuse(rc, errmsg);
    if (options.help) {
        fputs(OPTIONS_HELP, stdout);
        return EXIT_DONE;
    }
    if (options.version) {
        puts("ddbsidecard " DDBS_VERSION);
        return EXIT_DONE;
    }
    int status = run(&options, &settings);
    settings_fini(&settings);
    return status;
}
