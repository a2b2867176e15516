/* client: the calls on an open client: check the arguments, detect a fork, run the shell until the result is known.
 * Owner: the user, between ddbs_open and ddbs_close.
 * Invariant: a call that returns a negative code has put a sentence into errmsg.
 */
#include "client/c/client.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "client/c/codes.h"
#include "proto/item/item_check.h"

int client_error(char *errmsg, int code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(errmsg, DDBS_ERRMSG_SIZE, format, args);
    va_end(args);
    return code;
}

/* ---- waiting ---- */

static uint64_t end_of(int timeout_ms)
{
    return timeout_ms < 0 ? UINT64_MAX : shell_now() + (uint64_t)timeout_ms;
}

static int client_failed(struct ddbs_client *c)
{
    return client_error(c->errmsg, c->shell.core.error, "%s", c->shell.core.errmsg);
}

static int client_check(struct ddbs_client *c)
{
    if (shell_forked(&c->shell))
        return client_error(
            c->errmsg, DDBS_E_FORKED,
            "this client was opened before a fork; open one in the child (this copy only takes ddbs_close)");
    return DDBS_OK;
}

int client_run(struct ddbs_client *c, uint64_t end_ms, bool (*done)(const struct client_core *, uint64_t), uint64_t arg)
{
    struct client_core *core = &c->shell.core;
    for (;;) {
        shell_pump(&c->shell);
        if (done(core, arg))
            return DDBS_OK;
        if (core->state == CORE_FAILED)
            return client_failed(c);
        if (end_ms != UINT64_MAX && shell_now() >= end_ms)
            return DDBS_E_TIMED_OUT;
        shell_wait(&c->shell, end_ms);
    }
}

/* Why records wait: the daemon's reason, or the state of the connection. */
static const char *client_why(struct ddbs_client *c)
{
    const struct client_core *core = &c->shell.core;
    if (core->state == CORE_OPEN)
        return core->reason[0] != '\0' ? ddbs_reason(c) : "the daemon gave no reason";
    return core->connect_error[0] != '\0' ? core->connect_error : "there is no connection to the daemon";
}

/* ---- records ---- */

static int client_validate(struct ddbs_client *c, uint8_t op, struct span item)
{
    struct key_schema unknown = {0};
    struct mp_cursor at = mp_read_open(item);
    struct item_info info;
    char text[ITEM_ERRMSG] = "";
    int rc = item_check(&at, &unknown, op == OP_DELETE, &info, text);
    if (rc == DDBS_E_PROTOCOL_ERROR)
        return client_error(c->errmsg, DDBS_E_INVALID_ITEM, "the item is not msgpack: %s",
                            text[0] != '\0' ? text : "it is cut off");
    if (rc != DDBS_OK)
        return client_error(c->errmsg, rc, "%s", text);
    if (at.p != at.end)
        return client_error(c->errmsg, DDBS_E_INVALID_ITEM, "%zu bytes follow the item; give exactly one msgpack map",
                            (size_t)(at.end - at.p));
    return DDBS_OK;
}

/* Store the record. While there is no room, keep the connection running and wait, unless the client is nonblocking. */
static int client_store(struct ddbs_client *c, uint8_t op, struct span item, uint64_t *ret_seq)
{
    struct client_core *core = &c->shell.core;
    int rc = core_put(core, shell_now(), op, item, ret_seq);
    while (rc == CORE_AGAIN) {
        core_push(core);
        shell_pump(&c->shell);
        rc = core_put(core, shell_now(), op, item, ret_seq);
        if (rc != CORE_AGAIN || c->nonblocking)
            break;
        shell_wait(&c->shell, UINT64_MAX);
    }
    return rc;
}

/* Send what is due. A blocking program may make its next call much later, but the daemon waits only ten seconds for the
 * rest of a frame (PROTOCOL C7). So no frame is left partly sent. */
static void client_send(struct ddbs_client *c)
{
    shell_pump(&c->shell);
    while (!c->nonblocking && core_half_sent(&c->shell.core)) {
        shell_wait(&c->shell, UINT64_MAX);
        shell_pump(&c->shell);
    }
}

