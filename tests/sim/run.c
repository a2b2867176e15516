/* run: see run.h. */
#include "tests/sim/run.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/sim/mutant.h"

enum { EXIT_VIOLATED = 3, RUN_LIMIT_S = 60 };

struct run_shared {
    struct world world;
    uint64_t steps; /* of the previous seeds */
};

void run_open(struct run *r)
{
    *r = (struct run){.words = tmpfile()};
    r->shared = mmap(NULL, sizeof *r->shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (r->words == NULL || r->shared == MAP_FAILED) {
        perror("sim: a file or memory to share");
        exit(EXIT_FAILURE);
    }
}

void run_close(struct run *r)
{
    fclose(r->words);
    munmap(r->shared, sizeof *r->shared);
}

const struct world *run_world(const struct run *r)
{
    return &r->shared->world;
}

static void play(struct run_shared *s, uint64_t first, uint64_t last, const struct world_options *options)
{
    for (uint64_t seed = first; seed <= last; seed++) {
        alarm(RUN_LIMIT_S);
        world_init(&s->world, seed, options);
        world_run(&s->world);
        if (!s->world.violated)
            world_fini(&s->world);
        if (s->world.violated)
            _Exit(EXIT_VIOLATED); /* without freeing anything */
        s->steps += s->world.steps;
    }
    exit(EXIT_SUCCESS); /* not _Exit: the sanitizer checks for leaks */
}

void run_start(struct run *r, uint64_t first, uint64_t last, const struct world_options *options, int m)
{
    const struct rlimit no_core = {0, 0};
    r->last = last;
    r->shared->steps = r->shared->world.steps = 0;
    r->shared->world.scenario.seed = first;
    rewind(r->words);
    if (ftruncate(fileno(r->words), 0) != 0)
        perror("sim: ftruncate");
    fflush(NULL);
    r->child = fork();
    if (r->child < 0) {
        perror("sim: fork");
        exit(EXIT_FAILURE);
    }
    if (r->child > 0)
        return;
    setrlimit(RLIMIT_CORE, &no_core);
    dup2(fileno(r->words), STDERR_FILENO);
    mutant_on = m;
    play(r->shared, first, last, options);
}

static void take_words(struct run *r, int status)
{
    rewind(r->words);
    if (fgets(r->complaint, sizeof r->complaint, r->words) != NULL)
        r->complaint[strcspn(r->complaint, "\n")] = '\0';
    else
        snprintf(r->complaint, sizeof r->complaint, "ended by %s %d", WIFSIGNALED(status) ? "signal" : "exit status",
                 WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

void run_take(struct run *r, int status)
{
    const struct world *w = &r->shared->world;
    r->child = 0;
    r->seed = w->scenario.seed;
    r->steps = r->shared->steps;
    r->complaint[0] = '\0';
    if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS) {
        r->end = RUN_PASSED;
        return;
    }
    r->end = WIFEXITED(status) && WEXITSTATUS(status) == EXIT_VIOLATED ? RUN_VIOLATED : RUN_DIED;
    r->steps += w->steps;
    if (r->end == RUN_VIOLATED)
        memcpy(r->complaint, w->violation, sizeof r->complaint);
    else
        take_words(r, status);
}

void run_wait(struct run *r)
{
    int status;
    if (waitpid(r->child, &status, 0) != r->child) {
        perror("sim: waitpid");
        exit(EXIT_FAILURE);
    }
    run_take(r, status);
}

void run_seed(struct run *r, uint64_t seed, const struct world_options *options, int m)
{
    run_start(r, seed, seed, options, m);
    run_wait(r);
}
