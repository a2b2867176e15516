/* mutation_run: see mutation_run.h. Every run is a separate process. A mutant may also hit an assertion or loop
 * forever; that does not count, because the oracle did not detect it.
 */
#include "tests/sim/mutation_run.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tests/sim/mutant.h"
#include "tests/sim/run.h"

bool mutation_run_find(const char *name, int *ret)
{
    for (int m = MUTANT_NONE; mutant_names[m] != NULL; m++)
        if (strcmp(name, mutant_names[m]) == 0) {
            *ret = m;
            return true;
        }
    fprintf(stderr, "no mutant is called '%s' here: sim_mutants has those of tests/sim/mutants.txt\n", name);
    return false;
}

static bool run_mutant(struct run *r, int m, uint64_t first, uint64_t last)
{
    const struct world_options options = {.check = false};
    uint32_t died = 0;
    for (uint64_t seed = first; seed <= last; seed++) {
        run_seed(r, seed, &options, m);
        if (r->end == RUN_VIOLATED) {
            printf("%-22s caught by seed %" PRIu64 ", step %" PRIu64 ": %.300s\n", mutant_names[m], seed, r->steps,
                   r->complaint);
            return true;
        }
        died += r->end == RUN_DIED;
    }
    printf("%-22s NOT caught in seeds %" PRIu64 "..%" PRIu64 " (%u died otherwise)\n", mutant_names[m], first, last,
           died);
    return false;
}

int mutation_run_all(uint64_t first, uint64_t last)
{
    const struct world_options options = {.check = true};
    struct run r;
    bool failed = false;
    int mutants = 0, caught = 0;
    run_open(&r);
    run_start(&r, first, last, &options, MUTANT_NONE);
    run_wait(&r);
    if (r.end != RUN_PASSED) {
        printf("the unbroken engine fails seed %" PRIu64 ": %s\n", r.seed, r.complaint);
        failed = true;
    }
    for (int m = MUTANT_NONE + 1; mutant_names[m] != NULL; m++, mutants++)
        caught += run_mutant(&r, m, first, last);
    run_close(&r);
    if (mutants == 0)
        printf("this program has no mutants: sim_mutants has them\n");
    else
        printf("%d of %d mutants caught in seeds %" PRIu64 "..%" PRIu64 "\n", caught, mutants, first, last);
    return failed || mutants == 0 || caught < mutants;
}
