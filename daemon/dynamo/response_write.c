/* response_write: which of the job's items were not written. See response_write.h.
 * Unprocessed items come back in any order and with numbers reformatted (1.0 as 1), so they are matched by canonical
 * key and operation: the returned key is encoded as the msgpack tokens that proto/item compares.
 */
#include "daemon/dynamo/response_write.h"

#include <string.h>

#include "daemon/dynamo/response_json.h"
#include "daemon/dynamo/response_part.h"
#include "proto/base64.h"
#include "proto/err.h"
#include "proto/item/item_key.h"
#include "proto/item/num.h"
#include "proto/mp_write.h"
#include "proto/msg.h"

enum {
    RETURNED_MAX = 2 * JOB_ITEMS_MAX, /* an item returned twice is harmless; more than this is a broken answer */
    TOKEN_HEAD = 6,                   /* the longest head of a str, bin or ext token */
};

struct returned_key {
    struct key_ref ref;
    uint8_t bytes[2 * TOKEN_HEAD + ITEM_PARTITION_KEY_MAX + ITEM_SORT_KEY_MAX];
};

/* Append one key value, {"S":"..."} or the like, as the msgpack token that the sent item has. */
static bool value_append(struct mp_writer *w, const json_t *value, char type)
{
    const char tag[2] = {type, '\0'};
    uint8_t raw[ITEM_PARTITION_KEY_MAX];
    size_t raw_len;
    struct num number;
    struct span text = response_json_string(value, tag);
    if (text.p == NULL || json_object_size(value) != 1)
        return false;
    switch (type) {
    case 'S':
        mp_write_str(w, (const char *)text.p, text.n);
        break;
    case 'N':
        if (num_parse(text, &number, NULL) != DDBS_OK)
            return false;
        mp_write_ext(w, EXT_NUMBER, text.p, text.n);
        break;
    default:
        if (!base64_read(text, raw, sizeof raw, &raw_len))
            return false;
        mp_write_bin(w, raw, raw_len);
        break;
    }
    return mp_write_fits(w);
}

static bool key_read(const json_t *item, const struct key_schema *schema, struct returned_key *ret)
{
    struct mp_writer w = mp_write_open(ret->bytes, sizeof ret->bytes);
    for (uint8_t i = 0; i < schema->count; i++) {
        ret->ref.off[i] = (uint32_t)w.need;
        if (!value_append(&w, json_object_get(item, schema->attr[i].name), schema->attr[i].type))
            return false;
        ret->ref.len[i] = (uint32_t)w.need - ret->ref.off[i];
    }
    return true;
}

/* The item of {"PutRequest":{"Item":...}} or the key of {"DeleteRequest":{"Key":...}}; NULL if neither or both. */
static const json_t *request_item(const json_t *request, uint8_t *ret_op)
{
    const json_t *put = json_object_get(json_object_get(request, "PutRequest"), "Item");
    const json_t *del = json_object_get(json_object_get(request, "DeleteRequest"), "Key");
    if ((put == NULL) == (del == NULL))
        return NULL;
    *ret_op = put != NULL ? OP_PUT : OP_DELETE;
    return put != NULL ? put : del;
}

/* Mark the job's item that the returned request matches. False: it matches none. */
static bool request_mark(const struct job *job, const json_t *request, bool unprocessed[JOB_ITEMS_MAX])
{
    struct returned_key key;
    uint8_t op;
    const json_t *item = request_item(request, &op);
    if (item == NULL || !key_read(item, job->schema, &key))
        return false;
    struct span bytes = span_of(key.bytes, sizeof key.bytes);
    for (uint32_t i = 0; i < job->count; i++) {
        const struct job_item *sent = &job->items[i];
        if (sent->op == op && item_key_equal(sent->item, &sent->key, bytes, &key.ref, job->schema)) {
            unprocessed[i] = true;
            return true;
        }
    }
    return false;
}

/* Read {"table":[request, ...]}. Returns NULL, or what is wrong with the answer. */
static const char *unprocessed_read(const struct job *job, const json_t *tables, bool unprocessed[JOB_ITEMS_MAX])
{
    if (!json_is_object(tables))
        return "UnprocessedItems is missing";
    if (json_object_size(tables) == 0)
        return NULL;
    const json_t *requests = json_object_get(tables, job->table);
    if (requests == NULL || json_object_size(tables) != 1)
        return "UnprocessedItems names a table that was not asked for";
    if (!json_is_array(requests) || json_array_size(requests) > RETURNED_MAX)
        return "UnprocessedItems is not a list of sent items";
    for (size_t i = 0; i < json_array_size(requests); i++) {
        if (!request_mark(job, json_array_get(requests, i), unprocessed))
            return "UnprocessedItems holds an item that was not sent";
    }
    return NULL;
}

void response_write_classify(const struct job *job, struct span body, struct job_result *ret)
{
    /* Nearly every answer is exactly this text, so it is not parsed. */
    static const char all_written[] = "{\"UnprocessedItems\":{}}";
    ret->outcome = JOB_DONE;
    if (span_equal(body, span_of(all_written, sizeof all_written - 1)))
        return;
    json_t *root = NULL;
    int rc = response_json_load(body, &root);
    const char *wrong = rc == DDBS_OK
                            ? unprocessed_read(job, json_object_get(root, "UnprocessedItems"), ret->unprocessed)
                            : response_json_load_error(rc);
    if (wrong != NULL)
        response_part_set_broken(job, wrong, ret);
    json_decref(root);
}
