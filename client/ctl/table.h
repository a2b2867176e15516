/* table: prints JSON objects as rows of aligned columns for people.
 * Owner: none; prints to a stream.
 * Invariants: a line of status.c's tables fits into 100 columns. A missing member is shown as "-".
 */
#ifndef CLIENT_CTL_TABLE_H
#define CLIENT_CTL_TABLE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

struct ctl_column {
    const char *title;
    const char *member;
    int width_max; /* a longer text is shortened in the middle; numbers never are */
    bool exact;    /* the number is an id (pid, uid): show every digit */
};

enum { CTL_COLUMNS_MAX = 12 };

/* Print a title line and the rows; nothing if `rows` is not an array or is empty. */
void table_print(FILE *out, const struct ctl_column *columns, int count, const json_t *rows);

#endif
