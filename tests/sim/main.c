/* sim: the deterministic simulator: many clients, the engine and a modelled DynamoDB on a virtual clock, checked by the
 * oracle. On a failure it prints seed and step, shrinks the scenario, and prints the commands that replay both exactly.
 *
 *     sim --seeds A..B [--jobs N] [--mutant NAME]
 *     sim --seed N [--without NAME,...] [--ops N] [--heal MS] [--steps M] [--mutant NAME] [--verbose]
 *     sim_mutants --catch [--seeds A..B]   every mutant must be caught, the unmodified engine must pass
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "tests/sim/mutant.h"
#include "tests/sim/mutation_run.h"
#include "tests/sim/shrink.h"

enum { EXIT_USAGE = 2, JOBS_MAX = 64, SEEDS_PER_CHILD = 50, SHRUNK_MAX = 3 };

struct arguments {
    uint64_t first, last, jobs;
    struct world_options options;
    int mutant;
    bool catch;
};

static const char *program;

/* ---- printing a failure ---- */

static void print_command(const char *what, uint64_t seed, const struct world_options *o, int m)
{
    char reduce[REDUCE_TEXT], steps[32] = "";
    reduce_print(&o->reduce, reduce);
    if (o->steps_max > 0)
        snprintf(steps, sizeof steps, " --steps %" PRIu64, o->steps_max);
    fprintf(stderr, "  %s: %s --seed %" PRIu64 "%s%s%s%s --verbose\n", what, program, seed, reduce, steps,
            m != MUTANT_NONE ? " --mutant " : "", m != MUTANT_NONE ? mutant_names[m] : "");
}

static void print_failure(uint64_t seed, const struct world *w, const char *complaint)
{
    fprintf(stderr, "seed %" PRIu64 ", step %" PRIu64 ", %" PRIu64 " ms: %s\n", seed, w->steps, w->now.mono_ms,
            complaint);
}

static void print_tail(const struct world *w)
{
    uint64_t from = w->lines > WORLD_TAIL ? w->lines - WORLD_TAIL : 0;
    fprintf(stderr, "  its trace%s:\n", from > 0 ? ", the end of it" : "");
    for (uint64_t n = from; n < w->lines; n++)
        fprintf(stderr, "    %s\n", w->tail[n % WORLD_TAIL]);
}

static void report(struct run *r, const struct arguments *a, bool small)
{
    struct world_options options = a->options;
    uint64_t seed = r->seed, lines = run_world(r)->lines;
    print_failure(seed, run_world(r), r->complaint);
    print_command("play it again", seed, &options, a->mutant);
    if (!small)
        return;
    shrink(r, &options, a->mutant);
    fprintf(stderr, "  made small, %" PRIu64 " of %" PRIu64 " lines of trace: ", run_world(r)->lines, lines);
    print_failure(seed, run_world(r), r->complaint);
    print_command("play that again", seed, &options, a->mutant);
    print_tail(run_world(r));
}

/* ---- many seeds, in several processes ---- */

struct play {
    const struct arguments *arguments;
    struct run runs[JOBS_MAX];
    uint64_t next; /* next seed to start */
    uint64_t failed, steps;
};

static void start_next(struct play *p, struct run *r)
{
    const struct arguments *a = p->arguments;
    if (p->next > a->last)
        return;
    uint64_t last = a->last - p->next < SEEDS_PER_CHILD ? a->last : p->next + SEEDS_PER_CHILD - 1;
    run_start(r, p->next, last, &a->options, a->mutant);
    p->next = last + 1;
}

static void take(struct play *p, struct run *r, int status)
{
    const struct arguments *a = p->arguments;
    uint64_t last = r->last;
    run_take(r, status);
    p->steps += r->steps;
    if (r->end == RUN_PASSED) {
        start_next(p, r);
        return;
    }
    uint64_t seed = r->seed;
    report(r, a, p->failed++ < SHRUNK_MAX);
    if (seed < last)
        run_start(r, seed + 1, last, &a->options, a->mutant);
    else
        start_next(p, r);
}

static bool take_any(struct play *p)
{
    int status;
    pid_t child = waitpid(-1, &status, 0);
    for (uint64_t i = 0; child > 0 && i < p->arguments->jobs; i++)
        if (p->runs[i].child == child)
            take(p, &p->runs[i], status);
    return child > 0;
}

static int play_all(const struct arguments *a)
{
    static struct play p;
    p.arguments = a;
    p.next = a->first;
    for (uint64_t i = 0; i < a->jobs; i++) {
        run_open(&p.runs[i]);
        start_next(&p, &p.runs[i]);
    }
    while (take_any(&p))
        ;
    for (uint64_t i = 0; i < a->jobs; i++)
        run_close(&p.runs[i]);
    printf("%" PRIu64 " seeds, %" PRIu64 " steps, %" PRIu64 " failed\n", a->last - a->first + 1, p.steps, p.failed);
    return p.failed > 0;
}

/* Play with the full trace in this process, for a debugger. After a violation the state stays as it was. */
static int play_aloud(const struct arguments *a)
{
    static struct world world;
    for (uint64_t seed = a->first; seed <= a->last; seed++) {
        world_init(&world, seed, &a->options);
        world_run(&world);
        if (!world.violated)
            world_fini(&world);
        if (!world.violated)
            continue;
        print_failure(seed, &world, world.violation);
        print_command("play it again", seed, &a->options, a->mutant);
        return 1;
    }
    return 0;
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
    return *end == '\0' && a->last >= a->first && a->last < UINT64_MAX;
}

static bool read_value(const char *name, const char *value, struct arguments *a)
{
    const struct {
        const char *name;
        uint64_t *number;
    } numbers[] = {{"--steps", &a->options.steps_max},
                   {"--ops", &a->options.reduce.ops_max},
                   {"--heal", &a->options.reduce.heal_ms},
                   {"--jobs", &a->jobs}};
    const char *end;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (strcmp(name, numbers[i].name) == 0)
            return read_number(value, &end, numbers[i].number) && *end == '\0';
    if (strcmp(name, "--seed") == 0 || strcmp(name, "--seeds") == 0)
        return read_range(value, a);
    if (strcmp(name, "--without") == 0)
        return reduce_read(&a->options.reduce, value);
    if (strcmp(name, "--mutant") == 0)
        return mutation_run_find(value, &a->mutant);
    return false;
}

static bool read_arguments(int argc, char **argv, struct arguments *a)
{
    *a = (struct arguments){.first = 1, .last = 200, .jobs = 1};
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
    return a->jobs >= 1 && a->jobs <= JOBS_MAX;
}

int main(int argc, char **argv)
{
    struct arguments a;
    program = argv[0];
    if (!read_arguments(argc, argv, &a)) {
        fprintf(
            stderr,
            "usage: %s [--seed N | --seeds A..B] [--jobs N] [--without NAME,...] [--ops N] [--heal MS] [--steps M]\n"
            "       [--mutant NAME] [--verbose] [--catch]\n",
            argv[0]);
        return EXIT_USAGE;
    }
    if (a.catch)
        return mutation_run_all(a.first, a.last);
    mutant_on = a.mutant;
    return a.options.verbose ? play_aloud(&a) : play_all(&a);
}
