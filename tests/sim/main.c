/* sim: the deterministic simulator: many clients, the engine and a modelled DynamoDB on a virtual clock, judged by the
 * oracle. A failure prints the seed and the command that plays it again.
 *
 *   sim --seed N [--verbose] [--steps M] [--mutant NAME]
 *   sim --seeds A..B [--mutant NAME]
 *   sim_mutants --catch            every mutant must be caught, the unbroken engine must pass
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/mutant.h"
#include "tests/sim/catch.h"
#include "tests/sim/world.h"

enum { EXIT_USAGE = 2 };

struct arguments {
    uint64_t first, last;
    struct world_options options;
    enum mutant mutant;
    bool catch;
};

/* What an assert of the engine or the client core finds when it ends the process. */
static struct world world;
static const char *program;

static void on_abort(int signal_number)
{
    char line[256];
    int n = snprintf(line, sizeof line,
                     "seed %" PRIu64 ", step %" PRIu64 ", %" PRIu64
                     " ms: an assertion failed\n  play it again: %s --seed %" PRIu64 " --verbose\n",
                     world.scenario.seed, world.steps, world.now.mono_ms, program, world.scenario.seed);
    (void)signal_number;
    if (write(STDERR_FILENO, line, (size_t)n) != n)
        _exit(1);
}

static bool play(uint64_t seed, const struct arguments *a)
{
    world_init(&world, seed, &a->options);
    world_run(&world);
    world_fini(&world);
    if (!world.violated)
        return true;
    fprintf(stderr,
            "seed %" PRIu64 ", step %" PRIu64 ", %" PRIu64 " ms: %s\n  play it again: %s --seed %" PRIu64
            "%s%s --verbose\n",
            seed, world.steps, world.now.mono_ms, world.violation, program, seed,
            a->mutant != MUTANT_NONE ? " --mutant " : "", a->mutant != MUTANT_NONE ? catch_name(a->mutant) : "");
    return false;
}

static int play_all(const struct arguments *a)
{
    uint64_t failed = 0, steps = 0;
    for (uint64_t seed = a->first; seed <= a->last; seed++) {
        failed += !play(seed, a);
        steps += world.steps;
    }
    printf("%" PRIu64 " seeds, %" PRIu64 " steps, %" PRIu64 " failed\n", a->last - a->first + 1, steps, failed);
    return failed > 0;
}

/* ---- arguments ---- */

static bool read_number(const char *text, const char **ret_end, uint64_t *ret)
{
    char *end;
    errno = 0;
    *ret = strtoull(text, &end, 10);
    *ret_end = end;
    return errno == 0 && end != text && text[0] != '-';
}

static bool read_range(const char *text, struct arguments *a)
{
    const char *end;
    if (!read_number(text, &end, &a->first))
        return false;
    a->last = a->first;
    if (strncmp(end, "..", 2) == 0 && !read_number(end + 2, &end, &a->last))
        return false;
    return *end == '\0' && a->last >= a->first;
}

static bool read_value(const char *name, const char *value, struct arguments *a)
{
    const char *end;
    if (strcmp(name, "--seed") == 0 || strcmp(name, "--seeds") == 0)
        return read_range(value, a);
    if (strcmp(name, "--steps") == 0)
        return read_number(value, &end, &a->options.steps_max) && *end == '\0';
    if (strcmp(name, "--mutant") == 0)
        return catch_find(value, &a->mutant);
    return false;
}

static bool read_arguments(int argc, char **argv, struct arguments *a)
{
    *a = (struct arguments){.first = 1, .last = 200, .options = {.check = true}};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--verbose") == 0)
            a->options.verbose = true;
        else if (strcmp(argv[i], "--catch") == 0)
            a->catch = true;
        else if (i + 1 == argc || !read_value(argv[i], argv[i + 1], a))
            return false;
        else
            i++;
    }
    a->options.check = a->mutant == MUTANT_NONE;
    return true;
}

int main(int argc, char **argv)
{
    struct arguments a;
    program = argv[0];
    if (!read_arguments(argc, argv, &a)) {
        fprintf(stderr, "usage: %s [--seed N | --seeds A..B] [--steps M] [--mutant NAME] [--verbose] [--catch]\n",
                argv[0]);
        return EXIT_USAGE;
    }
    if (a.catch)
        return catch_all(a.first, a.last);
    if (!catch_set(a.mutant)) {
        fprintf(stderr, "%s: mutants are only in sim_mutants\n", argv[0]);
        return EXIT_USAGE;
    }
    signal(SIGABRT, on_abort);
    return play_all(&a);
}
