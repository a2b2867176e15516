/* catch: see catch.h. Every run is a process of its own: a mutant may also run into an assertion or a loop, which is no
 * merit of the oracle and does not count.
 */
#include "tests/sim/catch.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tests/sim/run.h"

static const char *const names[] = {"NONE",
#define X(NAME, text) #NAME,
                                    DDBS_MUTANTS_LIST(X)
#undef X
};

const char *catch_name(enum mutant m)
{
    return names[m];
}

bool catch_find(const char *name, enum mutant *ret)
{
    for (int m = 0; m < MUTANT_COUNT_; m++)
        if (strcmp(name, names[m]) == 0) {
            *ret = (enum mutant)m;
            return true;
        }
    return false;
}

#ifdef DDBS_MUTANTS
enum mutant mutant_on = MUTANT_NONE;

bool catch_set(enum mutant m)
{
    mutant_on = m;
    return true;
}
#else
bool catch_set(enum mutant m)
{
    return m == MUTANT_NONE;
}
#endif

static bool catch_one(struct run *r, enum mutant m, uint64_t first, uint64_t last)
{
    const struct world_options options = {.check = false};
    uint32_t died = 0;
    for (uint64_t seed = first; seed <= last; seed++) {
        run_seed(r, seed, &options, m);
        if (r->end == RUN_VIOLATED) {
            printf("%-22s caught by seed %" PRIu64 ", step %" PRIu64 ": %.300s\n", names[m], seed, r->steps,
                   r->complaint);
            return true;
        }
        died += r->end == RUN_DIED;
    }
    printf("%-22s NOT caught in seeds %" PRIu64 "..%" PRIu64 " (%u died otherwise)\n", names[m], first, last, died);
    return false;
}

int catch_all(uint64_t first, uint64_t last)
{
    const struct world_options options = {.check = true};
    struct run r;
    int failed = 0;
    run_open(&r);
    run_start(&r, first, last, &options, MUTANT_NONE);
    run_wait(&r);
    if (r.end != RUN_PASSED) {
        printf("the unbroken engine fails seed %" PRIu64 ": %s\n", r.seed, r.complaint);
        failed++;
    }
    for (int m = MUTANT_NONE + 1; m < MUTANT_COUNT_; m++)
        failed += !catch_one(&r, (enum mutant)m, first, last);
    run_close(&r);
    return failed > 0;
}
