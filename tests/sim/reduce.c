#include "tests/sim/reduce.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/truth.h"

enum { OTHERS_MAX = 8 };

/* X(name, field of the scenario that is set to 0) */
#define REDUCE_PARTS(X)                                                                                                \
    X(kills, kills)                                                                                                    \
    X(drains, drains)                                                                                                  \
    X(alloc_faults, alloc_faults)                                                                                      \
    X(outages, outages)                                                                                                \
    X(denials, denials)                                                                                                \
    X(vanishings, vanishings)                                                                                          \
    X(remakes, remakes)                                                                                                \
    X(cuts, cut_rate)                                                                                                  \
    X(half_dead, half_dead_rate)                                                                                       \
    X(lazy_readers, lazy_reader_rate)                                                                                  \
    X(early_hangups, early_hangup_rate)                                                                                \
    X(slowness, slow_rate)                                                                                             \
    X(throttles, throttle_rate)                                                                                        \
    X(partials, partial_rate)                                                                                          \
    X(errors, error_rate)                                                                                              \
    X(lost_before, lost_before_rate)                                                                                   \
    X(lost_after, lost_after_rate)                                                                                     \
    X(lateness, late_rate)                                                                                             \
    X(corruption, corrupt_rate)                                                                                        \
    X(hot_keys, hot_rate)                                                                                              \
    X(deletes, delete_rate)                                                                                            \
    X(bad_items, bad_rate)                                                                                             \
    X(poison, poison_rate)                                                                                             \
    X(flushes, flush_rate)                                                                                             \
    X(aborts, abort_rate)                                                                                              \
    X(crashes, crash_rate)                                                                                             \
    X(leavers, leave_rate)                                                                                             \
    X(discards, discard_rate)                                                                                          \
    X(pads, pad_bytes)                                                                                                 \
    X(delay, delay_ms)                                                                                                 \
    X(thinking, think_ms)

enum part {
#define X(name, field) PART_##name,
    REDUCE_PARTS(X)
#undef X
        PART_COUNT_
};

static const char *const names[] = {
#define X(name, field) #name,
    REDUCE_PARTS(X)
#undef X
};

static uint32_t *part_field(struct scenario *s, uint32_t i)
{
    uint32_t *const fields[] = {
#define X(name, field) &s->field,
        REDUCE_PARTS(X)
#undef X
    };
    return fields[i];
}

void reduce_apply(const struct reduce *c, struct scenario *s)
{
    for (uint32_t i = 0; i < PART_COUNT_; i++)
        if ((c->parts >> i & 1) != 0)
            *part_field(s, i) = 0;
    if (c->heal_ms != 0 && c->heal_ms < s->heal_ms)
        s->heal_ms = c->heal_ms > REDUCE_HEAL_MIN_MS ? c->heal_ms : REDUCE_HEAL_MIN_MS;
}

uint32_t reduce_count(void)
{
    return PART_COUNT_ + TRUTH_WRITERS_MAX + 2 * OTHERS_MAX;
}

static bool add_bit(uint32_t *mask, uint32_t i, uint32_t count)
{
    if (i >= count || (*mask >> i & 1) != 0)
        return false;
    *mask |= 1u << i;
    return true;
}

bool reduce_add(struct reduce *c, const struct scenario *s, uint32_t i)
{
    struct scenario copy = *s;
    if (i < TRUTH_WRITERS_MAX)
        return add_bit(&c->writers, i, s->clients + s->clients / 2);
    i -= TRUTH_WRITERS_MAX;
    if (i < OTHERS_MAX)
        return add_bit(&c->hostiles, i, s->hostiles);
    i -= OTHERS_MAX;
    if (i < OTHERS_MAX)
        return add_bit(&c->askers, i, s->askers);
    i -= OTHERS_MAX;
    if (i >= PART_COUNT_ || (c->parts >> i & 1) != 0 || *part_field(&copy, i) == 0)
        return false;
    c->parts |= UINT64_C(1) << i;
    return true;
}

/* Parses "writer3" with the word "writer" as bit 3. */
static bool read_number(const char *name, const char *word, uint32_t limit, uint32_t *mask)
{
    size_t n = strlen(word);
    char *end;
    if (strncmp(name, word, n) != 0 || name[n] < '0' || name[n] > '9')
        return false;
    unsigned long i = strtoul(name + n, &end, 10);
    if (*end != '\0' || i >= limit)
        return false;
    *mask |= 1u << i;
    return true;
}

static bool read_name(struct reduce *c, const char *name)
{
    for (uint32_t i = 0; i < PART_COUNT_; i++)
        if (strcmp(name, names[i]) == 0) {
            c->parts |= UINT64_C(1) << i;
            return true;
        }
    return read_number(name, "writer", TRUTH_WRITERS_MAX, &c->writers) ||
           read_number(name, "hostile", OTHERS_MAX, &c->hostiles) || read_number(name, "asker", OTHERS_MAX, &c->askers);
}

bool reduce_read(struct reduce *c, const char *text)
{
    while (*text != '\0') {
        char name[32];
        size_t n = strcspn(text, ",");
        if (n >= sizeof name)
            return false;
        memcpy(name, text, n);
        name[n] = '\0';
        if (!read_name(c, name))
            return false;
        text += n + (text[n] == ',');
    }
    return true;
}

static void print(char *out, size_t *n, const char *text)
{
    *n += (size_t)snprintf(out + *n, REDUCE_TEXT - *n, "%s", text);
}

static void print_numbers(char *out, size_t *n, const char **comma, const char *word, uint32_t mask)
{
    for (uint32_t i = 0; i < 32; i++) {
        char name[48];
        if ((mask >> i & 1) == 0)
            continue;
        snprintf(name, sizeof name, "%s%s%u", *comma, word, i);
        print(out, n, name);
        *comma = ",";
    }
}

void reduce_print(const struct reduce *c, char out[REDUCE_TEXT])
{
    size_t n = 0;
    const char *comma = " --without ";
    char number[64];
    out[0] = '\0';
    for (uint32_t i = 0; i < PART_COUNT_; i++) {
        if ((c->parts >> i & 1) == 0)
            continue;
        print(out, &n, comma);
        print(out, &n, names[i]);
        comma = ",";
    }
    print_numbers(out, &n, &comma, "writer", c->writers);
    print_numbers(out, &n, &comma, "hostile", c->hostiles);
    print_numbers(out, &n, &comma, "asker", c->askers);
    snprintf(number, sizeof number, " --ops %" PRIu64, c->ops_max);
    if (c->ops_max != 0)
        print(out, &n, number);
    snprintf(number, sizeof number, " --heal %" PRIu64, c->heal_ms);
    if (c->heal_ms != 0)
        print(out, &n, number);
}
