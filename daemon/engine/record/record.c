#include "daemon/engine/record/record.h"

#include <assert.h>

#include "daemon/base/mem.h"

struct record *record_new(uint32_t capacity)
{
    struct record *r = mem_alloc(sizeof *r + capacity);
    if (r != NULL)
        *r = (struct record){0};
    return r;
}

void record_free(struct record *r)
{
    if (r == NULL)
        return;
    assert(r->in_session.head == NULL && r->in_target.head == NULL);
    assert(r->key_prev == NULL && r->key_next == NULL && r->key_last == NULL);
    mem_free(r);
}
