/* op_script: loads a script, validates all its actions first, and performs them. */
#include <stdio.h>
#include <string.h>

#include "tests/fakeddb/json.h"
#include "tests/fakeddb/ops.h"
#include "tests/fakeddb/reply.h"

enum { TABLE_OPTION_MAX = 600 };

/* One action of a step: NAME=VALUE, or a bare NAME. */
struct action {
    struct span name, value;
    bool bare;
};

static bool next_action(struct span *words, struct action *ret)
{
    struct span word;
    if (!script_word(words, &word))
        return false;
    const uint8_t *equals = memchr(word.p, '=', word.n);
    size_t n = equals != NULL ? (size_t)(equals - word.p) : word.n;
    *ret = (struct action){.name = span_of(word.p, n), .bare = equals == NULL};
    ret->value = ret->bare ? span_of("", 0) : span_from(word, n + 1);
    return true;
}

static bool is(struct span word, const char *text)
{
    return span_equal(word, span_of(text, strlen(text)));
}

/* The value as a C string; false if it is too long. */
static bool plain(struct span value, char text[TABLE_OPTION_MAX])
{
    if (value.n >= TABLE_OPTION_MAX)
        return false;
    memcpy(text, value.p, value.n);
    text[value.n] = '\0';
    return true;
}

static bool judge_action(const struct script *s, int at, const struct action *a, char *errmsg, size_t errmsg_max)
{
    static struct fault scratch; /* large */
    const struct script_step *step = &s->steps[at];
    char text[TABLE_OPTION_MAX];
    uint64_t number;
    if (is(a->name, "create") && plain(a->value, text))
        return op_table_option_ok(text, errmsg, errmsg_max);
    if (is(a->name, "delete") && a->value.n > 0)
        return true;
    if (is(a->name, "seed") && json_text_u64(a->value, &number))
        return true;
    if (is(a->name, "reset") && a->bare)
        return true;
    if (is(a->name, "repeat") && a->bare) {
        if (at == s->nsteps - 1 && step->amount > 0)
            return true;
        snprintf(errmsg, errmsg_max, "repeat belongs into the last line, some time or requests after the start");
        return false;
    }
    fault_init(&scratch, 0);
    return fault_set(&scratch, step->table, (struct fault_change){a->name, a->value}, errmsg, errmsg_max);
}

static bool judge(const struct script *s, char *errmsg, size_t errmsg_max)
{
    char why[200];
    for (int i = 0; i < s->nsteps; i++) {
        struct span words = s->steps[i].actions;
        struct action a;
        while (next_action(&words, &a)) {
            if (judge_action(s, i, &a, why, sizeof(why)))
                continue;
            snprintf(errmsg, errmsg_max, "line %d: %s", s->steps[i].line, why);
            return false;
        }
    }
    return true;
}

bool op_load_script(struct call *c, struct span text, char *errmsg, size_t errmsg_max)
{
    struct script *s = &c->fake->script;
    if (!script_load(s, text, c->now_ms, errmsg, errmsg_max))
        return false;
    if (judge(s, errmsg, errmsg_max))
        return true;
    script_clear(s);
    return false;
}

static bool delete_table(struct call *c, struct span name)
{
    struct table *t = store_find(&c->fake->store, name);
    if (t == NULL || table_state(t, c->now_ms) == TABLE_DELETING)
        return false;
    op_start_deleting(c, t);
    return true;
}

/* Perform one action; false if it is not possible now. */
static bool act(struct call *c, const struct script_step *step, const struct action *a)
{
    struct fault *f = &c->fake->fault;
    char text[TABLE_OPTION_MAX], errmsg[200];
    uint64_t seed;
    if (is(a->name, "create"))
        return plain(a->value, text) && op_table_from_option(c, text, errmsg, sizeof(errmsg));
    if (is(a->name, "delete"))
        return delete_table(c, a->value);
    if (is(a->name, "seed") && json_text_u64(a->value, &seed)) {
        fault_seed(f, seed);
        return true;
    }
    if (is(a->name, "repeat")) {
        script_repeat(&c->fake->script, c->now_ms);
        return true;
    }
    if (!is(a->name, "reset"))
        return fault_set(f, step->table, (struct fault_change){a->name, a->value}, errmsg, sizeof(errmsg));
    if (step->table.n > 0)
        fault_reset_table(f, step->table);
    else
        fault_reset(f);
    return true;
}

void op_run_script(struct call *c, struct span arriving)
{
    struct script *s = &c->fake->script;
    const struct script_step *step;
    while ((step = script_next(s, c->now_ms, arriving)) != NULL) {
        struct span words = step->actions;
        struct action a;
        op_settle_tables(c);
        while (next_action(&words, &a))
            s->errors += act(c, step, &a) ? 0 : 1;
    }
}

void op_put_script(struct call *c)
{
    const struct script *s = &c->fake->script;
    text_putf(c->out, "{\"steps\":%d,\"taken\":%d,\"rounds\":%llu,\"errors\":%llu}", s->nsteps, s->next,
              (unsigned long long)s->rounds, (unsigned long long)s->errors);
}

void op_script(struct call *c)
{
    char errmsg[300];
    if (op_load_script(c, c->body, errmsg, sizeof(errmsg)))
        op_put_script(c);
    else
        reply_error(c, 400, "ValidationException", "%s", errmsg);
}
