/* item_token: a msgpack token as DynamoDB sees it.
 * Owner: the caller's stack. Pure. Private to proto/item_*.c.
 */
#ifndef PROTO_ITEM_ITEM_TOKEN_H
#define PROTO_ITEM_ITEM_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/err.h"
#include "proto/item/item.h"
#include "proto/mp_read.h"
#include "proto/must_use.h"

/* mp_read_next with one more token type inline: text of 32 to 255 bytes, the bulk of most items. */
static inline MUST_USE int item_token_next(struct mp_cursor *c, struct mp_token *ret_token)
{
    size_t left = (size_t)(c->end - c->p);
    if (left < 2 || *c->p != 0xd9)
        return mp_read_next(c, ret_token);
    uint32_t n = c->p[1];
    if (n > left - 2)
        return DDBS_E_PROTOCOL_ERROR;
    ret_token->type = MP_STR;
    ret_token->count = n;
    ret_token->bytes = c->p + 2;
    c->p += 2 + n;
    return DDBS_OK;
}

/* True for tokens that become N. */
static inline bool item_token_is_number(const struct mp_token *t)
{
    return t->type == MP_UINT || t->type == MP_INT || t->type == MP_FLOAT ||
           (t->type == MP_EXT && t->ext == EXT_NUMBER);
}

/* DynamoDB's name for this token's type: "a string (S)". Static. */
const char *item_token_type_text(const struct mp_token *t);

#endif
