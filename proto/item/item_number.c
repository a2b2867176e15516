/* item_number: see the header. */
#include "proto/item/item_number.h"

#include <assert.h>

#include "proto/err.h"
#include "proto/item/num_decimal.h"
#include "proto/item/num_text.h"

static struct num_decimal integer(const struct mp_token *t)
{
    if (t->type == MP_UINT)
        return num_decimal_u64(t->u64, false);
    return num_decimal_u64(0 - (uint64_t)t->i64, true);
}

static int integer_facts(const struct mp_token *t, uint32_t *ret_len, uint32_t *ret_size)
{
    bool negative = t->type == MP_INT;
    uint64_t magnitude = negative ? 0 - (uint64_t)t->i64 : t->u64;
    uint32_t digits = num_text_digits(magnitude);
    *ret_len = digits + negative;
    if (magnitude % 10 != 0) {
        *ret_size = num_size_of(digits, (int32_t)digits - 1, negative);
    } else {
        struct num_decimal d = num_decimal_u64(magnitude, negative);
        *ret_size = num_decimal_size(&d);
    }
    return DDBS_OK;
}

static int float_facts(const struct mp_token *t, uint32_t *ret_len, uint32_t *ret_size, const char **ret_why)
{
    struct num_decimal d;
    if (!num_decimal_double(t->f64, t->single, &d)) {
        if (t->f64 != t->f64)
            *ret_why = "NaN is not a number DynamoDB can store; leave the attribute out or send a string";
        else if (__builtin_isinf(t->f64))
            *ret_why = "infinity is not a number DynamoDB can store; leave the attribute out or send a string";
        else if (__builtin_fabs(t->f64) > 1)
            *ret_why = "the number is too large; DynamoDB holds magnitudes up to 9.99E+125";
        else
            *ret_why = "the number is too small; DynamoDB holds zero and magnitudes from 1E-130";
        return DDBS_E_INVALID_ITEM;
    }
    *ret_len = num_decimal_len(&d);
    *ret_size = num_decimal_size(&d);
    return DDBS_OK;
}

int item_number_facts(const struct mp_token *t, uint32_t *ret_len, uint32_t *ret_size, const char **ret_why)
{
    if (t->type == MP_UINT || t->type == MP_INT)
        return integer_facts(t, ret_len, ret_size);
    if (t->type == MP_FLOAT)
        return float_facts(t, ret_len, ret_size, ret_why);
    struct num n;
    int err = num_parse(span_of(t->bytes, t->count), &n, ret_why);
    if (err != DDBS_OK)
        return err;
    *ret_len = t->count;
    *ret_size = num_size(&n);
    return DDBS_OK;
}

void item_number_value(const struct mp_token *t, struct num *ret)
{
    if (t->type == MP_EXT) {
        int err = num_parse(span_of(t->bytes, t->count), ret, NULL);
        assert(err == DDBS_OK);
        return;
    }
    struct num_decimal d;
    if (t->type == MP_FLOAT) {
        bool ok = num_decimal_double(t->f64, t->single, &d);
        assert(ok);
    } else {
        d = integer(t);
    }
    num_decimal_to_num(&d, ret);
}
