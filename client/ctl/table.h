/* table: rows of JSON objects as aligned columns for a person.
 * Owner: none; prints to a stream.
 * Invariants: a line fits 100 columns for the tables of ctl_status; a member that is missing shows as "-".
 */
#ifndef CLIENT_CTL_TABLE_H
#define CLIENT_CTL_TABLE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

struct ctl_column {
    const char *title;
    const char *member;
    int width_max; /* longer texts are cut in the middle; numbers never are */
    bool exact;    /* a number that names something: every digit is shown */
};

enum { CTL_COLUMNS_MAX = 12 };

/* Print title line and rows; nothing if `rows` is not an array or is empty. */
void table_print(FILE *out, const struct ctl_column *columns, int count, const json_t *rows);

#endif
