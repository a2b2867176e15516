/* item_parts: what the files of the item model share. Private to proto/item_*.c.
 * Owner: item_check's stack. Pure.
 * Invariants: frames[0] is the item itself; the values in frames[i] stand at nesting level i + 1, and DynamoDB's
 * deepest level is ITEM_DEPTH_MAX, so that many frames are enough.
 */
#ifndef PROTO_ITEM_PARTS_H
#define PROTO_ITEM_PARTS_H

#include "proto/err.h"
#include "proto/item.h"
#include "proto/num.h"

enum {
    /* An attribute name takes at most this. Source: "Constraints": names of up to 64 KB. */
    ITEM_NAME_MAX = 65535,
    /* The service refuses a request of more than 16 MiB; the rest of the body has the difference. */
    ITEM_JSON_MAX = 16 * 1024 * 1024 - 8192,
    /* Maps of up to ITEM_SLOTS / 2 names find repeated names while they are walked. */
    ITEM_SLOTS = 512,
};

/* One open container. */
struct item_frame {
    uint32_t count;
    uint32_t left;       /* members still to come */
    uint32_t at;         /* offset of the first member */
    uint32_t name_at;    /* map: offset of the present member's name */
    uint32_t slots_at;   /* map: where its name table stands in slots */
    uint32_t slots_mask; /* its size - 1; 0: no table, names are compared when the map ends */
    bool is_map;
};

struct item_state {
    struct mp_cursor c;
    const uint8_t *base; /* the item's first byte; offsets count from here */
    const struct key_schema *schema;
    bool is_key;
    uint8_t keys_found;
    int key; /* which key attribute the present top-level member is, or -1 */
    uint64_t size;
    uint64_t json_len;
    struct key_ref ref;
    char *errmsg;
    uint32_t depth; /* frames in use */
    uint32_t slots_used;
    struct item_frame frames[ITEM_DEPTH_MAX];
    uint32_t slots[ITEM_SLOTS]; /* offset of a name + 1; 0: empty */
};

/* mp_next with one more kind of token in line: text of 32 to 255 bytes, which most items consist of. */
static inline int item_next(struct mp_cursor *c, struct mp_token *ret_token)
{
    size_t left = (size_t)(c->end - c->p);
    if (left < 2 || *c->p != 0xd9)
        return mp_next(c, ret_token);
    uint32_t n = c->p[1];
    if (n > left - 2)
        return DDBS_E_PROTOCOL_ERROR;
    ret_token->type = MP_STR;
    ret_token->count = n;
    ret_token->bytes = c->p + 2;
    c->p += 2 + n;
    return DDBS_OK;
}

static inline uint32_t item_offset(const struct item_state *s, const uint8_t *p)
{
    return (uint32_t)(p - s->base);
}

/* Write a sentence about the present member, with its path in front, and return `code`. */
int item_fail(struct item_state *s, int code, const char *format, ...) __attribute__((format(printf, 3, 4), cold));

/* Write `name` in quotes, with escapes and cut if it is long; at most ITEM_QUOTE bytes with the NUL. Returns out. */
enum { ITEM_QUOTE = 72 };
const char *item_quote(char out[ITEM_QUOTE], const uint8_t *name, size_t n);

/* What DynamoDB would call this token: "a string (S)". Static. */
const char *item_type_text(const struct mp_token *t);

/* A number token (integer, float, ext 1): the length of its decimal text and the bytes that the service counts.
 * DDBS_OK, or DDBS_E_INVALID_ITEM with a static sentence. */
int item_number_facts(const struct mp_token *t, uint32_t *ret_len, uint32_t *ret_size, const char **ret_why);

/* Its value; the token passed item_number_facts. */
void item_number_value(const struct mp_token *t, struct num *ret);

/* True for the tokens that become N. */
static inline bool item_is_number(const struct mp_token *t)
{
    return t->type == MP_UINT || t->type == MP_INT || t->type == MP_FLOAT ||
           (t->type == MP_EXT && t->ext == EXT_NUMBER);
}

/* Judge a set (ext 2, 3, 4) and count it. */
int item_check_set(struct item_state *s, const struct mp_token *t);

/* Judge the value of key attribute i. DDBS_OK, or DDBS_E_MISSING_KEY with a sentence. */
int item_key_value(const struct key_schema *schema, int i, const struct mp_token *t, char errmsg[ITEM_ERRMSG]);

/* The key attribute of this name, or -1. */
int item_key_index(const struct key_schema *schema, const uint8_t *name, size_t n);

/* Sentences for a key attribute that is not there, and for an attribute that a delete must not have. */
int item_key_missing(const struct key_schema *schema, int i, char errmsg[ITEM_ERRMSG]);
int item_key_foreign(const uint8_t *name, size_t n, char errmsg[ITEM_ERRMSG]);

/* What the members of a container are compared by. */
enum item_members { MEMBERS_NAMES, MEMBERS_STRINGS, MEMBERS_BINARIES, MEMBERS_NUMBERS };

/* True if two of the `count` members at the cursor are equal; `*ret_twin` then stands at the later one. The members are
 * well-formed. Time: linear up to 32,768 members, beyond that one more walk for every 32,768. No allocation. */
bool item_twins(struct mp_cursor members, uint32_t count, enum item_members kind, struct mp_cursor *ret_twin);

#endif
