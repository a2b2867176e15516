/* foopojo_job: see foopojo_job.h. */
#include "client/c/examples/foopojo_job.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "client/c/examples/pojo.h"

enum { EXIT_NO_MORE = 0, EXIT_LEFT_EARLY = 10, EXIT_INTERRUPTED = 130, PROGRESS_MS = 200, ERRMSG_SIZE = 800 };

enum part_state { PART_WAITING, PART_RUNNING, PART_DONE, PART_FAILED };

/* Shared memory of parent and workers. A partition's slot is written by the worker that runs it, and by the parent once
 * that worker has died. */
struct shared {
    _Atomic uint32_t next; /* the first partition that no worker has taken */
    _Atomic bool stop;     /* workers must take no more partitions */
    struct part_progress progress;
    struct part_slot {
        _Atomic int state;
        pid_t pid;
        char errmsg[ERRMSG_SIZE];
    } parts[];
};

struct job {
    const struct job_options *options;
    struct shared *shared;
    struct timespec started;
    sigset_t old_mask;
    pid_t parent;
    uint32_t started_count, alive, left_early;
    bool interrupted, on_terminal;
    char *errmsg;
};

static double seconds_since(const struct timespec *from)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - from->tv_sec) + (double)(now.tv_nsec - from->tv_nsec) / 1e9;
}

/* ---- in a worker ---- */

/* After how many partitions a worker leaves early; 0: it stays. Of the first workers every third stays; replacements
 * always stay. */
static uint32_t stay_of(const struct job_options *o, uint32_t index)
{
    return index < o->workers ? index % 3 : 0;
}

static void run_part(const struct job *j, uint32_t number)
{
    struct part_slot *slot = &j->shared->parts[number];
    struct part_task task = j->options->task;
    task.number = number;
    task.size = pojo_partition_size(j->options->records, j->options->partitions, number);
    slot->pid = getpid();
    atomic_store(&slot->state, PART_RUNNING);
    if (foopojo_part_run(&task, &j->shared->progress, slot->errmsg, sizeof slot->errmsg) == 0) {
        atomic_store(&slot->state, PART_DONE);
        return;
    }
    atomic_store(&slot->state, PART_FAILED);
    atomic_store(&j->shared->stop, true);
}

static int work(const struct job *j, uint32_t index)
{
    uint32_t stay = stay_of(j->options, index);
    sigprocmask(SIG_SETMASK, &j->old_mask, NULL);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != j->parent)
        return EXIT_INTERRUPTED; /* the parent died before prctl took effect */
    for (uint32_t done = 0; !atomic_load(&j->shared->stop); done++) {
        if (stay != 0 && done == stay)
            return EXIT_LEFT_EARLY;
        uint32_t number = atomic_fetch_add(&j->shared->next, 1);
        if (number >= j->options->partitions)
            break;
        run_part(j, number);
    }
    return EXIT_NO_MORE;
}

/* ---- in the parent ---- */

static void fail(struct job *j, const char *text)
{
    if (j->errmsg[0] == '\0')
        snprintf(j->errmsg, JOB_ERRMSG_SIZE, "%s", text);
    atomic_store(&j->shared->stop, true);
}

/* Returns 0 in the new worker; in the parent its pid, or a negative value after an error, which is recorded. */
static pid_t start_worker(struct job *j)
{
    fflush(NULL); /* otherwise the child would print the parent's buffered output again */
    pid_t pid = fork();
    if (pid > 0) {
        j->started_count++;
        j->alive++;
    } else if (pid < 0) {
        char text[128];
        snprintf(text, sizeof text, "cannot start a worker: %s", strerror(errno));
        fail(j, text);
    }
    return pid;
}

/* Mark the partition of a worker that died as failed. */
static void part_mark_dead(struct job *j, pid_t pid, int status)
{
    for (uint32_t i = 0; i < j->options->partitions; i++) {
        struct part_slot *slot = &j->shared->parts[i];
        if (slot->pid != pid || atomic_load(&slot->state) != PART_RUNNING)
            continue;
        if (WIFSIGNALED(status))
            snprintf(slot->errmsg, sizeof slot->errmsg, "its worker was killed by signal %d", WTERMSIG(status));
        else
            snprintf(slot->errmsg, sizeof slot->errmsg, "its worker ended with exit code %d", WEXITSTATUS(status));
        atomic_store(&slot->state, PART_FAILED);
        foopojo_part_discard(j->options->task.output, i);
    }
    fail(j, j->interrupted ? "interrupted" : "a worker died");
}

/* Reap the workers that have ended, and replace those that left early. True in a new worker. */
static bool reap(struct job *j)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        j->alive--;
        bool left = WIFEXITED(status) && WEXITSTATUS(status) == EXIT_LEFT_EARLY;
        j->left_early += left;
        if (!left && !(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_NO_MORE))
            part_mark_dead(j, pid, status);
        bool more = !atomic_load(&j->shared->stop) && atomic_load(&j->shared->next) < j->options->partitions;
        if (left && more && start_worker(j) == 0)
            return true;
    }
    return false;
}

