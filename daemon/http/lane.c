/* lane: thread, loop and curl for jobs. See lane.h.
 * Threads: params, inbox and outbox are shared (params is constant, the mailboxes lock). `load` belongs to the main
 * thread. Everything from `loop` on belongs to the lane's thread between start and join.
 */
#include "daemon/http/lane.h"

#include <assert.h>

#include "daemon/base/mem.h"
#include "daemon/dynamo/response.h"
#include "daemon/http/easy.h"
#include "daemon/http/transfer.h"
#include "proto/err.h"

struct lane {
    struct lane_params params;
    struct endpoint endpoint;
    struct creds creds;
    struct mailbox inbox, outbox;
    struct mailbox_msg stop; /* the last message into the inbox */
    uv_thread_t thread;
    uint32_t load;

    uv_loop_t loop;
    uv_prepare_t before_sleep;
    struct multi multi;
    struct easy_pool easies;
    struct transfer_signing signing;
    struct list_head waiting, running;
};

/* ---- the lane's thread ---- */

static void transfer_return(struct lane *l, struct transfer *t)
{
    if (t->easy != NULL)
        easy_give(&l->easies, t->easy);
    t->easy = NULL;
    mailbox_put(&l->outbox, &t->msg);
}

static void transfer_begin(struct lane *l, struct transfer *t)
{
    t->easy = easy_take(&l->easies);
    if (t->easy == NULL)
        transfer_fail(t, false, "the HTTP library has no memory for the request");
    else if (transfer_send(t, &l->signing)) {
        if (multi_add(&l->multi, t->easy)) {
            list_push_back(&l->running, &t->node);
            return;
        }
        transfer_fail(t, false, "the HTTP library refused the request");
    }
    transfer_return(l, t);
}

/* Start waiting transfers up to the limit. Nothing starts on a broken multi; on_multi_broken calls this again. */
static void waiting_start(struct lane *l)
{
    while (!l->multi.broken && l->running.count < l->params.transfers_max && !list_empty(&l->waiting))
        transfer_begin(l, CONTAINER_OF(list_pop_front(&l->waiting), struct transfer, node));
}

static void on_transfer_done(void *ctx, CURL *easy, CURLcode code)
{
    struct lane *l = ctx;
    struct transfer *t;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&t);
    if (!transfer_finish(t, &l->signing, code, (long)l->params.request_timeout_ms)) {
        /* Send it again with the corrected clock; it stays on the running list. */
        if (transfer_send(t, &l->signing)) {
            if (multi_add(&l->multi, easy))
                return;
            transfer_fail(t, false, "the HTTP library refused the request");
        }
    }
    list_remove(&t->node);
    transfer_return(l, t);
    waiting_start(l);
}

static void running_fail(struct lane *l, const char *text)
{
    struct list_node *n;
    while ((n = list_pop_front(&l->running)) != NULL) {
        struct transfer *t = CONTAINER_OF(n, struct transfer, node);
        multi_remove(&l->multi, t->easy);
        transfer_fail(t, true, text);
        transfer_return(l, t);
    }
}

static void on_multi_broken(void *ctx)
{
    struct lane *l = ctx;
    running_fail(l, "the HTTP library ran out of memory before the answer came");
    multi_renew(&l->multi);
    waiting_start(l);
}

static void lane_close(struct lane *l)
{
    struct list_node *n;
    running_fail(l, "the daemon stopped before the answer came");
    while ((n = list_pop_front(&l->waiting)) != NULL) {
        struct transfer *t = CONTAINER_OF(n, struct transfer, node);
        transfer_fail(t, false, "the daemon stopped before the request was sent");
        transfer_return(l, t);
    }
    easy_pool_drop(&l->easies);
    multi_close(&l->multi);
    mailbox_close(&l->inbox, NULL);
    uv_close((uv_handle_t *)&l->before_sleep, NULL);
}

static void on_inbox(void *data)
{
    struct lane *l = data;
    bool stop = false;
    for (struct mailbox_msg *msg = mailbox_take(&l->inbox), *next; msg != NULL; msg = next) {
        next = msg->next;
        if (msg == &l->stop)
            stop = true;
        else
            list_push_back(&l->waiting, &CONTAINER_OF(msg, struct transfer, msg)->node);
    }
    if (stop)
        lane_close(l);
    else
        waiting_start(l);
}

static void on_before_sleep(uv_prepare_t *before_sleep)
{
    struct lane *l = before_sleep->data;
    mailbox_wake(&l->outbox);
}

static void lane_run(void *arg)
{
    struct lane *l = arg;
    int alive = uv_run(&l->loop, UV_RUN_DEFAULT);
    assert(alive == 0);
}

/* ---- the main thread ---- */

