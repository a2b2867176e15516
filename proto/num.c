/* num: see the header. Decimal text is read once, left to right; integers are written two digits at a time.
 * Owner: the caller's stack. Pure.
 */
#include "proto/num.h"

#include <assert.h>

#include "proto/num_decimal.h"

/* Exponents beyond this can never come back into range, and sums of three of them cannot overflow. */
enum { EXP_CLAMP = 1 << 30 };

struct scan {
    const uint8_t *p;
    const uint8_t *end;
    struct num *n;
    uint64_t seen;     /* significant digits so far, trailing zeros included */
    int64_t point;     /* exp of the value before (e|E) is applied */
    bool too_many;
};

static bool is_digit(const struct scan *s)
{
    return s->p < s->end && *s->p >= '0' && *s->p <= '9';
}

/* Take one digit into the significand; leading zeros are not part of it, trailing ones only if another digit
 * follows. */
static void take_digit(struct scan *s, uint8_t digit)
{
    if (digit == '0') {
        s->seen += s->seen > 0;
        return;
    }
    if (s->seen >= NUM_DIGITS_MAX) {
        s->too_many = true;
        return;
    }
    struct num *n = s->n;
    while (n->ndigits < s->seen)
        n->digits[n->ndigits++] = '0';
    n->digits[n->ndigits++] = (char)digit;
    s->seen++;
}

/* digits[.digits] */
static bool scan_significand(struct scan *s)
{
    if (!is_digit(s))
        return false;
    for (; is_digit(s); s->p++) {
        take_digit(s, *s->p);
        s->point += s->seen > 0;
    }
    if (s->p == s->end || *s->p != '.')
        return true;
    s->p++;
    if (!is_digit(s))
        return false;
    for (; is_digit(s); s->p++) {
        take_digit(s, *s->p);
        s->point -= s->seen == 0;
    }
    return true;
}

/* [+-]digits behind the e */
static bool scan_exponent(struct scan *s, int64_t *ret_exp)
{
    bool negative = s->p < s->end && *s->p == '-';
    if (s->p < s->end && (*s->p == '-' || *s->p == '+'))
        s->p++;
    if (!is_digit(s))
        return false;
    int64_t exp = 0;
    for (; is_digit(s); s->p++)
        exp = exp >= EXP_CLAMP ? EXP_CLAMP : exp * 10 + (*s->p - '0');
    *ret_exp = negative ? -exp : exp;
    return true;
}

/* The whole grammar. What was read stands in s->n (without exp), s->point and s->too_many. */
static bool scan_text(struct scan *s)
{
    if (s->p < s->end && (*s->p == '-' || *s->p == '+'))
        s->n->negative = *s->p++ == '-';
    if (!scan_significand(s))
        return false;
    if (s->p < s->end && (*s->p == 'e' || *s->p == 'E')) {
        int64_t exp;
        s->p++;
        if (!scan_exponent(s, &exp))
            return false;
        s->point += exp;
    }
    return s->p == s->end;
}

int num_parse(struct span text, struct num *ret, const char **ret_why)
{
    struct num n = {.ndigits = 0};
    struct scan s = {.p = text.p, .end = text.p + text.n, .n = &n};
    const char *why = NULL;
    if (!scan_text(&s))
        why = "the text is not a decimal number; write it like -12.5 or 1e-30, without blanks";
    else if (s.too_many)
        why = "the number has more than 38 significant digits; DynamoDB keeps 38";
    else if (n.ndigits > 0 && s.point - 1 > NUM_SCI_MAX)
        why = "the number is too large; DynamoDB holds magnitudes up to 9.99E+125";
    else if (n.ndigits > 0 && s.point - 1 < NUM_SCI_MIN)
        why = "the number is too small; DynamoDB holds zero and magnitudes from 1E-130";
    if (why != NULL) {
        if (ret_why != NULL)
            *ret_why = why;
        return DDBS_E_INVALID_ITEM;
    }
    if (n.ndigits == 0)
        n.negative = false;
    else
        n.exp = (int16_t)s.point;
    *ret = n;
    return DDBS_OK;
}

bool num_equal(const struct num *a, const struct num *b)
{
    return a->negative == b->negative && a->ndigits == b->ndigits && a->exp == b->exp &&
           memcmp(a->digits, b->digits, a->ndigits) == 0;
}

uint32_t num_size(const struct num *n)
{
    if (n->ndigits == 0)
        return 1;
    return num_size_of(n->ndigits, n->exp - 1, n->negative);
}

/* Write v in exactly `digits` places. */
static void put_digits(char *out, uint64_t v, uint32_t digits)
{
    static const char pairs[] = "00010203040506070809101112131415161718192021222324"
                                "25262728293031323334353637383940414243444546474849"
                                "50515253545556575859606162636465666768697071727374"
                                "75767778798081828384858687888990919293949596979899";
    char *p = out + digits;
    for (; v >= 100; v /= 100) {
        p -= 2;
        memcpy(p, pairs + 2 * (v % 100), 2);
    }
    if (v >= 10) {
        p -= 2;
        memcpy(p, pairs + 2 * v, 2);
    } else if (p > out) {
        *--p = (char)('0' + v);
    }
    assert(p == out);
}

uint32_t num_put_u64(char out[NUM_TEXT_MAX], uint64_t v)
{
    uint32_t digits = num_digits(v);
    put_digits(out, v, digits);
    return digits;
}

uint32_t num_put_i64(char out[NUM_TEXT_MAX], int64_t v)
{
    if (v >= 0)
        return num_put_u64(out, (uint64_t)v);
    out[0] = '-';
    uint64_t magnitude = 0 - (uint64_t)v;
    uint32_t digits = num_digits(magnitude);
    put_digits(out + 1, magnitude, digits);
    return digits + 1;
}

uint32_t num_put_double(char out[NUM_TEXT_MAX], double v)
{
    struct num_decimal d;
    return num_decimal_double(v, false, &d) ? num_decimal_put(out, &d) : 0;
}

uint32_t num_put_float(char out[NUM_TEXT_MAX], float v)
{
    struct num_decimal d;
    return num_decimal_double(v, true, &d) ? num_decimal_put(out, &d) : 0;
}
