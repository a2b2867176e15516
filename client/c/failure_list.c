/* failure_list: see failure_list.h. */
#include "client/c/failure_list.h"

#include <stdlib.h>

void failure_list_init(struct failure_list *f, uint32_t count_max)
{
    *f = (struct failure_list){.count_max = count_max};
}

void failure_list_fini(struct failure_list *f)
{
    struct failed_record *e;
    while ((e = failure_list_take(f)) != NULL)
        failure_list_free(e);
}

void failure_list_keep(struct failure_list *f, const struct msg_failure *failure)
{
    size_t n = failure->message.n < MSG_TEXT_MAX ? failure->message.n : MSG_TEXT_MAX;
    struct failed_record *e = f->count < f->count_max ? malloc(sizeof *e + n + 1) : NULL;
    if (e == NULL) {
        f->lost++;
        return;
    }
    *e = (struct failed_record){.seq = failure->seq, .code = failure->code, .maybe_written = failure->maybe_written};
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

struct failed_record *failure_list_take(struct failure_list *f)
{
    struct failed_record *e = f->head;
    if (e == NULL)
        return NULL;
    f->head = e->next;
    if (f->head == NULL)
        f->tail = NULL;
    f->count--;
    e->next = NULL;
    return e;
}

void failure_list_free(struct failed_record *f)
{
    free(f);
}