static int client_put(struct ddbs_client *c, uint8_t op, struct span item, uint64_t *ret_seq)
{
    struct client_core *core = &c->shell.core;
    uint64_t seq;
    int rc = client_validate(c, op, item);
    if (rc != DDBS_OK)
        return rc;
    rc = client_store(c, op, item, &seq);
    if (rc == CORE_AGAIN)
        return DDBS_AGAIN;
    if (core->state == CORE_FAILED)
        return client_failed(c);
    if (rc != DDBS_OK)
        return client_error(c->errmsg, rc, "the record was not taken: %s", err_text(rc));
    if (core->pending_bytes == 0)
        client_send(c);
    if (ret_seq != NULL)
        *ret_seq = seq;
    return DDBS_OK;
}

int ddbs_put_msgpack(struct ddbs_client *c, const void *item, size_t size, uint64_t *ret_seq)
{
    int rc = client_check(c);
    return rc != DDBS_OK ? rc : client_put(c, OP_PUT, span_of(item, size), ret_seq);
}

int ddbs_delete_msgpack(struct ddbs_client *c, const void *key, size_t size, uint64_t *ret_seq)
{
    int rc = client_check(c);
    return rc != DDBS_OK ? rc : client_put(c, OP_DELETE, span_of(key, size), ret_seq);
}

static int client_put_item(struct ddbs_client *c, uint8_t op, const struct ddbs_item *item, uint64_t *ret_seq)
{
    const void *bytes = NULL;
    size_t size = 0;
    int rc = client_check(c);
    if (rc != DDBS_OK)
        return rc;
    rc = ddbs_item_msgpack(item, &bytes, &size);
    if (rc != DDBS_OK)
        return client_error(c->errmsg, rc, "%s", ddbs_item_errmsg(item));
    return client_put(c, op, span_of(bytes, size), ret_seq);
}

int ddbs_put(struct ddbs_client *c, const struct ddbs_item *item, uint64_t *ret_seq)
{
    return client_put_item(c, OP_PUT, item, ret_seq);
}

int ddbs_delete(struct ddbs_client *c, const struct ddbs_item *key, uint64_t *ret_seq)
{
    return client_put_item(c, OP_DELETE, key, ret_seq);
}

/* ---- outcomes ---- */

static void client_report(struct ddbs_client *c, struct ddbs_result *ret)
{
    const struct core_counts *now = &c->shell.core.counts;
    ret->written = now->written - c->reported.written;
    ret->failed = now->failed - c->reported.failed;
    ret->superseded = now->superseded - c->reported.superseded;
    ret->aborted = now->aborted - c->reported.aborted;
    ret->unlisted = c->shell.core.failures.lost - c->reported_unlisted;
    c->reported = *now;
    c->reported_unlisted = c->shell.core.failures.lost;
}

/* Get a flush token. This waits only if CORE_TOKENS_MAX flushes are open already. */
static int client_ask(struct ddbs_client *c, uint64_t end_ms, uint64_t *ret_token)
{
    int rc;
    while ((rc = core_flush(&c->shell.core, ret_token)) == CORE_AGAIN) {
        shell_pump(&c->shell);
        if (end_ms != UINT64_MAX && shell_now() >= end_ms)
            return DDBS_E_TIMED_OUT;
        shell_wait(&c->shell, end_ms);
    }
    return rc;
}

static int client_timed_out(struct ddbs_client *c, const char *what, int timeout_ms)
{
    unsigned long long n = c->shell.core.counts.unsettled;
    return client_error(c->errmsg, DDBS_E_TIMED_OUT, "%s did not finish within %d ms: %llu record%s not settled (%s)",
                        what, timeout_ms, n, n == 1 ? " has" : "s have", client_why(c));
}

int ddbs_flush(struct ddbs_client *c, int timeout_ms, struct ddbs_result *ret_result)
{
    uint64_t end_ms = end_of(c->nonblocking ? 0 : timeout_ms);
    struct ddbs_result result;
    uint64_t token = 0;
    int rc = client_check(c);
    if (rc != DDBS_OK)
        return rc;
    rc = client_ask(c, end_ms, &token);
    if (rc == DDBS_OK)
        rc = client_run(c, end_ms, core_flush_done, token);
    if (rc == DDBS_E_TIMED_OUT && c->shell.core.state != CORE_FAILED)
        return client_timed_out(c, "the flush", timeout_ms);
    if (rc != DDBS_OK)
        return client_failed(c);
    client_report(c, &result);
    if (ret_result != NULL)
        *ret_result = result;
    if (result.failed == 0)
        return DDBS_OK;
    return client_error(c->errmsg, DDBS_FAILURES, "%llu record%s failed; ddbs_failure_next says which and why",
                        (unsigned long long)result.failed, result.failed == 1 ? "" : "s");
}

