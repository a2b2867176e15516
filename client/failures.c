/* failures: see failures.h. */
#include "client/failures.h"

#include <stdlib.h>

void failures_init(struct failures *f, uint32_t count_max)
{
    *f = (struct failures){.count_max = count_max};
}

void failures_fini(struct failures *f)
{
    struct failure *e;

    while ((e = failures_take(f)) != NULL)
        failure_free(e);
}

void failures_keep(struct failures *f, const struct msg_failure *failure)
{
    size_t n = failure->message.n < MSG_TEXT_MAX ? failure->message.n : MSG_TEXT_MAX;
    struct failure *e = f->count < f->count_max ? malloc(sizeof *e + n + 1) : NULL;

    if (e == NULL) {
        f->lost++;
        return;
    }
    *e = (struct failure){.seq = failure->seq, .code = failure->code, .maybe_written = failure->maybe_written};
    if (n > 0)
        memcpy(e->message, failure->message.p, n);
    e->message[n] = '\0';
    if (f->tail != NULL)
        f->tail->next = e;
    else
        f->head = e;
    f->tail = e;
    f->count++;
}

struct failure *failures_take(struct failures *f)
{
    struct failure *e = f->head;

    if (e == NULL)
        return NULL;
    f->head = e->next;
    if (f->head == NULL)
        f->tail = NULL;
    f->count--;
    e->next = NULL;
    return e;
}

void failure_free(struct failure *f)
{
    free(f);
}
