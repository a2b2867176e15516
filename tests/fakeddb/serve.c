/* serve: see serve.h. */
#include "tests/fakeddb/serve.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <zlib.h>

#include "tests/fakeddb/ops.h"
#include "tests/fakeddb/reply.h"

enum { LATE_MAX = 4096, LATE_BYTES_MAX = 256 * 1024 * 1024 };

/* A write that was answered as failed but will be applied. */
struct late {
    struct timer timer; /* first, so that it converts back */
    enum operation op;
    uint64_t request;
    size_t len;
    uint8_t body[];
};

void serve_init(struct serve *s, struct fake *f, uint64_t seed)
{
    *s = (struct serve){.fake = f, .id_dice = seed};
    text_init(&s->answer, ANSWER_BYTES_MAX);
    timer_list_init(&s->late);
}

static void late_free(struct serve *s, struct late *l)
{
    timer_remove(&l->timer);
    s->nlate--;
    s->late_bytes -= l->len;
    free(l);
}

void serve_fini(struct serve *s)
{
    struct timer *t;
    while ((t = timer_first(&s->late)) != NULL)
        late_free(s, (struct late *)t);
    text_fini(&s->answer);
}

static void late_keep(struct serve *s, const struct call *c, enum operation op)
{
    struct fault *f = &s->fake->fault;
    struct late *l = NULL;
    if (s->nlate < LATE_MAX && s->late_bytes + c->body.n <= LATE_BYTES_MAX)
        l = malloc(sizeof(*l) + c->body.n);
    if (l == NULL) {
        s->fake->counters.late_refused++;
        return;
    }
    *l = (struct late){.op = op, .request = c->request, .len = c->body.n};
    memcpy(l->body, c->body.p, c->body.n);
    s->nlate++;
    s->late_bytes += l->len;
    timer_add(&s->late, &l->timer, s->now_ms + 1 + fault_below(f, c->set->late_ms + 1));
}

/* Perform the script steps that are due before a write is handled (body.p NULL: by the clock only). */
static void run_script(struct serve *s, struct span body)
{
    struct fake *f = s->fake;
    struct call c = {.fake = f, .out = &s->answer, .set = &f->fault.set, .now_ms = s->now_ms, .now_s = s->now_s};
    if (f->script.next == f->script.nsteps)
        return;
    op_run_script(&c, body);
    if (body.p != NULL)
        script_count(&f->script, body);
}

uint64_t serve_due_ms(const struct serve *s)
{
    const struct timer *late = timer_first(&s->late);
    uint64_t step_ms = script_due_ms(&s->fake->script);
    return late != NULL && late->due_ms < step_ms ? late->due_ms : step_ms;
}

void serve_tick(struct serve *s)
{
    run_script(s, span_of(NULL, 0));
    struct timer *t;
    while ((t = timer_first(&s->late)) != NULL && t->due_ms <= s->now_ms) {
        struct late *l = (struct late *)t;
        struct call c = {.fake = s->fake,
                         .body = span_of(l->body, l->len),
                         .out = &s->answer,
                         .request = l->request,
                         .now_ms = s->now_ms,
                         .now_s = s->now_s,
                         .replay = true};
        c.set = fault_of_body(&s->fake->fault, c.body);
        op_run(&c, l->op);
        s->fake->counters.late_applied += c.status == 200 ? 1 : 0;
        late_free(s, l);
    }
}

static void make_id(struct serve *s, char id[REQUEST_ID_LEN + 1])
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ01";
    uint64_t dice = 0;
    for (int i = 0; i < REQUEST_ID_LEN; i++) {
        if (i % 9 == 0) {
            s->id_dice = s->id_dice * 6364136223846793005u + 1442695040888963407u;
            dice = s->id_dice >> 7;
        }
        id[i] = alphabet[dice & 63];
        dice >>= 6;
    }
    id[REQUEST_ID_LEN] = '\0';
}

static void count_status(struct counters *n, int status)
{
    n->status_2xx += status < 300 ? 1 : 0;
    n->status_4xx += status >= 400 && status < 500 ? 1 : 0;
    n->status_5xx += status >= 500 ? 1 : 0;
}

