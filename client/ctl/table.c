/* table: see table.h. */
#include "client/ctl/table.h"

#include <stdbool.h>
#include <string.h>

#include "client/ctl/cell.h"

/* Shorten to width_max characters, keeping both ends, because ARNs differ at the end. Control characters become '?'. */
static void text_put(char out[CTL_CELL_SIZE], const char *text, int width_max)
{
    size_t n = strlen(text), max = (size_t)width_max;
    if (n <= max) {
        memcpy(out, text, n + 1);
    } else {
        size_t head = (max - 2) / 2, tail = max - 2 - head;
        memcpy(out, text, head);
        memcpy(out + head, "..", 2);
        memcpy(out + head + 2, text + n - tail, tail + 1);
    }
    for (; *out != '\0'; out++) {
        if ((unsigned char)*out < 0x20 || *out == 0x7f)
            *out = '?';
    }
}

static void cell_print(char out[CTL_CELL_SIZE], const struct ctl_column *c, const json_t *row)
{
    const json_t *value = json_object_get(row, c->member);
    if (json_is_integer(value) && (c->exact || json_integer_value(value) < 0))
        snprintf(out, CTL_CELL_SIZE, "%lld", (long long)json_integer_value(value));
    else if (json_is_integer(value))
        cell_count(out, (uint64_t)json_integer_value(value));
    else if (json_is_string(value) && json_string_length(value) > 0)
        text_put(out, json_string_value(value), c->width_max);
    else
        memcpy(out, "-", 2);
}

/* True if the column has numbers, which are aligned to the right; "-" in such a column is too. */
static bool column_is_number(const struct ctl_column *c, const json_t *rows)
{
    size_t i;
    json_t *row;
    json_array_foreach(rows, i, row)
    {
        const json_t *v = json_object_get(row, c->member);
        if (v != NULL)
            return json_is_integer(v);
    }
    return false;
}

static int column_width(const struct ctl_column *c, const json_t *rows)
{
    size_t i, widest = strlen(c->title);
    json_t *row;
    char cell[CTL_CELL_SIZE];
    json_array_foreach(rows, i, row)
    {
        cell_print(cell, c, row);
        if (strlen(cell) > widest)
            widest = strlen(cell);
    }
    return (int)widest;
}

void table_print(FILE *out, const struct ctl_column *columns, int count, const json_t *rows)
{
    int widths[CTL_COLUMNS_MAX];
    if (json_array_size(rows) == 0)
        return;
    for (int c = 0; c < count; c++) {
        int w = column_width(&columns[c], rows);
        widths[c] = column_is_number(&columns[c], rows) ? w : -w; /* negative: aligned to the left */
        fprintf(out, "%s%*s", c > 0 ? "  " : "", c + 1 < count || widths[c] > 0 ? widths[c] : 0, columns[c].title);
    }
    size_t i;
    json_t *row;
    char cell[CTL_CELL_SIZE];
    json_array_foreach(rows, i, row)
    {
        fputc('\n', out);
        for (int c = 0; c < count; c++) {
            cell_print(cell, &columns[c], row);
            fprintf(out, "%s%*s", c > 0 ? "  " : "", c + 1 < count || widths[c] > 0 ? widths[c] : 0, cell);
        }
    }
    fputc('\n', out);
}