static void outbox_deliver(struct lane *l)
{
    for (struct mailbox_msg *msg = mailbox_take(&l->outbox), *next; msg != NULL; msg = next) {
        next = msg->next;
        struct transfer *t = CONTAINER_OF(msg, struct transfer, msg);
        assert(l->load > 0);
        l->load--;
        l->params.done(l->params.ctx, t->job, &t->result);
        transfer_free(t);
    }
}

static void on_outbox(void *data)
{
    outbox_deliver(data);
}

static void on_outbox_closed(uv_handle_t *wake)
{
    struct lane *l = CONTAINER_OF((struct mailbox *)wake->data, struct lane, outbox);
    mailbox_fini(&l->outbox);
    creds_wipe(&l->creds);
    mem_free(l);
    curl_global_cleanup();
}

/* Open what runs inside the lane's loop. On failure nothing stays open. */
static int loop_fill(struct lane *l)
{
    struct easy_params easy = {
        .url = l->endpoint.url,
        .user_agent = l->params.user_agent,
        .ca_bundle = l->params.ca_bundle,
        .timeout_ms = (long)l->params.request_timeout_ms,
    };
    int rc = mailbox_init(&l->inbox, &l->loop, on_inbox, l);
    if (rc != DDBS_OK)
        return rc;
    rc = multi_init(&l->multi, &l->loop, (long)l->params.transfers_max, on_transfer_done, on_multi_broken, l);
    if (rc == DDBS_OK) {
        rc = easy_pool_init(&l->easies, &easy, &l->multi, l->params.seed);
        if (rc == DDBS_OK) {
            uv_prepare_init(&l->loop, &l->before_sleep); /* prepare handles cannot fail */
            l->before_sleep.data = l;
            uv_prepare_start(&l->before_sleep, on_before_sleep);
            return DDBS_OK;
        }
        multi_close(&l->multi);
    }
    mailbox_close(&l->inbox, NULL);
    uv_run(&l->loop, UV_RUN_DEFAULT);
    mailbox_fini(&l->inbox);
    return rc;
}

static void loop_empty(struct lane *l)
{
    mailbox_fini(&l->inbox);
    easy_pool_fini(&l->easies);
    int rc = uv_loop_close(&l->loop);
    assert(rc == 0);
}

static int lane_open(struct lane *l)
{
    if (uv_loop_init(&l->loop) != 0)
        return DDBS_E_INTERNAL;
    int rc = loop_fill(l);
    if (rc == DDBS_OK) {
        rc = uv_thread_create(&l->thread, lane_run, l) == 0 ? DDBS_OK : DDBS_E_INTERNAL;
        if (rc == DDBS_OK)
            return rc;
        lane_close(l);
        uv_run(&l->loop, UV_RUN_DEFAULT);
        loop_empty(l);
    } else {
        uv_loop_close(&l->loop);
    }
    return rc;
}

static int lane_init(struct lane *l, const struct lane_params *p)
{
    l->params = *p;
    l->endpoint = *p->endpoint;
    l->creds = *p->creds;
    l->signing = (struct transfer_signing){.creds = &l->creds, .endpoint = &l->endpoint};
    return sigv4_init(&l->signing.signer);
}

int lane_start(const struct lane_params *p, struct lane **ret)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return DDBS_E_INTERNAL;
    response_init();
    struct lane *l = mem_zalloc(sizeof *l);
    int rc = l != NULL ? lane_init(l, p) : DDBS_E_OUT_OF_MEMORY;
    if (rc == DDBS_OK) {
        rc = mailbox_init(&l->outbox, p->loop, on_outbox, l);
        if (rc == DDBS_OK) {
            rc = lane_open(l);
            if (rc == DDBS_OK) {
                *ret = l;
                return DDBS_OK;
            }
            sigv4_fini(&l->signing.signer);
            mailbox_close(&l->outbox, on_outbox_closed);
            return rc;
        }
        sigv4_fini(&l->signing.signer);
    }
    if (l != NULL)
        creds_wipe(&l->creds);
    mem_free(l);
    curl_global_cleanup();
    return rc;
}

int lane_submit(struct lane *l, struct job *job)
{
    struct transfer *t = transfer_new(job);
    if (t == NULL)
        return DDBS_E_OUT_OF_MEMORY;
    l->load++;
    mailbox_put(&l->inbox, &t->msg);
    return DDBS_OK;
}

void lane_wake(struct lane *l)
{
    mailbox_wake(&l->inbox);
}

uint32_t lane_load(const struct lane *l)
{
    return l->load;
}

void lane_stop(struct lane *l)
{
    if (l == NULL)
        return;
    mailbox_put(&l->inbox, &l->stop);
    mailbox_wake(&l->inbox);
    int rc = uv_thread_join(&l->thread);
    assert(rc == 0);
    loop_empty(l);
    sigv4_fini(&l->signing.signer);
    outbox_deliver(l);
    assert(l->load == 0);
    mailbox_close(&l->outbox, on_outbox_closed);
}
