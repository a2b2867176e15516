/* fuzz_num: numbers against the C library. A text is accepted exactly if it matches the grammar, with the value that
 * strtod reads; a double becomes the shortest text that reads back equal, as printf finds it by trying.
 * Owner: none.
 *
 * Input: one byte selects text, double, float or integers; the rest is the text or the bits.
 */
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "proto/item/num.h"
#include "proto/item/num_decimal.h"
#include "proto/item/num_text.h"
#include "tests/fuzz/fuzz.h"

enum { TEXT_MAX = 4096, EXP_LIMIT = 1000000 };

/* ---- text ---- */

/* Reference parse of a text by the grammar alone. */
struct reading {
    bool numeric;
    size_t digits;   /* number of significant digits */
    int64_t leading; /* exponent of the first significant digit, as in 1.5e3 */
};

/* Split [+-]digits[.digits][(e|E)[+-]digits] into spans of characters. */
static bool split(const char *p, size_t *whole, size_t *part, const char **ret_digits, int64_t *exp)
{
    p += *p == '+' || *p == '-';
    *ret_digits = p;
    *whole = strspn(p, "0123456789");
    *part = 0;
    *exp = 0;
    if (*whole == 0)
        return false;
    p += *whole;
    if (*p == '.') {
        *part = strspn(++p, "0123456789");
        if (*part == 0)
            return false;
        p += *part;
    }
    if (*p == 'e' || *p == 'E') {
        const char *digits = p + 1 + (p[1] == '+' || p[1] == '-');
        size_t n = strspn(digits, "0123456789");
        if (n == 0)
            return false;
        size_t zeros = strspn(digits, "0");
        *exp = n - zeros > 6 ? EXP_LIMIT : strtol(digits, NULL, 10);
        if (p[1] == '-')
            *exp = -*exp;
        p = digits + n;
    }
    return *p == '\0';
}

static struct reading reading_of(const char *text)
{
    static char all[TEXT_MAX + 1];
    struct reading r = {0};
    size_t whole, part;
    const char *digits;
    int64_t exp;
    r.numeric = split(text, &whole, &part, &digits, &exp);
    if (!r.numeric)
        return r;
    memcpy(all, digits, whole);
    memcpy(all + whole, digits + whole + 1, part);
    size_t n = whole + part, zeros = 0;
    while (zeros < n && all[zeros] == '0')
        zeros++;
    while (n > zeros && all[n - 1] == '0')
        n--;
    r.digits = n - zeros;
    r.leading = (int64_t)whole - 1 - (int64_t)zeros + exp;
    return r;
}

/* The value of a num. */
static double value_of(const struct num *n)
{
    char text[NUM_DIGITS_MAX + 32];
    if (n->ndigits == 0)
        return 0;
    snprintf(text, sizeof text, "%s0.%.*se%d", n->negative ? "-" : "", n->ndigits, n->digits, n->exp);
    return strtod(text, NULL);
}

static void check_struct(const struct num *n)
{
    CHECK(n->ndigits <= NUM_DIGITS_MAX);
    CHECK(n->ndigits > 0 || (n->exp == 0 && !n->negative));
    for (int i = 0; i < n->ndigits; i++)
        CHECK(n->digits[i] >= '0' && n->digits[i] <= '9');
    if (n->ndigits > 0)
        CHECK(n->digits[0] != '0' && n->digits[n->ndigits - 1] != '0');
    CHECK(num_equal(n, n));
    CHECK(num_size(n) >= 1 && num_size(n) <= 1 + NUM_DIGITS_MAX / 2 + 2);
}

