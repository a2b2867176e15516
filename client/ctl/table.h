/* ctl_table: rows of JSON objects as aligned columns for a person.
 * Owner: none; prints to a stream.
 * Invariants: a line fits 100 columns for the tables of ctl_status; a member that is missing shows as "-".
 */
#ifndef CLIENT_CTL_TABLE_H
#define CLIENT_CTL_TABLE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct ctl_column {
    const char *title;
    const char *member;
    int width_max; /* longer texts are cut in the middle; numbers never are */
    bool exact;    /* a number that names something: every digit is shown */
};

enum { CTL_CELL = 64, CTL_COLUMNS_MAX = 12 };

/* Print title line and rows; nothing if `rows` is not an array or is empty. */
void ctl_table_print(FILE *out, const struct ctl_column *columns, int count, const json_t *rows);

/* A number in at most 6 characters: 999999, 1.2M, 34.5G. */
void ctl_count_print(char out[CTL_CELL], uint64_t v);

/* Bytes: 512 B, 1.5 KiB, 128 MiB. */
void ctl_size_print(char out[CTL_CELL], uint64_t bytes);

/* Seconds: 42s, 3m 5s, 2h 10m, 5d 3h. */
void ctl_age_print(char out[CTL_CELL], uint64_t seconds);

#endif
