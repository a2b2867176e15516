/* decimal: see decimal.h. */
#include "tests/fakeddb/decimal.h"

#include <string.h>

static const char not_numeric[] = "The parameter cannot be converted to a numeric value";
static const char overflow[] =
    "Number overflow. Attempting to store a number with magnitude larger than supported range";
static const char underflow[] =
    "Number underflow. Attempting to store a number with magnitude smaller than supported range";
static const char too_precise[] = "Attempting to store more than 38 significant digits in a Number";

enum { EXP_CAP = 100000000 };

/* The part of the mantissa read so far. */
struct mantissa {
    struct decimal *d;
    long first;   /* position of the first significant digit, counted from the point: 0 is the units digit */
    long zeros;   /* zeros seen since the last significant digit */
    long seen;    /* digits of any kind */
    long integer; /* digits before the point */
    bool point, any, too_many;
};

static void take_digit(struct mantissa *m, char c)
{
    m->seen++;
    if (!m->point)
        m->integer++;
    if (c == '0') {
        m->zeros += m->any ? 1 : 0;
        return;
    }
    if (!m->any)
        m->first = m->seen;
    m->any = true;
    if (m->d->ndigits + m->zeros >= DECIMAL_DIGITS_MAX) {
        m->too_many = true;
        return;
    }
    for (; m->zeros > 0; m->zeros--)
        m->d->digits[m->d->ndigits++] = '0';
    m->d->digits[m->d->ndigits++] = c;
}

/* Parse "[+-]digits" from p on; false if it is not that. Huge exponents are capped. */
static bool take_exponent(const uint8_t *p, const uint8_t *end, long *ret)
{
    bool negative = p < end && *p == '-';
    long v = 0;
    if (p < end && (*p == '-' || *p == '+'))
        p++;
    if (p == end)
        return false;
    for (; p < end; p++) {
        if (*p < '0' || *p > '9')
            return false;
        v = v < EXP_CAP ? v * 10 + (*p - '0') : v;
    }
    *ret = negative ? -v : v;
    return true;
}

const char *decimal_parse(struct span text, struct decimal *ret)
{
    struct decimal d = {.negative = text.n > 0 && text.p[0] == '-'};
    struct mantissa m = {.d = &d};
    const uint8_t *p = text.p, *end = text.p + text.n;
    long exp = 0;
    if (p < end && (*p == '-' || *p == '+'))
        p++;
    for (; p < end && (*p | 0x20) != 'e'; p++) {
        if (*p == '.' && !m.point)
            m.point = true;
        else if (*p >= '0' && *p <= '9')
            take_digit(&m, (char)*p);
        else
            return not_numeric;
    }
    if (m.seen == 0 || (p < end && !take_exponent(p + 1, end, &exp)))
        return not_numeric;
    if (!m.any) {
        *ret = (struct decimal){.exp = 0};
        return NULL;
    }
    exp += m.integer - m.first;
    if (exp > 125)
        return overflow;
    if (exp < -130)
        return underflow;
    if (m.too_many)
        return too_precise;
    d.exp = (int)exp;
    *ret = d;
    return NULL;
}

uint32_t decimal_size(const struct decimal *d)
{
    if (d->ndigits == 0)
        return 1;
    int n = 1 + (d->ndigits + 1) / 2;
    n += d->ndigits % 2 == 0 && d->exp % 2 == 0 ? 1 : 0;
    return (uint32_t)(n + (d->negative ? 1 : 0));
}

static void put_zeros(struct text *out, int n)
{
    for (; n > 0; n--)
        text_put(out, "0", 1);
}

static void put_plain(const struct decimal *d, struct text *out)
{
    int integer = d->exp + 1; /* digits before the point */
    if (integer <= 0) {
        text_puts(out, "0.");
        put_zeros(out, -integer);
        text_put(out, d->digits, (size_t)d->ndigits);
        return;
    }
    int n = d->ndigits < integer ? d->ndigits : integer;
    text_put(out, d->digits, (size_t)n);
    put_zeros(out, integer - n);
    if (n < d->ndigits) {
        text_puts(out, ".");
        text_put(out, d->digits + n, (size_t)(d->ndigits - n));
    }
}

void decimal_put(const struct decimal *d, enum decimal_spelling how, struct text *out)
{
    if (d->ndigits == 0) {
        text_puts(out, how == DECIMAL_PLAIN ? "0" : how == DECIMAL_FRACTION ? "0.0" : "0E0");
        return;
    }
    if (d->negative)
        text_puts(out, "-");
    if (how == DECIMAL_EXPONENT) {
        text_put(out, d->digits, (size_t)d->ndigits);
        text_putf(out, "E%+d", d->exp - (d->ndigits - 1));
        return;
    }
    put_plain(d, out);
    if (how == DECIMAL_FRACTION)
        text_puts(out, d->exp + 1 >= d->ndigits ? ".0" : "0");
}
