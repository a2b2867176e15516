#include "tests/lib/rig_script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ACTORS = 26, LINE_MAX_ = 256, STEP_MAX = 200, TESTS_MAX = 64, LATER_MS = 5000 };

struct play {
    struct rig rig;
    struct rig_conn *conns[ACTORS];
    const char *variant;
    const char *step; /* for error messages */
};

/* ---- parsing a step ---- */

static void wrong(const struct play *p, const char *got)
{
    fail_msg("\"%s\"%s%s, but: %s", p->step, p->variant != NULL ? " with " : "", p->variant != NULL ? p->variant : "",
             got);
}

/* Parse the number at *text and move behind it. */
static uint64_t number(const struct play *p, const char **text)
{
    char *end;
    uint64_t v = strtoull(*text, &end, 10);
    if (end == *text)
        wrong(p, "a number is missing");
    *text = end + (*end == ' ');
    return v;
}

static bool is_word(const char **text, const char *word)
{
    size_t n = strlen(word);
    if (strncmp(*text, word, n) != 0 || ((*text)[n] != ' ' && (*text)[n] != '\0'))
        return false;
    *text += n + ((*text)[n] == ' ');
    return true;
}

/* A star matches any text. */
static bool matches(const char *pattern, const char *text)
{
    for (; *pattern != '*'; pattern++, text++) {
        if (*pattern != *text)
            return false;
        if (*pattern == '\0')
            return true;
    }
    for (;; text++) {
        if (matches(pattern + 1, text))
            return true;
        if (*text == '\0')
            return false;
    }
}

static void expect_text(const struct play *p, const char *pattern, const char *got)
{
    if (!matches(pattern, got))
        wrong(p, got);
}

static void expect_number(const struct play *p, uint64_t want, uint64_t got)
{
    char text[32];
    snprintf(text, sizeof text, "%llu", (unsigned long long)got);
    if (got != want)
        wrong(p, text);
}

/* ---- steps of a connection ---- */

static void do_hello(struct play *p, struct rig_conn **c, const char *args)
{
    char table[32] = "orders", word[32];
    unsigned session = 1, uid = RIG_UID;
    bool discard = false;
    for (int n = 0; sscanf(args, "%31s%n", word, &n) == 1; args += n)
        if (sscanf(word, "table=%31s", table) != 1 && sscanf(word, "session=%u", &session) != 1 &&
            sscanf(word, "user=%u", &uid) != 1) {
            if (strcmp(word, "discard") != 0)
                wrong(p, "no such option");
            discard = true;
        }
    *c = rig_connect(&p->rig, uid);
    assert_non_null(*c);
    rig_hello(*c, (uint8_t)session, table, discard);
}

static void do_opens(struct play *p, struct rig_conn **c, const char *args)
{
    do_hello(p, c, args);
    rig_pump(&p->rig);
    expect_text(p, "welcome 65536", rig_heard(*c));
}

static void do_write(struct play *p, struct rig_conn **c, const char *args)
{
    uint64_t seq = number(p, &args);
    uint32_t count = (uint32_t)number(p, &args);
    rig_write(*c, seq, count, args);
}

static void do_put(struct play *p, struct rig_conn **c, const char *args)
{
    uint64_t seq = number(p, &args);
    char key[32] = "";
    size_t pad = 0;
    assert_int_equal(sscanf(args, "%31s %zu", key, &pad), 2);
    rig_put(*c, seq, key, pad);
}

static void do_nokey(struct play *p, struct rig_conn **c, const char *args)
{
    rig_write_raw(*c, number(p, &args), 1, "\x92\x00\x80", 3);
}

static void do_noitem(struct play *p, struct rig_conn **c, const char *args)
{
    rig_write_raw(*c, number(p, &args), 1, "\x92\x00\x01", 3);
}

static void do_flush(struct play *p, struct rig_conn **c, const char *args)
{
    uint64_t token = number(p, &args);
    rig_flush(*c, token, number(p, &args));
}

static void do_abort(struct play *p, struct rig_conn **c, const char *args)
{
    rig_abort(*c, number(p, &args));
}

static void do_bye(struct play *p, struct rig_conn **c, const char *args)
{
    (void)p, (void)args;
    rig_bye(*c);
}

static void do_eof(struct play *p, struct rig_conn **c, const char *args)
{
    (void)p, (void)args;
    rig_eof(*c);
}

static void do_hangup(struct play *p, struct rig_conn **c, const char *args)
{
    (void)p, (void)args;
    rig_hangup(*c);
}

static void do_slow(struct play *p, struct rig_conn **c, const char *args)
{
    (void)p, (void)args;
    (*c)->slow = true;
}

