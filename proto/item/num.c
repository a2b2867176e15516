/* num: see the header. Decimal text is read once, left to right. */
#include "proto/item/num.h"

/* Exponents beyond this cannot come back into range, and the sum of three of them cannot overflow. */
enum { EXP_CLAMP = 1 << 30 };

struct scan {
    const uint8_t *p;
    const uint8_t *end;
    struct num *n;
    uint64_t seen; /* significant digits so far, trailing zeros included */
    int64_t point; /* exponent of the value before (e|E) is applied */
    bool too_many;
};

static bool is_digit(const struct scan *s)
{
    return s->p < s->end && *s->p >= '0' && *s->p <= '9';
}

/* Add one digit to the significand. Leading zeros are skipped; trailing zeros are added only if another digit follows.
 */
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

/* Scan the whole text. Results: s->n (without exp), s->point and s->too_many. */
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
