/* status: see status.h. */
#include "client/ctl/status.h"

#include <string.h>

#include "client/ctl/cell.h"
#include "client/ctl/table.h"

static const char *text_of(const json_t *object, const char *member)
{
    const char *text = json_string_value(json_object_get(object, member));
    return text != NULL ? text : "-";
}

bool status_healthy(const json_t *status)
{
    return strcmp(text_of(status, "health"), "ok") == 0;
}

static void head_print(FILE *out, const json_t *status, const char *socket_path)
{
    char age[CTL_CELL_SIZE] = "-";
    const json_t *uptime = json_object_get(status, "uptime_s");
    if (json_is_integer(uptime))
        cell_age(age, (uint64_t)json_integer_value(uptime));
    fprintf(out, "%s  up %s  health %s\n", text_of(status, "server"), age, text_of(status, "health"));
    size_t i;
    json_t *reason;
    json_array_foreach(json_object_get(status, "reasons"), i, reason)
        fprintf(out, "  ! %s\n", json_is_string(reason) ? json_string_value(reason) : "-");
    fprintf(out, "socket    %s\n", socket_path);
    fprintf(out, "endpoint  %s  region %s  credentials %s\n", text_of(status, "endpoint"), text_of(status, "region"),
            text_of(json_object_get(status, "credentials"), "state"));
}

/* Print "name 12  other 3" for the members that are present. */
static void counts_print(FILE *out, const json_t *object, const char *const *members, const char *const *titles)
{
    char cell[CTL_CELL_SIZE];
    for (int i = 0; members[i] != NULL; i++) {
        const json_t *v = json_object_get(object, members[i]);
        if (!json_is_integer(v))
            continue;
        cell_count(cell, (uint64_t)json_integer_value(v));
        fprintf(out, "  %s %s", titles[i], cell);
    }
}

static void ledger_print(FILE *out, const json_t *status)
{
    static const char *const SETTLED[] = {"accepted", "written", "failed", "superseded", "withdrawn", NULL};
    static const char *const OPEN[] = {"queued", "in_flight", NULL};
    static const char *const OPEN_TITLES[] = {"queued", "in flight"};
    static const char *const WORK[] = {"requests", "retries", "unreported_failures", NULL};
    static const char *const WORK_TITLES[] = {"sent", "records sent again", "failures nobody asked for"};
    fprintf(out, "records ");
    counts_print(out, json_object_get(status, "ledger"), SETTLED, SETTLED);
    fprintf(out, "\nwaiting ");
    counts_print(out, json_object_get(status, "ledger"), OPEN, OPEN_TITLES);
    fprintf(out, "\nrequests");
    counts_print(out, status, WORK, WORK_TITLES);
    fputc('\n', out);
}

/* The memory that connections have reserved counts as used. It is added to both numbers, so that the maximum is the
 * whole share of the connections. */
static void memory_print(FILE *out, const json_t *memory)
{
    static const char *const POOLS[][4] = {
        {"records", "record_bytes", "record_bytes_max", ""},
        {"requests", "body_bytes", "body_bytes_max", ""},
        {"connections", "input_bytes", "input_bytes_max", "connection_bytes_reserved"}};
    char used[CTL_CELL_SIZE], max[CTL_CELL_SIZE];
    const char *between = "  ";
    fprintf(out, "memory  ");
    for (size_t i = 0; i < sizeof POOLS / sizeof POOLS[0]; i++) {
        const json_t *u = json_object_get(memory, POOLS[i][1]), *m = json_object_get(memory, POOLS[i][2]);
        if (!json_is_integer(u) || !json_is_integer(m))
            continue;
        uint64_t own = (uint64_t)json_integer_value(json_object_get(memory, POOLS[i][3])); /* 0: none */
        cell_size(used, (uint64_t)json_integer_value(u) + own);
        cell_size(max, (uint64_t)json_integer_value(m) + own);
        fprintf(out, "%s%s %s of %s", between, POOLS[i][0], used, max);
        between = ", ";
    }
    fputc('\n', out);
}

/* Print why records of this table failed. Not called for a paused table, whose reason is printed already. */
static void last_failure_print(FILE *out, const json_t *t)
{
    char age[CTL_CELL_SIZE] = "-";
    const json_t *f = json_object_get(t, "last_failure"), *age_s = json_object_get(f, "age_s");
    if (f == NULL)
        return;
    if (json_is_integer(age_s))
        cell_age(age, (uint64_t)json_integer_value(age_s));
    fprintf(out, "  ! %s: last failure %s ago: %s: %s\n", text_of(t, "table"), age, text_of(f, "code"),
            text_of(f, "text"));
}

static void troubles_print(FILE *out, const json_t *tables)
{
    size_t i;
    json_t *t;
    json_array_foreach(tables, i, t)
    {
        if (json_object_get(t, "text") != NULL)
            fprintf(out, "  ! %s: %s: %s\n", text_of(t, "table"), text_of(t, "code"), text_of(t, "text"));
        else
            last_failure_print(out, t);
    }
}

void status_print(FILE *out, const json_t *status, const char *socket_path)
{
    static const struct ctl_column TABLES[] = {
        {"TABLE", "table", 19, false},    {"STATE", "state", 10, false},  {"WAITS FOR", "reason", 13, false},
        {"WRITERS", "writers", 7, false}, {"QUEUED", "queued", 7, false}, {"IN FLIGHT", "in_flight", 9, false},
        {"WRITTEN", "written", 8, false}, {"FAILED", "failed", 7, false}, {"RETRIES", "retries", 7, false},
    };
    static const struct ctl_column CLIENTS[] = {
        {"CLIENT", "client", 19, false}, {"PID", "pid", 7, true},          {"UID", "uid", 6, true},
        {"TABLE", "table", 13, false},   {"STATE", "state", 8, false},     {"WAITS FOR", "reason", 13, false},
        {"QUEUED", "queued", 6, false},  {"WRITTEN", "written", 7, false}, {"FAILED", "failed", 6, false},
    };
    const json_t *tables = json_object_get(status, "tables");
    head_print(out, status, socket_path);
    ledger_print(out, status);
    memory_print(out, json_object_get(status, "memory"));
    if (json_array_size(tables) > 0)
        fputc('\n', out);
    table_print(out, TABLES, sizeof TABLES / sizeof TABLES[0], tables);
    troubles_print(out, tables);
    if (json_array_size(json_object_get(status, "clients")) > 0)
        fputc('\n', out);
    table_print(out, CLIENTS, sizeof CLIENTS / sizeof CLIENTS[0], json_object_get(status, "clients"));
}