static void show_progress(struct job *j, bool last)
{
    if (!j->options->progress || (!last && !j->on_terminal))
        return;
    struct part_progress *p = &j->shared->progress;
    uint64_t put = atomic_load(&p->put);
    double seconds = seconds_since(&j->started);
    fprintf(stderr, "%s%" PRIu64 " of %" PRIu64 " records put, %.0f/s, %" PRIu32 " of %" PRIu32 " partitions flushed%s",
            j->on_terminal ? "\r" : "", put, j->options->records, seconds > 0 ? (double)put / seconds : 0,
            atomic_load(&p->flushes), j->options->partitions, last ? "\n" : "  ");
}

/* Send SIGTERM to workers that run a partition. Called repeatedly until none is left, because a worker may have taken a
 * partition without having marked it as running yet. */
static void stop_parts(const struct job *j)
{
    for (uint32_t i = 0; i < j->options->partitions; i++) {
        const struct part_slot *slot = &j->shared->parts[i];
        if (atomic_load(&slot->state) == PART_RUNNING)
            kill(slot->pid, SIGTERM);
    }
}

/* Wait for the workers. True in a new worker. */
static bool watch(struct job *j, const sigset_t *signals)
{
    struct timespec wait = {.tv_nsec = PROGRESS_MS * 1000000L};
    while (j->alive > 0) {
        int sig = sigtimedwait(signals, NULL, &wait);
        if (sig == SIGINT || sig == SIGTERM) {
            j->interrupted = true;
            fail(j, "interrupted");
        }
        if (j->interrupted)
            stop_parts(j);
        if (reap(j))
            return true;
        show_progress(j, false);
    }
    show_progress(j, true);
    return false;
}

/* Fill in the report, and put the first failed partition into errmsg. Returns the exit code. */
static int report_fill(struct job *j, struct job_report *ret_report)
{
    const struct job_options *o = j->options;
    struct job_report r = {.processes = j->started_count, .left_early = j->left_early};
    struct rusage usage;
    for (uint32_t i = o->partitions; i-- > 0;) {
        struct part_slot *slot = &j->shared->parts[i];
        int state = atomic_load(&slot->state);
        r.partitions += state == PART_DONE;
        r.records += state == PART_DONE ? pojo_partition_size(o->records, o->partitions, i) : 0;
        if (state == PART_FAILED && !j->interrupted)
            snprintf(j->errmsg, JOB_ERRMSG_SIZE, "partition %" PRIu32 ": %s", i, slot->errmsg);
    }
    r.seconds = seconds_since(&j->started);
    getrusage(RUSAGE_CHILDREN, &usage);
    r.cpu_seconds = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                    (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    *ret_report = r;
    if (j->interrupted)
        return EXIT_INTERRUPTED;
    return r.partitions == o->partitions ? 0 : 1;
}

/* Start the workers and wait for them. True in a worker; *ret_code is its exit code. */
static bool run_workers(struct job *j, int *ret_code)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGCHLD);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    signal(SIGCHLD, SIG_DFL);
    sigprocmask(SIG_BLOCK, &signals, &j->old_mask);
    uint32_t wanted = j->options->workers < j->options->partitions ? j->options->workers : j->options->partitions;
    bool worker = false;
    while (!worker && j->started_count < wanted && !atomic_load(&j->shared->stop))
        worker = start_worker(j) == 0;
    worker = worker || watch(j, &signals);
    if (worker)
        *ret_code = work(j, j->started_count);
    else
        sigprocmask(SIG_SETMASK, &j->old_mask, NULL);
    return worker;
}

int foopojo_job_run(const struct job_options *options, struct job_report *ret_report, bool *ret_worker,
                    char errmsg[JOB_ERRMSG_SIZE])
{
    struct job j = {
        .options = options, .parent = getpid(), .errmsg = errmsg, .on_terminal = isatty(STDERR_FILENO) == 1};
    size_t size = sizeof(struct shared) + options->partitions * sizeof(struct part_slot);
    int code = 1;
    errmsg[0] = '\0';
    *ret_worker = false;
    j.shared = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (j.shared == MAP_FAILED) {
        *ret_report = (struct job_report){.records = 0};
        snprintf(errmsg, JOB_ERRMSG_SIZE, "no shared memory for %" PRIu32 " partitions: %s", options->partitions,
                 strerror(errno));
        return 1;
    }
    clock_gettime(CLOCK_MONOTONIC, &j.started);
    *ret_worker = run_workers(&j, &code);
    if (!*ret_worker)
        code = report_fill(&j, ret_report);
    munmap(j.shared, size);
    return code;
}