/* Put head and body together. */
static void finish(struct serve *s, const struct call *c, bool bad_crc, bool close, struct text *out)
{
    struct http_answer a = {.status = c->status, .length = c->out->len, .close = close, .now_s = c->now_s};
    a.crc32 = (uint32_t)crc32(0, (const Bytef *)c->out->p, (uInt)c->out->len);
    a.crc32 += bad_crc ? 1 : 0;
    make_id(s, a.request_id);
    text_clear(out, 1 << 20);
    http_put_head(&a, out);
    text_put(out, c->out->p, c->out->len);
    count_status(&s->fake->counters, c->status);
    s->fake->counters.bytes_out += out->len;
}

/* True if faults may hit this request under its settings. */
static bool faults_concern(const struct fault_settings *set, enum operation op, struct span body)
{
    if (!op_is_write(op) && !set->all_operations)
        return false;
    return set->table[0] == '\0' || fault_body_names(body, set->table);
}

/* Periods in which the service refuses. True if the error was answered. */
static bool refuse_window(struct call *c, enum operation op)
{
    bool describe = op == OP_DESCRIBE_TABLE;
    if (c->fake->fault.set.expired) {
        reply_error(c, 400, "ExpiredTokenException", "The security token included in the request is expired");
        return true;
    }
    bool deny = (c->set->deny && c->faults && !describe) || (c->set->deny_describe && describe);
    if (deny)
        reply_error(c, 400, "AccessDeniedException",
                    "User: arn:aws:iam::000000000000:user/fake is not authorized to perform: dynamodb:%s on "
                    "resource: arn:aws:dynamodb:%s:000000000000:table/* because no identity-based policy allows the "
                    "dynamodb:%s action",
                    op_name(op), c->fake->region, op_name(op));
    return deny;
}

static void reply_500(struct call *c)
{
    reply_error(c, 500, "InternalServerError", "The request processing has failed because of an unknown error");
}

/* Faults before the operation. True if they replace it; ret->kind or c->status tells how. */
static bool faults_before(struct serve *s, struct call *c, enum operation op, uint32_t dice, struct verdict *ret)
{
    struct fault *f = &s->fake->fault;
    if (fault_hit(f, dice, FAULT_HANG)) {
        ret->kind = VERDICT_HANG;
    } else if (fault_hit(f, dice, FAULT_DROP_BEFORE)) {
        ret->kind = VERDICT_RESET;
    } else if (fault_hit(f, dice, FAULT_THROTTLE)) {
        reply_throttle(c);
    } else if (fault_hit(f, dice, FAULT_ERROR503)) {
        reply_error(c, 503, "ServiceUnavailable", "The service is unavailable. Please try again shortly.");
    } else if (fault_hit(f, dice, FAULT_ERROR500)) {
        reply_500(c);
    } else if (fault_hit(f, dice, FAULT_LATE)) {
        late_keep(s, c, op);
        if (fault_below(f, 2) == 0)
            ret->kind = VERDICT_RESET;
        else
            reply_500(c);
    } else {
        return false;
    }
    return true;
}

/* A body that is not a valid answer, with correct length and checksum. */
static void put_malformed(struct call *c)
{
    static const char *const bodies[] = {
        "<html><body>It works!</body></html>",
        "",
        "[]",
        "null",
        "{\"UnprocessedItems\":[]}",
        "{\"UnprocessedItems\":{\"no such table\":[{\"PutRequest\":{\"Item\":{\"pk\":{\"S\":\"never sent\"}}}}]}}",
        "{\"UnprocessedItems\":{\"cut\":[{\"PutRequest\":{\"It",
        "{\"UnprocessedItems\":{}}{\"UnprocessedItems\":{}}",
        "{\"UnprocessedItems\":{\"\xc3\x28\":[]}}",
    };
    text_clear(c->out, ANSWER_BYTES_MAX);
    text_puts(c->out, bodies[fault_below(&c->fake->fault, sizeof(bodies) / sizeof(bodies[0]))]);
}

/* An answer of the configured length, mostly blanks. */
static void put_oversized(struct call *c)
{
    size_t want = (size_t)c->set->oversized_kib * 1024, have = c->out->len;
    char *room = want > have ? text_room(c->out, want - have) : NULL;
    if (room == NULL || have == 0)
        return;
    char last = room[-1];
    memset(room - 1, ' ', want - have);
    room[want - have - 1] = last;
    c->out->len = want;
}

