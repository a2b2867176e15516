/* body: the JSON body of a job. See body.h. */
#include "daemon/dynamo/body.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "proto/item/item.h"
#include "proto/item/item_json.h"
#include "proto/msg.h"

/* The fixed parts. A write body is OPEN table MIDDLE item, item, ... CLOSE. */
static const char WRITE_OPEN[] = "{\"RequestItems\":{\"";
static const char WRITE_MIDDLE[] = "\":[";
static const char WRITE_CLOSE[] = "]}}";
static const char PUT_OPEN[] = "{\"PutRequest\":{\"Item\":";
static const char DELETE_OPEN[] = "{\"DeleteRequest\":{\"Key\":";
static const char ITEM_CLOSE[] = "}}";
static const char DESCRIBE_OPEN[] = "{\"TableName\":\"";
static const char DESCRIBE_CLOSE[] = "\"}";

#define LEN(text)      (sizeof(text) - 1)
#define PUT(out, text) put(out, text, LEN(text))

static char *put(char *out, const char *text, size_t n)
{
    memcpy(out, text, n);
    return out + n;
}

/* Escaped length of a character. Table names come from clients and may contain anything; names of tables that can exist
 * need no escapes. */
static size_t char_len(unsigned char c)
{
    if (c < 0x20)
        return LEN("\\u0000");
    return c == '"' || c == '\\' ? 2 : 1;
}

static size_t table_len(const char *table)
{
    size_t n = 0;
    for (; *table != '\0'; table++)
        n += char_len((unsigned char)*table);
    return n;
}

static char *table_put(char *out, const char *table)
{
    static const char digits[] = "0123456789abcdef";
    for (; *table != '\0'; table++) {
        unsigned char c = (unsigned char)*table;
        if (c < 0x20) {
            out = PUT(out, "\\u00");
            *out++ = digits[c >> 4];
            *out++ = digits[c & 15];
        } else {
            if (char_len(c) == 2)
                *out++ = '\\';
            *out++ = (char)c;
        }
    }
    return out;
}

static size_t open_len(uint8_t op)
{
    assert(op == OP_PUT || op == OP_DELETE);
    return op == OP_PUT ? LEN(PUT_OPEN) : LEN(DELETE_OPEN);
}

size_t body_item_len(uint8_t op, uint32_t json_len)
{
    return open_len(op) + json_len + LEN(ITEM_CLOSE) + 1;
}

size_t body_frame_len(const char *table)
{
    return LEN(WRITE_OPEN) + table_len(table) + LEN(WRITE_MIDDLE) + LEN(WRITE_CLOSE);
}

size_t body_len(const struct job *job)
{
    if (job->kind == JOB_DESCRIBE)
        return LEN(DESCRIBE_OPEN) + table_len(job->table) + LEN(DESCRIBE_CLOSE);
    assert(job->count > 0 && job->count <= JOB_ITEMS_MAX);
    size_t n = body_frame_len(job->table) - 1; /* the first item has no comma */
    for (uint32_t i = 0; i < job->count; i++)
        n += body_item_len(job->items[i].op, job->items[i].json_len);
    return n;
}

static char *item_put(char *out, const struct job_item *item)
{
    out = item->op == OP_PUT ? PUT(out, PUT_OPEN) : PUT(out, DELETE_OPEN);
    char *json = out;
    out = item_json(item->item, out);
    assert((size_t)(out - json) == item->json_len);
    return PUT(out, ITEM_CLOSE);
}

char *body_write(const struct job *job, char *out)
{
    if (job->kind == JOB_DESCRIBE) {
        out = PUT(out, DESCRIBE_OPEN);
        out = table_put(out, job->table);
        return PUT(out, DESCRIBE_CLOSE);
    }
    assert(job->count > 0 && job->count <= JOB_ITEMS_MAX);
    out = PUT(out, WRITE_OPEN);
    out = table_put(out, job->table);
    out = PUT(out, WRITE_MIDDLE);
    for (uint32_t i = 0; i < job->count; i++) {
        if (i > 0)
            *out++ = ',';
        out = item_put(out, &job->items[i]);
    }
    return PUT(out, WRITE_CLOSE);
}
