#include "daemon/engine/value/failures.h"

#include <string.h>

#include "daemon/base/mem.h"
#include "proto/err.h"

static bool failures_join(struct failure *e, uint64_t seq, int code, bool maybe_written)
{
    if (e->text[0] != '\0' || e->code != code || e->maybe_written != maybe_written || seq != e->last + 1)
        return false;
    e->last = seq;
    return true;
}

int failures_add(struct failures *f, uint64_t seq, int code, bool maybe_written, const char *text,
                 struct failure **ret_entry)
{
    size_t n = f->list.count < FAILURES_TEXT_MAX ? strnlen(text, FAILURE_TEXT - 1) : 0;
    if (n == 0 && f->list.last != NULL) {
        struct failure *last = CONTAINER_OF(f->list.last, struct failure, node);
        if (failures_join(last, seq, code, maybe_written)) {
            *ret_entry = last;
            return 1;
        }
    }
    if (f->list.count >= FAILURES_MAX)
        return DDBS_E_TOO_MANY_FAILURES;
    struct failure *e = mem_alloc(sizeof *e + n + 1);
    if (e == NULL)
        return DDBS_E_OUT_OF_MEMORY;
    *e = (struct failure){.first = seq, .last = seq, .code = code, .maybe_written = maybe_written};
    memcpy(e->text, text, n);
    e->text[n] = '\0';
    list_push_back(&f->list, &e->node);
    *ret_entry = e;
    return 0;
}

uint64_t failures_clear(struct failures *f)
{
    uint64_t n = 0;
    for (struct list_node *node; (node = list_pop_front(&f->list)) != NULL; n++)
        mem_free(CONTAINER_OF(node, struct failure, node));
    return n;
}
