/* script: a bad day, step by step: at a request or a time, change these settings.
 * Owner: one per process; owns a copy of its text. Pure: time and requests come from the caller.
 * Invariants: steps are taken in their order, each once a round; a step whose turn comes late is taken at once. Only
 * requests that write count. A round restarts all counts and the clock.
 * A line: (at|after) (TIME | request N | N requests) [of TABLE] [for TABLE] ACTION...   TIME: 250ms, 2s, 1.5s
 * "at" counts from the start of the round, "after" from the step before. "#" begins a comment.
 */
#ifndef FAKEDDB_SCRIPT_H
#define FAKEDDB_SCRIPT_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/span.h"
#include "tests/fakeddb/text.h"

enum { SCRIPT_STEPS_MAX = 512, SCRIPT_BYTES_MAX = 64 * 1024, SCRIPT_NAME_MAX = 128 };

struct script_step {
    bool after;    /* else at */
    bool requests; /* amount counts requests, else milliseconds */
    uint64_t amount;
    uint64_t judged;          /* requests of its kind in this round */
    uint64_t base;            /* of these, before the step before was taken */
    char of[SCRIPT_NAME_MAX]; /* count only requests that name this table; empty: all */
    struct span table;        /* whose settings it changes; empty: the general ones */
    struct span actions;      /* words; never empty */
    int line;
};

struct script {
    struct text text;
    struct script_step steps[SCRIPT_STEPS_MAX];
    int nsteps, next;
    uint64_t start_ms, before_ms; /* of the round; when the step before was due */
    uint64_t rounds, errors;      /* rounds ended; actions that could not be done; kept by whoever acts */
};

void script_init(struct script *s);
void script_fini(struct script *s);

/* Forget the steps. */
void script_clear(struct script *s);

/* Take a text, whose clock starts now. False with a sentence and without steps. The actions are not judged. */
bool script_load(struct script *s, struct span text, uint64_t now_ms, char *errmsg, size_t errmsg_max);

/* The step to be taken now, or NULL; it counts as taken. `arriving`: the body of a write that is about to be judged
 * (.p NULL: none). Call until NULL, then script_count. */
const struct script_step *script_next(struct script *s, uint64_t now_ms, struct span arriving);

/* Count a write that has been let through. */
void script_count(struct script *s, struct span body);

/* Begin another round. */
void script_repeat(struct script *s, uint64_t now_ms);

/* When the next step is due by the clock; UINT64_MAX if it is not. */
uint64_t script_due_ms(const struct script *s);

/* Cut the next word off; false at the end. */
bool script_word(struct span *line, struct span *ret);

#endif
