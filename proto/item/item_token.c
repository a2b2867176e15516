/* item_token: see the header. */
#include "proto/item/item_token.h"

const char *item_token_type_text(const struct mp_token *t)
{
    switch (t->type) {
    case MP_NIL:
        return "null (NULL)";
    case MP_BOOL:
        return "a boolean (BOOL)";
    case MP_UINT:
    case MP_INT:
    case MP_FLOAT:
        return "a number (N)";
    case MP_STR:
        return "a string (S)";
    case MP_BIN:
        return "binary (B)";
    case MP_ARRAY:
        return "a list (L)";
    case MP_MAP:
        return "a map (M)";
    case MP_EXT:
        break;
    }
    if (t->ext == EXT_NUMBER)
        return "a number (N)";
    return t->ext >= EXT_STRING_SET && t->ext <= EXT_BINARY_SET ? "a set" : "an unknown extension type";
}
