/* catch: see catch.h. Every run is a process of its own: a mutant may also run into an assertion or a loop, which is no
 * merit of the oracle and does not count.
 */
#include "tests/sim/catch.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/sim/world.h"

enum { CAUGHT = 3, RUN_LIMIT_S = 30 };

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

/* In a child: 0: the seed passed; CAUGHT: the oracle protested, its sentence is in the pipe. */
static int run_child(enum mutant m, uint64_t seed, int out)
{
    static struct world world;
    struct world_options options = {.check = m == MUTANT_NONE};
    const struct rlimit no_core = {0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    alarm(RUN_LIMIT_S);
    catch_set(m);
    world_init(&world, seed, &options);
    world_run(&world);
    if (!world.violated)
        world_fini(&world);
    if (!world.violated)
        return 0;
    size_t n = strlen(world.violation);
    return write(out, world.violation, n) == (ssize_t)n ? CAUGHT : EXIT_FAILURE;
}

/* CAUGHT, 0, or anything else for a child that died. */
static int run_seed(enum mutant m, uint64_t seed, char *sentence, size_t cap)
{
    int fds[2], status = 0;
    fflush(NULL);
    if (pipe(fds) != 0)
        return EXIT_FAILURE;
    pid_t child = fork();
    if (child == 0) {
        close(fds[0]);
        _Exit(freopen("/dev/null", "w", stderr) == NULL ? EXIT_FAILURE : run_child(m, seed, fds[1]));
    }
    close(fds[1]);
    ssize_t n = child > 0 ? read(fds[0], sentence, cap - 1) : 0;
    sentence[n > 0 ? n : 0] = '\0';
    close(fds[0]);
    if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status))
        return EXIT_FAILURE;
    return WEXITSTATUS(status);
}

static bool catch_one(enum mutant m, uint64_t first, uint64_t last)
{
    char sentence[WORLD_VIOLATION];
    uint32_t died = 0;
    for (uint64_t seed = first; seed <= last; seed++) {
        int code = run_seed(m, seed, sentence, sizeof sentence);
        if (code == CAUGHT) {
            printf("%-22s caught by seed %" PRIu64 ": %.300s\n", names[m], seed, sentence);
            return true;
        }
        died += code != 0;
    }
    printf("%-22s NOT caught in seeds %" PRIu64 "..%" PRIu64 " (%u died otherwise)\n", names[m], first, last, died);
    return false;
}

int catch_all(uint64_t first, uint64_t last)
{
    char sentence[WORLD_VIOLATION];
    int failed = 0;
    for (uint64_t seed = first; seed <= last; seed++)
        if (run_seed(MUTANT_NONE, seed, sentence, sizeof sentence) != 0) {
            printf("the unbroken engine fails seed %" PRIu64 ": %s\n", seed, sentence);
            failed++;
        }
    for (int m = MUTANT_NONE + 1; m < MUTANT_COUNT_; m++)
        failed += !catch_one((enum mutant)m, first, last);
    return failed > 0;
}
