/* script: see script.h. */
#include "tests/fakeddb/script.h"

#include <stdio.h>
#include <string.h>

#include "tests/fakeddb/fault.h"
#include "tests/fakeddb/json.h"

static const char usage[] = "write (at|after) TIME, at request N, or after N requests; then [of TABLE] [for TABLE] and "
                            "NAME=VALUE...; a TIME is like 250ms or 1.5s";
static const double day_ms = 86400000;

void script_init(struct script *s)
{
    *s = (struct script){.nsteps = 0};
    text_init(&s->text, SCRIPT_BYTES_MAX);
}

void script_fini(struct script *s)
{
    text_fini(&s->text);
}

void script_clear(struct script *s)
{
    text_clear(&s->text, SCRIPT_BYTES_MAX);
    s->nsteps = s->next = 0;
    s->rounds = s->errors = 0;
}

static bool blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

bool script_word(struct span *line, struct span *ret)
{
    while (line->n > 0 && blank(line->p[0]))
        *line = span_from(*line, 1);
    size_t n = 0;
    while (n < line->n && !blank(line->p[n]))
        n++;
    if (n == 0)
        return false;
    *ret = span_of(line->p, n);
    *line = span_from(*line, n);
    return true;
}

static bool is(struct span word, const char *text)
{
    return span_equal(word, span_of(text, strlen(text)));
}

/* Cut off one line, without its comment. */
static struct span line_cut(struct span *text)
{
    const uint8_t *end = memchr(text->p, '\n', text->n);
    struct span line = span_of(text->p, end != NULL ? (size_t)(end - text->p) : text->n);
    *text = span_from(*text, end != NULL ? line.n + 1 : line.n);
    const uint8_t *comment = line.n > 0 ? memchr(line.p, '#', line.n) : NULL;
    if (comment != NULL)
        line.n = (size_t)(comment - line.p);
    return line;
}

static bool read_time(struct span word, uint64_t *ret_ms)
{
    double number;
    bool milli = word.n > 2 && word.p[word.n - 2] == 'm';
    if (word.n < 2 || word.p[word.n - 1] != 's')
        return false;
    word.n -= milli ? 2 : 1;
    if (!json_text_double(word, &number))
        return false;
    number *= milli ? 1 : 1000;
    if (number < 0 || number > day_ms)
        return false;
    *ret_ms = (uint64_t)(number + 0.5);
    return true;
}

/* Parse the condition: up to "of", "for" or the actions. */
static bool read_when(struct span *line, struct script_step *step)
{
    struct span word, number;
    if (!script_word(line, &word) || (!is(word, "at") && !is(word, "after")))
        return false;
    step->after = is(word, "after");
    if (!script_word(line, &word))
        return false;
    if (read_time(word, &step->amount))
        return true;
    step->requests = true;
    if (!script_word(line, &number))
        return false;
    if (step->after && (is(number, "request") || is(number, "requests")))
        return json_text_u64(word, &step->amount) && step->amount > 0;
    return !step->after && is(word, "request") && json_text_u64(number, &step->amount) && step->amount > 0;
}

static bool read_step(struct span line, struct script_step *step)
{
    struct span word, rest;
    if (!read_when(&line, step))
        return false;
    rest = line;
    if (step->requests && script_word(&rest, &word) && is(word, "of")) {
        if (!script_word(&rest, &word) || word.n >= SCRIPT_NAME_MAX)
            return false;
        memcpy(step->of, word.p, word.n);
        line = rest;
    }
    rest = line;
    if (script_word(&rest, &word) && is(word, "for")) {
        if (!script_word(&rest, &step->table))
            return false;
        line = rest;
    }
    step->actions = rest = line;
    return script_word(&rest, &word);
}

bool script_load(struct script *s, struct span text, uint64_t now_ms, char *errmsg, size_t errmsg_max)
{
    struct span word;
    script_clear(s);
    text_put(&s->text, text.p, text.n);
    if (s->text.failed) {
        snprintf(errmsg, errmsg_max, "a script may have %d bytes", SCRIPT_BYTES_MAX);
        return false;
    }
    text = text_span(&s->text);
    for (int line_number = 1; text.n > 0; line_number++) {
        struct span line = line_cut(&text), rest = line;
        struct script_step *step = &s->steps[s->nsteps];
        if (!script_word(&rest, &word))
            continue;
        if (s->nsteps == SCRIPT_STEPS_MAX) {
            snprintf(errmsg, errmsg_max, "line %d: a script may have %d steps", line_number, SCRIPT_STEPS_MAX);
            script_clear(s);
            return false;
        }
        *step = (struct script_step){.line = line_number, .table = span_of("", 0)};
        if (!read_step(line, step)) {
            snprintf(errmsg, errmsg_max, "line %d: %s", line_number, usage);
            script_clear(s);
            return false;
        }
        s->nsteps++;
    }
    s->start_ms = s->before_ms = now_ms;
    return true;
}

static bool counts(const struct script_step *step, struct span body)
{
    return step->of[0] == '\0' || fault_body_names(body, step->of);
}

uint64_t script_due_ms(const struct script *s)
{
    if (s->next == s->nsteps || s->steps[s->next].requests)
        return UINT64_MAX;
    const struct script_step *step = &s->steps[s->next];
    return (step->after ? s->before_ms : s->start_ms) + step->amount;
}

/* True if the step is due. */
static bool ripe(const struct script *s, const struct script_step *step, uint64_t now_ms, struct span arriving)
{
    if (!step->requests)
        return now_ms >= script_due_ms(s);
    bool here = arriving.p != NULL && counts(step, arriving);
    if (step->after)
        return here && step->judged - step->base >= step->amount;
    return step->judged >= step->amount || (here && step->judged + 1 >= step->amount);
}

const struct script_step *script_next(struct script *s, uint64_t now_ms, struct span arriving)
{
    if (s->next == s->nsteps)
        return NULL;
    const struct script_step *step = &s->steps[s->next];
    if (!ripe(s, step, now_ms, arriving))
        return NULL;
    s->before_ms = step->requests || script_due_ms(s) < s->before_ms ? now_ms : script_due_ms(s);
    s->next++;
    if (s->next < s->nsteps)
        s->steps[s->next].base = s->steps[s->next].judged;
    return step;
}

void script_count(struct script *s, struct span body)
{
    for (int i = s->next; i < s->nsteps; i++)
        s->steps[i].judged += s->steps[i].requests && counts(&s->steps[i], body) ? 1 : 0;
}

void script_repeat(struct script *s, uint64_t now_ms)
{
    for (int i = 0; i < s->nsteps; i++)
        s->steps[i].judged = s->steps[i].base = 0;
    s->next = 0;
    s->start_ms = s->before_ms = s->steps[s->nsteps - 1].requests ? now_ms : s->before_ms;
    s->rounds++;
}