static void do_fast(struct play *p, struct rig_conn **c, const char *args)
{
    (void)p, (void)args;
    (*c)->slow = false;
}

static void do_cut(struct play *p, struct rig_conn **c, const char *args)
{
    (*c)->to_len -= number(p, &args);
}

static void do_hears(struct play *p, struct rig_conn **c, const char *args)
{
    expect_text(p, args, rig_heard(*c));
}

static void do_notices(struct play *p, struct rig_conn **c, const char *args)
{
    uint64_t n = 0;
    for (const char *at = rig_heard(*c); (at = strstr(at, "notice ")) != NULL; at++)
        n++;
    expect_number(p, number(p, &args), n);
}

static void do_says(struct play *p, struct rig_conn **c, const char *args)
{
    expect_text(p, args, (*c)->last_notice);
}

static void do_has(struct play *p, struct rig_conn **c, const char *args)
{
    const struct {
        const char *name;
        uint64_t value;
    } all[] = {
        {"failed", (*c)->failed}, {"settled", (*c)->settled}, {"upto", (*c)->upto},
        {"epoch", (*c)->epoch},   {"open", (*c)->open},
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (is_word(&args, all[i].name)) {
            expect_number(p, number(p, &args), all[i].value);
            return;
        }
    if (!is_word(&args, "spare"))
        wrong(p, "no such value");
    assert_true((*c)->limit >= (*c)->used + number(p, &args));
}

static void do_wrote(struct play *p, struct rig_conn **c, const char *args)
{
    expect_number(p, 1, (*c)->outcome[number(p, &args)]);
}

/* ---- steps of the service, of time, and checks ---- */

static enum job_outcome outcome_of(const struct play *p, const char **text)
{
    for (int o = 0; o < JOB_OUTCOME_COUNT_; o++)
        if (is_word(text, job_outcome_name((enum job_outcome)o)))
            return (enum job_outcome)o;
    wrong(p, "no such outcome");
    return JOB_DONE;
}

static void do_fails(struct play *p, const char *args)
{
    struct job_result result = {.outcome = JOB_DONE, .text = "the test says so"};
    if (is_word(&args, "creating")) {
        snprintf(result.text, sizeof result.text, "CREATING");
        result.schema.count = 1;
        result.schema.attr[0] = (struct key_attr){.type = 'S', .name_len = 2, .name = "id"};
    } else {
        result.outcome = outcome_of(p, &args);
        result.maybe_written = is_word(&args, "maybe");
        result.retry_after_ms = is_word(&args, "later") ? LATER_MS : 0;
        if (*args != '\0')
            snprintf(result.text, sizeof result.text, "%s", args);
    }
    rig_answer(&p->rig, 0, &result);
}

static void do_all(struct play *p, const char *args)
{
    enum job_outcome outcome = outcome_of(p, &args);
    while (p->rig.job_count > 0)
        rig_outcome(&p->rig, 0, outcome);
}

static void do_done(struct play *p, const char *args)
{
    (void)args;
    rig_done(&p->rig);
}

static void do_schema(struct play *p, const char *args)
{
    rig_described(&p->rig, args, 'S');
}

static void do_await(struct play *p, const char *args)
{
    (void)args;
    for (int i = 0; i < 100 * 1000 && p->rig.job_count == 0; i++)
        rig_advance(&p->rig, 10);
    assert_true(p->rig.job_count > 0);
}

static void do_finish(struct play *p, const char *args)
{
    (void)args;
    rig_finish(&p->rig);
}

static void do_pass(struct play *p, const char *args)
{
    rig_advance(&p->rig, number(p, &args));
}

static void do_jobs(struct play *p, const char *args)
{
    expect_text(p, args, rig_jobs(&p->rig));
}

static void do_out(struct play *p, const char *args)
{
    expect_number(p, number(p, &args), p->rig.job_count);
}

static void do_written(struct play *p, const char *args)
{
    expect_text(p, args, p->rig.written);
}

static void do_counts(struct play *p, const char *args)
{
    struct engine_counts n;
    engine_counts(p->rig.e, &n);
    const struct {
        const char *name;
        uint64_t value;
    } all[] = {
        {"accepted", n.ledger.accepted},   {"failed", n.ledger.failed}, {"written", n.ledger.written},
        {"withdrawn", n.ledger.withdrawn}, {"sessions", n.sessions},
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (is_word(&args, all[i].name)) {
            expect_number(p, number(p, &args), all[i].value);
            return;
        }
    wrong(p, "no such count");
}

static void do_idle(struct play *p, const char *args)
{
    (void)args;
    assert_true(engine_deadline(p->rig.e) == UINT64_MAX);
}

/* ---- playing ---- */

static const struct {
    const char *name;
    void (*run)(struct play *p, struct rig_conn **c, const char *args);
} conn_steps[] = {
    {"opens", do_opens},     {"hello", do_hello}, {"write", do_write}, {"put", do_put},     {"nokey", do_nokey},
    {"noitem", do_noitem},   {"flush", do_flush}, {"abort", do_abort}, {"bye", do_bye},     {"eof", do_eof},
    {"hangup", do_hangup},   {"slow", do_slow},   {"fast", do_fast},   {"cut", do_cut},     {"hears", do_hears},
    {"notices", do_notices}, {"says", do_says},   {"has", do_has},     {"wrote", do_wrote},
};

static const struct {
    const char *name;
    void (*run)(struct play *p, const char *args);
} steps[] = {
    {"jobs", do_jobs}, {"out", do_out},         {"done", do_done},     {"fails", do_fails},
    {"all", do_all},   {"schema", do_schema},   {"await", do_await},   {"finish", do_finish},
    {"pass", do_pass}, {"written", do_written}, {"counts", do_counts}, {"idle", do_idle},
};

static void play_conn_step(struct play *p, char actor, const char *step)
{
    struct rig_conn **c = &p->conns[actor - 'a'];
    for (size_t i = 0; i < sizeof conn_steps / sizeof conn_steps[0]; i++)
        if (is_word(&step, conn_steps[i].name)) {
            if (*c == NULL && conn_steps[i].run != do_opens && conn_steps[i].run != do_hello)
                wrong(p, "it has not connected");
            conn_steps[i].run(p, c, step);
            return;
        }
    wrong(p, "no such step of a connection");
}

static void play_step(struct play *p, const char *step)
{
    p->step = step;
    if (step[0] >= 'a' && step[0] <= 'z' && step[1] == ' ') {
        play_conn_step(p, step[0], step + 2);
        return;
    }
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
        if (is_word(&step, steps[i].name)) {
            steps[i].run(p, step);
            return;
        }
    wrong(p, "no such step");
}

/* Copy the line with $1 and $2 replaced. */
static void fill_in(char ret[LINE_MAX_], const char *line, const char *variant)
{
    const char *bar = variant == NULL ? NULL : strchr(variant, '|');
    size_t n = 0;
    for (; *line != '\0'; line++) {
        assert_true(n < STEP_MAX);
        if (line[0] != '$') {
            ret[n++] = line[0];
            continue;
        }
        assert_true(variant != NULL && (line[1] == '1' || (line[1] == '2' && bar != NULL)));
        int length = bar != NULL ? (int)(bar - variant) : (int)strlen(variant);
        n += (size_t)(line[1] == '1' ? snprintf(ret + n, LINE_MAX_ - n, "%.*s", length, variant)
                                     : snprintf(ret + n, LINE_MAX_ - n, "%s", bar + 1));
        line++;
    }
    ret[n] = '\0';
}

static void play_line(struct play *p, const char *line)
{
    unsigned times = 1;
    int skip = 0;
    if (sscanf(line, "%ux %n", &times, &skip) != 1 || skip == 0)
        times = 1, skip = 0;
    for (unsigned i = 0; i < times; i++) {
        char text[LINE_MAX_], *rest = text;
        fill_in(text, line + skip, p->variant);
        for (char *comma = text; comma != NULL; rest = comma + 2) {
            if ((comma = strstr(rest, ", ")) != NULL)
                *comma = '\0';
            play_step(p, rest);
            if (comma == NULL)
                break;
        }
        rig_pump(&p->rig);
    }
}

static void play_variant(const struct rig_scenario *s, const char *variant)
{
    struct play p = {.variant = variant};
    assert_true(rig_try_open(&p.rig, s->settings));
    for (int i = 0; s->lines[i] != NULL; i++)
        play_line(&p, s->lines[i]);
    rig_close(&p.rig);
}

static void play_scenario(void **state)
{
    const struct rig_scenario *s = *state;
    if (s->each[0] == NULL)
        play_variant(s, NULL);
    for (int i = 0; i < SCRIPT_VARIANTS && s->each[i] != NULL; i++)
        play_variant(s, s->each[i]);
}

int rig_script_run(const struct rig_scenario *scenarios, size_t count, const struct CMUnitTest *tests,
                   size_t test_count)
{
    static struct CMUnitTest all[TESTS_MAX];
    assert_true(count + test_count <= TESTS_MAX);
    for (size_t i = 0; i < count; i++)
        all[i] = (struct CMUnitTest){
            .name = scenarios[i].name, .test_func = play_scenario, .initial_state = (void *)(uintptr_t)&scenarios[i]};
    for (size_t i = 0; i < test_count; i++)
        all[count + i] = tests[i];
    return _cmocka_run_group_tests("scenarios", all, count + test_count, NULL, NULL);
}