int ddbs_failure_next(struct ddbs_client *c, struct ddbs_failure *ret_failure)
{
    failure_list_free(c->shown);
    c->shown = client_check(c) == DDBS_OK ? core_failure_take(&c->shell.core) : NULL;
    if (c->shown == NULL)
        return 0;
    ret_failure->seq = c->shown->seq;
    ret_failure->code = c->shown->code;
    ret_failure->maybe_written = c->shown->maybe_written ? 1 : 0;
    ret_failure->message = c->shown->message;
    return 1;
}

static bool is_aborted(const struct client_core *core, uint64_t unused)
{
    (void)unused;
    return core_abort_done(core);
}

int ddbs_abort(struct ddbs_client *c, int timeout_ms)
{
    int rc = client_check(c);
    if (rc != DDBS_OK)
        return rc;
    rc = core_abort(&c->shell.core, shell_now());
    if (rc == DDBS_OK)
        rc = client_run(c, end_of(c->nonblocking ? 0 : timeout_ms), is_aborted, 0);
    if (rc == DDBS_E_TIMED_OUT && c->shell.core.state != CORE_FAILED)
        return client_timed_out(c, "the abort", timeout_ms);
    return rc == DDBS_OK ? DDBS_OK : client_failed(c);
}

void ddbs_stats(const struct ddbs_client *c, struct ddbs_stats *ret)
{
    const struct core_counts *now = &c->shell.core.counts;
    ret->put = now->put;
    ret->written = now->written;
    ret->failed = now->failed;
    ret->superseded = now->superseded;
    ret->aborted = now->aborted;
    ret->unsettled = now->unsettled;
    ret->memory = c->shell.core.store.bytes;
}

/* ---- leaving ---- */

static bool is_over(const struct client_core *core, uint64_t unused)
{
    (void)unused;
    return core->state == CORE_ENDED;
}

int ddbs_close(struct ddbs_client *c, int timeout_ms)
{
    int rc = DDBS_OK;
    if (c == NULL)
        return DDBS_OK;
    if (!shell_forked(&c->shell)) {
        core_bye(&c->shell.core);
        rc = client_run(c, end_of(timeout_ms), is_over, 0);
    }
    failure_list_free(c->shown);
    shell_fini(&c->shell);
    free(c);
    return rc;
}

const char *ddbs_errmsg(const struct ddbs_client *c)
{
    return c->errmsg;
}

const char *ddbs_reason(const struct ddbs_client *client)
{
    struct ddbs_client *c = (struct ddbs_client *)client; /* the cast only fills the text's buffer */
    const struct client_core *core = &c->shell.core;
    if (core->reason[0] == '\0')
        return "";
    snprintf(c->reason, sizeof c->reason, "%s: %s", core->reason, core->notice);
    return c->reason;
}

/* ---- event loops ---- */

int ddbs_fd(const struct ddbs_client *c)
{
    return c->shell.fd;
}

int ddbs_events(const struct ddbs_client *c)
{
    if (c->shell.fd < 0)
        return 0;
    return DDBS_READ | (c->shell.send_full ? DDBS_WRITE : 0);
}

int ddbs_timeout(const struct ddbs_client *c)
{
    uint64_t at, now = shell_now();
    if (core_wants_connect(&c->shell.core) || core_wants_close(&c->shell.core))
        return 0;
    if (!core_deadline(&c->shell.core, &at))
        return -1;
    return at <= now ? 0 : at - now > INT32_MAX / 2 ? INT32_MAX / 2 : (int)(at - now) + 1;
}

int ddbs_process(struct ddbs_client *c)
{
    int rc = client_check(c);
    if (rc != DDBS_OK)
        return rc;
    shell_pump(&c->shell);
    return c->shell.core.state == CORE_FAILED ? client_failed(c) : DDBS_OK;
}
