/* shrink: see shrink.h. */
#include "tests/sim/shrink.h"

#include <string.h>

enum { TRIES_MAX = 400 };

struct shrinking {
    struct run *run;
    struct world_options *options;
    int mutant;
    uint64_t seed;
    char complaint[WORLD_VIOLATION];
    uint64_t lines, ops; /* of the smallest failing run so far */
    struct scenario scenario;
    uint32_t tries;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool shrink_same(const char *a, const char *b)
{
    for (;;) {
        bool number = is_digit(*a) && is_digit(*b);
        while (number && is_digit(*a))
            a++;
        while (number && is_digit(*b))
            b++;
        if (*a != *b)
            return false;
        if (*a == '\0' || *a == ';')
            return true;
        a++;
        b++;
    }
}

static void keep(struct shrinking *s)
{
    const struct world *w = run_world(s->run);
    s->lines = w->lines;
    s->ops = w->ops;
    s->scenario = w->scenario;
}

/* True if the failure persists without this, too. */
static bool try(struct shrinking *s, const struct reduce *reduce)
{
    struct world_options options = *s->options;
    if (s->tries++ >= TRIES_MAX)
        return false;
    options.reduce = *reduce;
    run_seed(s->run, s->seed, &options, s->mutant);
    if (s->run->end == RUN_PASSED || !shrink_same(s->run->complaint, s->complaint) ||
        run_world(s->run)->lines > s->lines)
        return false;
    s->options->reduce = *reduce;
    keep(s);
    return true;
}

/* Find the lowest number that still fails, assuming that all higher ones fail. */
static void bisect(struct shrinking *s, uint64_t low, uint64_t high, uint64_t step, size_t member)
{
    while (high - low > step) {
        uint64_t middle = low + (high - low) / 2;
        struct reduce reduce = s->options->reduce;
        memcpy((char *)&reduce + member, &middle, sizeof middle);
        if (try(s, &reduce))
            high = middle;
        else
            low = middle;
    }
}

static bool drop_each(struct shrinking *s)
{
    bool dropped = false;
    for (uint32_t i = 0; i < reduce_count(); i++) {
        struct reduce reduce = s->options->reduce;
        if (reduce_add(&reduce, &s->scenario, i))
            dropped |= try(s, &reduce);
    }
    return dropped;
}

void shrink(struct run *r, struct world_options *options, int m)
{
    struct shrinking s = {.run = r, .options = options, .mutant = m, .seed = r->seed};
    memcpy(s.complaint, r->complaint, sizeof s.complaint);
    keep(&s);
    do {
        bisect(&s, 0, s.ops, 1, offsetof(struct reduce, ops_max));
        bisect(&s, REDUCE_HEAL_MIN_MS, s.scenario.heal_ms, 200, offsetof(struct reduce, heal_ms));
    } while (drop_each(&s) && s.tries < TRIES_MAX);
    options->tail = true;
    run_seed(r, s.seed, options, m);
}
