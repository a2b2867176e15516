/* core: the user's events, and reconnecting. See core.h. */
#include "client/c/core.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "proto/err.h"
#include "proto/msg_encode.h"

enum { CORE_TAGS_MAX = 1024, CORE_LIVED_MS = 5000 /* a connection that lasted this long resets the backoff */ };

/* splitmix64, good enough to spread reconnecting clients. Source: https://prng.di.unimi.it/splitmix64.c */
static uint64_t core_random(struct client_core *c)
{
    uint64_t z = (c->random += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* Schedule the next attempt: exponential backoff with full jitter. */
static void core_retry(struct client_core *c, uint64_t now_ms)
{
    uint64_t most = CORE_BACKOFF_CAP_MS;
    if (c->attempts < 6 && (CORE_BACKOFF_MS << c->attempts) < CORE_BACKOFF_CAP_MS)
        most = CORE_BACKOFF_MS << c->attempts;
    c->attempts++;
    c->retry_ms = now_ms + core_random(c) % (most + 1);
    c->retry_due = c->retry_ms <= now_ms;
}

/* When to give up without a WELCOME. */
static uint64_t core_give_up_ms(const struct client_core *c)
{
    uint64_t end = c->lost_ms + (c->welcomed ? c->reconnect_timeout_ms : c->connect_timeout_ms);
    if (c->state == CORE_GREETING && end < c->opened_ms + CORE_GRACE_MS)
        return c->opened_ms + CORE_GRACE_MS;
    if (c->denied_ms != 0 && end > c->denied_ms + CORE_DENIED_MS)
        return c->denied_ms + CORE_DENIED_MS;
    return end;
}

static int core_hello(struct client_core *c, const struct core_config *config)
{
    struct msg_hello m = {.versions = {MSG_VERSION},
                          .version_count = 1,
                          .client = config->client,
                          .pid = config->pid,
                          .table = config->table,
                          .discard = config->discard,
                          .max_window = config->max_window,
                          .tags = config->tags};
    struct mp_writer w = mp_write_open(NULL, 0);
    memcpy(m.session, config->session, sizeof m.session);
    msg_encode_hello(&w, &m);
    c->hello = malloc(w.need);
    if (c->hello == NULL)
        return DDBS_E_OUT_OF_MEMORY;
    c->hello_bytes = w.need;
    w = mp_write_open(c->hello, c->hello_bytes);
    msg_encode_hello(&w, &m);
    assert(w.need == c->hello_bytes);
    return DDBS_OK;
}

int core_init(struct client_core *c, const struct core_config *config, uint64_t now_ms)
{
    size_t memory_max = config->memory_max == 0 ? CORE_MEMORY_MAX : config->memory_max;
    memset(c, 0, sizeof *c);
    if (config->table.n == 0 || config->table.n > MSG_TABLE_MAX || config->client.n == 0 ||
        config->client.n > MSG_CLIENT_MAX || config->tags.n > CORE_TAGS_MAX)
        return DDBS_E_INVALID_ARGUMENT;
    store_init(&c->store, memory_max < CORE_MEMORY_MIN ? CORE_MEMORY_MIN : memory_max);
    failure_list_init(&c->failures, config->failures_max == 0 ? CORE_FAILURES_MAX : config->failures_max);
    c->discard = config->discard;
    c->connect_timeout_ms = config->connect_timeout_ms;
    c->reconnect_timeout_ms = config->reconnect_timeout_ms;
    c->linger_ms = config->linger_ms;
    c->random = config->seed;
    c->lost_ms = now_ms;
    c->retry_ms = now_ms;
    c->retry_due = true;
    c->input = malloc(FRAME_HEADER + FRAME_DAEMON_MAX);
    if (c->input == NULL || core_hello(c, config) != DDBS_OK) {
        core_fini(c);
        return DDBS_E_OUT_OF_MEMORY;
    }
    return DDBS_OK;
}

void core_fini(struct client_core *c)
{
    store_fini(&c->store);
    failure_list_fini(&c->failures);
    free(c->hello);
    free(c->input);
    c->hello = NULL;
    c->input = NULL;
    c->state = CORE_ENDED;
    c->linked = false;
}

void core_fail(struct client_core *c, int code, const char *format, ...)
{
    char text[CORE_ERRMSG - 64];
    va_list args;
    assert(code < 0 && c->state != CORE_FAILED);
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    c->state = CORE_FAILED;
    c->error = code;
    if (c->store.unsettled > 0)
        snprintf(c->errmsg, sizeof c->errmsg, "%s; %llu record%s not known to be written", text,
                 (unsigned long long)c->store.unsettled, c->store.unsettled == 1 ? " is" : "s are");
    else
        snprintf(c->errmsg, sizeof c->errmsg, "%s", text);
}

static bool core_over(const struct client_core *c)
{
    return c->state == CORE_FAILED || c->state == CORE_ENDED;
}

/* ---- settling ---- */

uint64_t core_settle_written(struct client_core *c, uint64_t first, uint64_t last)
{
    uint64_t n = store_settle(&c->store, first, last);
    c->counts.unsettled -= n;
    c->counts.written += n;
    return n;
}

void core_settle_failed(struct client_core *c, const struct msg_failure *failure)
{
    if (store_settle(&c->store, failure->seq, failure->seq) == 0)
        return;
    c->counts.unsettled--;
    if (failure->code == DDBS_E_ABORTED) {
        c->counts.aborted++;
        c->counts.aborted_maybe += failure->maybe_written ? 1 : 0;
    } else {
        c->counts.failed++;
    }
    failure_list_keep(&c->failures, failure);
}

void core_settle_aborted(struct client_core *c, uint64_t first, uint64_t last, bool maybe_written)
{
    static const char unsent[] = "withdrawn before it was sent";
    static const char sent[] = "withdrawn; it may have been written before the connection was lost";
    struct msg_failure f = {.code = DDBS_E_ABORTED, .maybe_written = maybe_written};
    f.message = maybe_written ? span_of(sent, sizeof sent - 1) : span_of(unsent, sizeof unsent - 1);
    for (f.seq = store_first_from(&c->store, first); f.seq <= last && f.seq < c->store.next_seq;
         f.seq = store_first_from(&c->store, f.seq + 1))
        core_settle_failed(c, &f);
}

/* ---- the user ---- */

void core_push(struct client_core *c)
{
    c->due_seq = c->store.next_seq - 1;
    c->pending_bytes = 0;
}

int core_put(struct client_core *c, uint64_t now_ms, uint8_t op, struct span item, uint64_t *ret_seq)
{
    size_t bytes = item.n + 2; /* [op, item] */
    int rc;
    if (c->state == CORE_FAILED)
        return c->error;
    if (c->state == CORE_ENDED || c->bye_wanted)
        return DDBS_E_CLOSED;
    if (bytes > FRAME_WRITE_MAX - MSG_WRITE_HEAD || (c->record_max > 0 && bytes + MSG_COST_OVERHEAD > c->record_max))
        return DDBS_E_ITEM_TOO_LARGE;
    rc = store_put(&c->store, op, item, ret_seq);
    if (rc != DDBS_OK)
        return rc == STORE_FULL ? CORE_AGAIN : rc;
    c->counts.put++;
    c->counts.unsettled++;
    if (c->pending_bytes == 0)
        c->oldest_ms = now_ms;
    c->pending_bytes += bytes;
    if (c->pending_bytes >= CORE_FILL_BYTES || now_ms - c->oldest_ms >= c->linger_ms)
        core_push(c);
    return DDBS_OK;
}

void core_tokens_trim(struct client_core *c)
{
    uint64_t first = store_first(&c->store);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < c->token_count; i++)
        if (c->tokens[i].sent || c->tokens[i].upto >= first)
            c->tokens[kept++] = c->tokens[i];
    c->token_count = kept;
}

int core_flush(struct client_core *c, uint64_t *ret_token)
{
    uint64_t upto = c->store.next_seq - 1;
    if (c->store.unsettled > 0) {
        if (c->state == CORE_FAILED)
            return c->error;
        if (c->state == CORE_ENDED)
            return DDBS_E_CLOSED;
        core_push(c);
        core_tokens_trim(c);
        if (c->token_count == 0 || c->tokens[c->token_count - 1].upto != upto) {
            if (c->token_count == CORE_TOKENS_MAX)
                return CORE_AGAIN;
            c->tokens[c->token_count++] = (struct core_token){.upto = upto};
        }
    }
    *ret_token = upto;
    return DDBS_OK;
}

bool core_flush_done(const struct client_core *c, uint64_t token)
{
    return store_first(&c->store) > token;
}

int core_abort(struct client_core *c, uint64_t now_ms)
{
    if (c->state == CORE_FAILED)
        return c->error;
    if (c->state == CORE_ENDED)
        return DDBS_E_CLOSED;
    core_settle_aborted(c, c->store.sent_max + 1, c->store.next_seq - 1, false);
    if (c->store.unsettled == 0)
        return DDBS_OK;
    if (c->abort_upto != 0) /* nothing was sent since, so the open ABORT covers everything */
        return DDBS_OK;
    store_skip(&c->store, c->store.sent_max);
    c->abort_upto = c->store.sent_max;
    c->abort_ms = now_ms;
    return DDBS_OK;
}

bool core_abort_done(const struct client_core *c)
{
    return c->abort_upto == 0 || store_first(&c->store) > c->abort_upto;
}

void core_bye(struct client_core *c)
{
    if (core_over(c) || c->bye_wanted)
        return;
    c->bye_wanted = true;
    core_push(c);
    if (c->discard && c->store.unsettled > 0)
        c->state = CORE_ENDED; /* the daemon withdraws them when the connection ends without BYE */
    else if (c->store.unsettled == 0 && c->state != CORE_OPEN)
        c->state = CORE_ENDED;
}

/* ---- connections ---- */

bool core_wants_connect(const struct client_core *c)
{
    return c->state == CORE_WAITING && c->retry_due;
}

bool core_wants_close(const struct client_core *c)
{
    return c->linked && (c->broken || core_over(c));
}

void core_connected(struct client_core *c, uint64_t now_ms)
{
    assert(core_wants_connect(c) && !c->linked);
    c->state = CORE_GREETING;
    c->linked = true;
    c->hello_sent = false;
    c->spoke = false;
    c->goaway = false;
    c->broken = false;
    c->blocked_seq = 0;
    c->progress = false;
    c->gave_up = false;
    c->denied_ms = 0;
    c->connect_code = DDBS_OK;
    c->opened_ms = now_ms;
    c->window = (struct window){0};
}

void core_connect_failed(struct client_core *c, uint64_t now_ms, int code, const char *text)
{
    assert(core_wants_connect(c));
    snprintf(c->connect_error, sizeof c->connect_error, "%.255s", text);
    if (code != DDBS_E_NOT_PERMITTED)
        c->denied_ms = 0;
    else if (c->denied_ms == 0)
        c->denied_ms = now_ms;
    if (now_ms < core_give_up_ms(c)) {
        core_retry(c, now_ms);
        return;
    }
    if (code == DDBS_E_NOT_PERMITTED)
        core_fail(c, code,
                  "%s: the socket may not be opened by this user; ask for membership in its group (ls -l shows it), "
                  "or set DDBSIDECAR_SOCKET if the daemon listens elsewhere",
                  c->connect_error);
    else
        core_fail(c, code,
                  "no daemon answers: %s; tried for %llu ms. Is ddbsidecard running? Start it, or set "
                  "DDBSIDECAR_SOCKET if it listens elsewhere",
                  c->connect_error, (unsigned long long)(now_ms - c->lost_ms));
}

/* A connection that had its WELCOME was lost. False: too many were lost without progress, and the writer has failed. */
static bool core_count_loss(struct client_core *c, uint64_t now_ms)
{
    c->lost_ms = now_ms;
    if (now_ms - c->opened_ms >= CORE_LIVED_MS)
        c->attempts = 0;
    if (c->progress || c->goaway || c->gave_up || c->store.unsettled == 0)
        return true;
    c->losses++;
    if (c->losses < CORE_LOSSES_MAX)
        return true;
    core_fail(c, DDBS_E_CONNECTION_LOST,
              "%d connections in a row were lost without one record settled; the daemon's log says why it ends",
              (int)CORE_LOSSES_MAX);
    return false;
}

/* Prepare to resend everything on the next connection. An open ABORT is sent first, and the records that it covers are
 * not sent again. */
static void core_rewind(struct client_core *c)
{
    store_rewind(&c->store);
    for (uint32_t i = 0; i < c->token_count; i++)
        c->tokens[i].sent = false;
    core_tokens_trim(c);
    c->abort_sent = false;
    if (c->abort_upto != 0 && store_first(&c->store) > c->abort_upto)
        c->abort_upto = 0;
    store_skip(&c->store, c->abort_upto);
}

/* A connection ended before its WELCOME. False: the timeout has passed, and the writer has failed. Codes other than
 * BUSY become NOT_REACHABLE, because callers take some of them, such as DDBS_E_TIMED_OUT, as a reason to try again. */
static bool core_count_refusal(struct client_core *c, uint64_t now_ms)
{
    if (now_ms < core_give_up_ms(c))
        return true;
    if (c->connect_code != DDBS_OK)
        core_fail(c, c->connect_code == DDBS_E_BUSY ? DDBS_E_BUSY : DDBS_E_NOT_REACHABLE, "%s; tried for %llu ms",
                  c->connect_error, (unsigned long long)(now_ms - c->lost_ms));
    else
        core_fail(c, DDBS_E_CONNECTION_LOST,
                  "the daemon closes every connection before its WELCOME; tried for %llu ms; its log says why",
                  (unsigned long long)(now_ms - c->lost_ms));
    return false;
}

void core_eof(struct client_core *c, uint64_t now_ms)
{
    bool welcomed = c->state == CORE_OPEN;
    assert(c->linked);
    store_return(&c->store);
    c->out = (struct core_out){0};
    c->linked = false;
    c->input_bytes = 0;
    if (core_over(c))
        return;
    c->state = CORE_WAITING;
    if (!(welcomed ? core_count_loss(c, now_ms) : core_count_refusal(c, now_ms)))
        return;
    core_rewind(c);
    if (c->bye_wanted && c->store.unsettled == 0)
        c->state = CORE_ENDED;
    else
        core_retry(c, now_ms);
}

static bool core_abort_overdue(const struct client_core *c, uint64_t *ret_ms)
{
    *ret_ms = c->abort_ms + CORE_ABORT_ANSWER_MS;
    return c->state == CORE_OPEN && c->abort_upto != 0 && !c->abort_first && !c->broken;
}

void core_tick(struct client_core *c, uint64_t now_ms)
{
    uint64_t abort_end;
    if (c->pending_bytes > 0 && now_ms - c->oldest_ms >= c->linger_ms)
        core_push(c);
    if (c->state == CORE_WAITING && (now_ms >= c->retry_ms || now_ms >= core_give_up_ms(c)))
        c->retry_due = true; /* at the timeout one last attempt is made, which reports the failure */
    if (c->state == CORE_GREETING && !c->broken && now_ms >= core_give_up_ms(c))
        core_fail(
            c, DDBS_E_NOT_REACHABLE,
            "the daemon took the connection but sent no WELCOME within %llu ms; ddbsidecarctl status shows whether it "
            "is healthy",
            (unsigned long long)(now_ms - c->lost_ms));
    if (core_abort_overdue(c, &abort_end) && now_ms >= abort_end) {
        c->gave_up = true; /* the ABORT is stuck behind data that the daemon does not read; a new connection helps */
        c->broken = true;
    }
}

bool core_deadline(const struct client_core *c, uint64_t *ret_ms)
{
    uint64_t at = UINT64_MAX, end = core_give_up_ms(c);
    if (core_over(c))
        return false;
    if (c->state == CORE_WAITING && !c->retry_due)
        at = c->retry_ms < end ? c->retry_ms : end;
    if (c->state == CORE_GREETING && !c->broken)
        at = end;
    if (c->state == CORE_OPEN && c->pending_bytes > 0 && c->oldest_ms + c->linger_ms < at)
        at = c->oldest_ms + c->linger_ms;
    if (core_abort_overdue(c, &end) && end < at)
        at = end;
    if (at == UINT64_MAX)
        return false;
    *ret_ms = at;
    return true;
}

struct failed_record *core_failure_take(struct client_core *c)
{
    return failure_list_take(&c->failures);
}

bool core_busy(const struct client_core *c)
{
    return !core_over(c) && (c->store.unsettled > 0 || !core_abort_done(c) ||
                             c->out.before_bytes + c->out.records.n + c->out.after_bytes > c->out.done);
}