/* Faults after the operation; the answer is completed in `out` unless the connection is reset. */
static void faults_after(struct serve *s, struct call *c, uint32_t dice, struct text *out, struct verdict *ret)
{
    struct fault *f = &s->fake->fault;
    if (fault_hit(f, dice, FAULT_ERROR500_AFTER))
        reply_500(c);
    if (fault_hit(f, dice, FAULT_DROP_AFTER)) {
        ret->kind = VERDICT_RESET;
        return;
    }
    if (fault_hit(f, dice, FAULT_MALFORMED))
        put_malformed(c);
    if (fault_hit(f, dice, FAULT_OVERSIZED))
        put_oversized(c);
    bool truncate = fault_hit(f, dice, FAULT_TRUNCATE), bad_crc = fault_hit(f, dice, FAULT_BAD_CRC);
    ret->close = fault_hit(f, dice, FAULT_CLOSE) || ret->close;
    finish(s, c, bad_crc, ret->close, out);
    if (truncate && !out->failed)
        out->len -= (c->out->len + 1) / 2;
    ret->close = fault_hit(f, dice, FAULT_CLOSE_SILENT) || truncate || ret->close;
}

static bool method_and_type_ok(const struct http_request *r)
{
    static const char v10[] = "application/x-amz-json-1.0", plain[] = "application/json";
    struct span type = http_value(r, "content-type");
    bool json = span_equal(type, span_of(v10, sizeof(v10) - 1)) || span_equal(type, span_of(plain, sizeof(plain) - 1));
    return span_equal(r->method, span_of("POST", 4)) && json;
}

/* Requests that never reach an operation. True if answered. */
static bool refuse_early(struct call *c, const struct http_request *r, enum operation op)
{
    struct auth_error err;
    if (op >= OP_CONTROL && op < OP_COUNT)
        return false;
    if (!method_and_type_ok(r)) {
        c->status = 404;
        text_puts(c->out, "<UnknownOperationException/>\n");
        return true;
    }
    if (op == OP_UNKNOWN) {
        reply_error(c, 400, "UnknownOperationException", "fakeddb does not know this X-Amz-Target");
        return true;
    }
    if (c->fake->check_auth && !auth_check(&c->fake->auth, r, c->now_s, &err)) {
        c->fake->counters.auth_refused++;
        reply_error(c, 400, err.type, "%s", err.message);
        return true;
    }
    return false;
}

void serve_request(struct serve *s, const struct http_request *r, struct text *out, struct verdict *ret)
{
    struct fake *f = s->fake;
    enum operation op = op_of_target(http_value(r, "x-amz-target"));
    struct call c = {.fake = f,
                     .body = r->body,
                     .out = &s->answer,
                     .request = ++f->counters.requests,
                     .now_ms = s->now_ms,
                     .now_s = s->now_s + (int64_t)f->fault.set.skew_s};
    bool own = op >= OP_CONTROL && op < OP_COUNT;
    *ret = (struct verdict){.kind = VERDICT_ANSWER, .close = !r->keep_alive, .request = c.request};
    f->counters.bytes_in += r->head_len + r->body.n;
    f->counters.ops[op < OP_COUNT ? op : OP_CONTROL] += op < OP_COUNT ? 1 : 0;
    text_clear(&s->answer, 4 << 20);
    if (refuse_early(&c, r, op)) {
        finish(s, &c, false, ret->close, out);
        return;
    }
    if (op_is_write(op))
        run_script(s, r->body);
    c.set = fault_of_body(&f->fault, r->body);
    c.faults = !own && faults_concern(c.set, op, r->body);
    if (!c.faults) {
        if (own || !refuse_window(&c, op))
            op_run(&c, op);
        finish(s, &c, false, ret->close, out);
        return;
    }
    uint32_t dice = fault_roll_all(&f->fault, c.set);
    if (c.set->slow_ms > 0 || c.set->slow_jitter_ms > 0)
        ret->delay_ms = c.set->slow_ms + fault_below(&f->fault, c.set->slow_jitter_ms + 1);
    if (refuse_window(&c, op) || faults_before(s, &c, op, dice, ret)) {
        if (ret->kind == VERDICT_ANSWER)
            finish(s, &c, false, ret->close, out);
        return;
    }
    op_run(&c, op);
    faults_after(s, &c, dice, out, ret);
}

void serve_refuse(struct serve *s, int status, struct text *out)
{
    struct call c = {.fake = s->fake, .out = &s->answer, .status = status, .now_s = s->now_s};
    text_clear(&s->answer, 4 << 20);
    finish(s, &c, false, true, out);
}
