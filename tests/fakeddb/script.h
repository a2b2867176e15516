/* script: a bad day, step by step: at a request or a time, change these settings.
 * Owner: one per process; owns a copy of its text. Pure: the caller passes time and requests.
 * Invariants: steps are taken in order, each once per round; an overdue step is taken at once. Only write requests
 * count. A round restarts all counters and the clock.
 * A line: (at|after) (TIME | request N | N requests) [of TABLE] [for TABLE] ACTION...   TIME: 250ms, 2s, 1.5s
 * "at" counts from the start of the round, "after" from the previous step. "#" begins a comment.
 */
#ifndef FAKEDDB_SCRIPT_H
#define FAKEDDB_SCRIPT_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/span.h"
#include "tests/fakeddb/text.h"

enum { SCRIPT_STEPS_MAX = 512, SCRIPT_BYTES_MAX = 64 * 1024, SCRIPT_NAME_MAX = 128 };

struct script_step {
    bool after;    /* otherwise "at" */
    bool requests; /* amount counts requests, else milliseconds */
    uint64_t amount;
    uint64_t judged;          /* requests of its kind in this round */
    uint64_t base;            /* the number of these when the previous step was taken */
    char of[SCRIPT_NAME_MAX]; /* count only requests that name this table; empty: all */
    struct span table;        /* whose settings it changes; empty: the general ones */
    struct span actions;      /* words; never empty */
    int line;
};

struct script {
    struct text text;
    struct script_step steps[SCRIPT_STEPS_MAX];
    int nsteps, next;
    uint64_t start_ms, before_ms; /* start of the round; when the previous step was due */
    uint64_t rounds, errors;      /* completed rounds; failed actions, counted by the caller */
};

void script_init(struct script *s);
void script_fini(struct script *s);

/* Forget the steps. */
void script_clear(struct script *s);

/* Load a text, whose clock starts now. False with a message and no steps. The actions are not validated. */
bool script_load(struct script *s, struct span text, uint64_t now_ms, char *errmsg, size_t errmsg_max);

/* The step due now, or NULL; it counts as taken. `arriving`: the body of a write about to be handled (.p NULL: none).
 * Call until NULL, then call script_count. */
const struct script_step *script_next(struct script *s, uint64_t now_ms, struct span arriving);

/* Count a write that was let through. */
void script_count(struct script *s, struct span body);

/* Start another round. */
void script_repeat(struct script *s, uint64_t now_ms);

/* When the next step is due by the clock; UINT64_MAX if none is. */
uint64_t script_due_ms(const struct script *s);

/* Cut off the next word; false at the end. */
bool script_word(struct span *line, struct span *ret);

#endif