static void fuzz_text(const uint8_t *data, size_t size)
{
    static char text[TEXT_MAX + 1];
    const char *why = NULL;
    struct num n;
    if (size > TEXT_MAX)
        return;
    memcpy(text, data, size);
    text[size] = '\0';
    bool accepted = num_parse(span_of(data, size), &n, &why) == DDBS_OK;
    CHECK(accepted == (why == NULL));
    struct reading r = {0};
    if (strlen(text) == size)
        r = reading_of(text);
    bool fits = r.digits == 0 || (r.digits <= NUM_DIGITS_MAX && r.leading >= NUM_SCI_MIN && r.leading <= NUM_SCI_MAX);
    CHECK(accepted == (r.numeric && fits));
    if (!accepted)
        return;
    check_struct(&n);
    CHECK(n.ndigits == r.digits && (n.ndigits == 0 || n.exp - 1 == r.leading));
    CHECK(n.ndigits == 0 || n.negative == (text[0] == '-'));
    CHECK(value_of(&n) == strtod(text, NULL));
}

/* ---- doubles and floats ---- */

/* The smallest number of digits that reads back equal, found by trying; as printf writes them. */
static int shortest(double v, bool single, char out[64])
{
    for (int digits = 1;; digits++) {
        snprintf(out, 64, "%.*e", digits - 1, v);
        if (single ? strtof(out, NULL) == (float)v : strtod(out, NULL) == v)
            return digits;
        CHECK(digits < 18);
    }
}

static void check_binary(double v, bool single, const char *text, uint32_t n)
{
    char tried[64];
    struct num got, want;
    struct num_decimal d;
    CHECK(n <= NUM_TEXT_MAX);
    CHECK(single ? strtof(text, NULL) == (float)v : strtod(text, NULL) == v);
    CHECK(num_parse(span_of(text, n), &got, NULL) == DDBS_OK);
    check_struct(&got);
    CHECK(num_decimal_double(v, single, &d));
    CHECK(num_decimal_len(&d) == n && num_decimal_size(&d) == num_size(&got));
    num_decimal_to_num(&d, &want);
    CHECK(num_equal(&got, &want));
    if (v == 0)
        return;
    int digits = shortest(v, single, tried);
    /* Above a power of two a text may read back that printf does not round to: it is shorter than printf's. */
    CHECK(got.ndigits <= digits);
    if (num_parse(span_of(tried, strlen(tried)), &want, NULL) == DDBS_OK && got.ndigits == want.ndigits)
        CHECK(num_equal(&got, &want));
}

static void fuzz_binary(const uint8_t *data, bool single)
{
    char text[NUM_TEXT_MAX + 1];
    double v;
    float f;
    memcpy(&v, data, sizeof v);
    memcpy(&f, data, sizeof f);
    v = single ? (double)f : v;
    uint32_t n = single ? num_decimal_put_float(text, f) : num_decimal_put_double(text, v);
    if (n == 0) {
        CHECK(!isfinite(v) || (v != 0 && (fabs(v) < 1e-130 || fabs(v) >= 1e126)));
        return;
    }
    CHECK(isfinite(v));
    text[n] = '\0';
    check_binary(v, single, text, n);
}

/* ---- integers ---- */

static void fuzz_integers(const uint8_t *data)
{
    char text[NUM_TEXT_MAX], want[32];
    uint64_t u;
    int64_t i;
    memcpy(&u, data, sizeof u);
    memcpy(&i, data, sizeof i);
    uint32_t n = num_text_put_u64(text, u);
    snprintf(want, sizeof want, "%" PRIu64, u);
    CHECK(n == strlen(want) && memcmp(text, want, n) == 0);
    n = num_text_put_i64(text, i);
    snprintf(want, sizeof want, "%" PRId64, i);
    CHECK(n == strlen(want) && memcmp(text, want, n) == 0);
    struct num parsed, made;
    struct num_decimal d = num_decimal_u64(u, false);
    CHECK(num_parse(span_of(text, num_text_put_u64(text, u)), &parsed, NULL) == DDBS_OK);
    num_decimal_to_num(&d, &made);
    check_struct(&parsed);
    CHECK(num_equal(&parsed, &made) && num_size(&parsed) == num_decimal_size(&d));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    unsigned which = data[0] & 3;
    if (which == 0)
        fuzz_text(data + 1, size - 1);
    else if (size >= 1 + sizeof(uint64_t) && which == 3)
        fuzz_integers(data + 1);
    else if (size >= 1 + sizeof(uint64_t))
        fuzz_binary(data + 1, which == 2);
    return 0;
}
