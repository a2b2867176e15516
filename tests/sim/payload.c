#include "tests/sim/payload.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/mp_write.h"
#include "proto/msg.h"

/* Digits with the decimal point placed by the exponent: 31e-1 as "3.1", 31e1 as "310". */
static size_t plain_text(uint64_t digits, int exponent, char out[64])
{
    char d[32];
    int n = snprintf(d, sizeof d, "%" PRIu64, digits);
    int point = n + exponent;
    if (exponent >= 0)
        return (size_t)snprintf(out, 64, "%s%.*s", d, exponent, "000000");
    if (point <= 0)
        return (size_t)snprintf(out, 64, "0.%.*s%s", -point, "000000", d);
    return (size_t)snprintf(out, 64, "%.*s.%s", point, d, d + point);
}

/* Write a number in one of its spellings: integer, double, or one of several texts. */
static void put_number(struct mp_writer *w, uint32_t number, struct rng *r)
{
    uint64_t digits = truth_digits(number);
    int exponent = truth_exponent(number);
    char text[64];
    size_t n;
    switch (rng_below(r, 5)) {
    case 0:
        n = plain_text(digits, exponent, text);
        if (exponent >= 0)
            mp_write_uint(w, strtoull(text, NULL, 10));
        else
            mp_write_double(w, strtod(text, NULL));
        return;
    case 1:
        n = (size_t)snprintf(text, sizeof text, "%" PRIu64 "e%d", digits, exponent);
        break;
    case 2:
        n = (size_t)snprintf(text, sizeof text, "%" PRIu64 "00E%d", digits, exponent - 2);
        break;
    case 3:
        n = plain_text(digits, exponent, text);
        if (exponent < 0)
            n += (size_t)snprintf(text + n, sizeof text - n, "00");
        break;
    default:
        n = plain_text(digits, exponent, text);
        break;
    }
    mp_write_ext(w, EXT_NUMBER, text, n);
}

static void put_key(struct mp_writer *w, const struct key *k, enum badness bad, struct rng *r)
{
    char text[32];
    mp_write_cstr(w, "pk");
    if (bad == BAD_KEY_TYPE)
        mp_write_bool(w, true);
    else if (bad == BAD_EMPTY_KEY)
        mp_write_str(w, "", 0);
    else if (k->table == 1)
        put_number(w, k->number, r);
    else if (k->table == 3) {
        uint8_t raw[TRUTH_BINARY_KEY];
        truth_binary(k->number, raw);
        mp_write_bin(w, raw, sizeof raw);
    } else {
        snprintf(text, sizeof text, "key-%u", k->table == 2 ? k->number / 4 : k->number);
        mp_write_cstr(w, text);
    }
    if (k->table == 2) {
        mp_write_cstr(w, "sk");
        put_number(w, k->number, r);
    }
}

/* The key of the recreated table; if the first key is bad, this one is bad too. */
static void put_alt(struct mp_writer *w, const struct key *k, enum badness bad, struct rng *r)
{
    mp_write_cstr(w, "alt");
    if (bad == BAD_KEY_TYPE)
        mp_write_bool(w, true);
    else if (bad == BAD_EMPTY_KEY)
        mp_write_str(w, "", 0);
    else
        put_number(w, k->number, r);
}

/* A value of every type, so that the codec is exercised. */
static void put_extra(struct mp_writer *w, uint32_t index)
{
    static const uint8_t set[] = {0x92, 0xa1, 'a', 0xa1, 'b'};
    mp_write_cstr(w, "x");
    switch (index % 6) {
    case 0:
        mp_write_nil(w);
        break;
    case 1:
        mp_write_bool(w, index % 4 == 1);
        break;
    case 2:
        mp_write_bin(w, "\x00\x01\xff", 3);
        break;
    case 3:
        mp_write_array(w, 2);
        mp_write_cstr(w, "quote \" slash \\ line\n");
        mp_write_double(w, 0.5);
        break;
    case 4:
        mp_write_ext(w, EXT_STRING_SET, set, sizeof set);
        break;
    default:
        mp_write_map(w, 1);
        mp_write_cstr(w, "\xc3\xa4");
        mp_write_int(w, -5);
        break;
    }
}

const char *payload_pad(uint32_t index)
{
    static char pad[PAYLOAD_MAX + PAYLOAD_PAD_PERIOD];
    if (pad[0] == 0)
        for (size_t i = 0; i < sizeof pad; i++)
            pad[i] = (char)('a' + i * 7 % PAYLOAD_PAD_PERIOD);
    return pad + index % PAYLOAD_PAD_PERIOD;
}

static void put_pad(struct mp_writer *w, uint32_t index, size_t n)
{
    mp_write_cstr(w, "pad");
    mp_write_str(w, payload_pad(index), n);
}

size_t payload_make(const struct truth *t, uint32_t index, struct rng *r, uint8_t *out)
{
    const struct record *rec = &t->records[index];
    const struct key *k = t->keys[rec->key];
    struct mp_writer w = mp_write_open(out, PAYLOAD_MAX);
    uint32_t keys = k->table == 2 ? 2 : 1;
    if (rec->op == OP_DELETE) {
        mp_write_map(&w, rec->has_alt ? 1 : keys);
        if (rec->has_alt)
            put_alt(&w, k, BAD_NONE, r);
        else
            put_key(&w, k, BAD_NONE, r);
        return w.need;
    }
    bool keyless = rec->bad == BAD_NO_KEY;
    bool marked = rec->bad == BAD_POISON || rec->bad == BAD_NAN_VALUE;
    bool alt = rec->has_alt && !keyless;
    mp_write_map(&w, (keyless ? 0 : keys) + 3 + marked + alt);
    mp_write_cstr(&w, "rid");
    mp_write_uint(&w, index);
    if (!keyless)
        put_key(&w, k, rec->bad, r);
    if (alt)
        put_alt(&w, k, rec->bad, r);
    put_pad(&w, index, rec->pad_bytes);
    put_extra(&w, index);
    if (marked) {
        mp_write_cstr(&w, "poison");
        if (rec->bad == BAD_POISON)
            mp_write_bool(&w, true);
        else
            mp_write_double(&w, NAN);
    }
    assert(mp_write_fits(&w));
    return w.need;
}
