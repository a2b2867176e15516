/* cell: see cell.h. */
#include "client/ctl/cell.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

void cell_count(char out[CTL_CELL_SIZE], uint64_t v)
{
    static const char UNITS[] = "KMGTPE";
    if (v < 1000000) {
        snprintf(out, CTL_CELL_SIZE, "%" PRIu64, v);
        return;
    }
    double d = (double)v / 1000;
    const char *u = UNITS;
    for (; d >= 999.95 && u[1] != '\0'; u++)
        d /= 1000;
    snprintf(out, CTL_CELL_SIZE, "%.1f%c", d, *u);
}

void cell_size(char out[CTL_CELL_SIZE], uint64_t bytes)
{
    static const char *const UNITS[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
    double d = (double)bytes;
    size_t u = 0;
    for (; d >= 1024 && u + 1 < sizeof UNITS / sizeof UNITS[0]; u++)
        d /= 1024;
    bool whole = d >= 100 || d - (double)(uint64_t)d < 0.05;
    snprintf(out, CTL_CELL_SIZE, whole ? "%.0f %s" : "%.1f %s", d, UNITS[u]);
}

void cell_age(char out[CTL_CELL_SIZE], uint64_t seconds)
{
    uint64_t minutes = seconds / 60, hours = minutes / 60, days = hours / 24;
    if (days > 0)
        snprintf(out, CTL_CELL_SIZE, "%" PRIu64 "d %" PRIu64 "h", days, hours % 24);
    else if (hours > 0)
        snprintf(out, CTL_CELL_SIZE, "%" PRIu64 "h %" PRIu64 "m", hours, minutes % 60);
    else if (minutes > 0)
        snprintf(out, CTL_CELL_SIZE, "%" PRIu64 "m %" PRIu64 "s", minutes, seconds % 60);
    else
        snprintf(out, CTL_CELL_SIZE, "%" PRIu64 "s", seconds);
}
