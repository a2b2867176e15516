/* signals: see signals.h. */
#include "daemon/io/signals.h"

#include <signal.h>

#include "proto/err.h"

static void on_signal(uv_signal_t *handle, int number)
{
    struct signals *s = handle->data;
    s->fn(s->ctx, number);
}

int signals_open(struct signals *s, uv_loop_t *loop, signals_fn fn, void *ctx)
{
    static const int NUMBERS[SIGNALS_COUNT] = {SIGTERM, SIGINT, SIGHUP};
    int failed = 0;
    s->fn = fn;
    s->ctx = ctx;
    for (int i = 0; i < SIGNALS_COUNT; i++) {
        uv_signal_init(loop, &s->handles[i]);
        s->handles[i].data = s;
        failed |= uv_signal_start(&s->handles[i], on_signal, NUMBERS[i]);
    }
    if (failed == 0)
        return DDBS_OK;
    signals_close(s);
    return DDBS_E_INTERNAL;
}

void signals_close(struct signals *s)
{
    for (int i = 0; i < SIGNALS_COUNT; i++)
        uv_close((uv_handle_t *)&s->handles[i], NULL);
}
