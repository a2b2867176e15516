/* response_json: jansson made safe against running out of memory. See response_json.h.
 * jansson 2.14 does not check whether the buffer of a token could grow, and reads past its end. So an allocation that
 * fails while a text is parsed does not return to jansson: it leaves the parser with longjmp. All blocks allocated
 * while parsing are linked in a ring whose head belongs to this thread, and are then freed.
 */
#include "daemon/dynamo/response_json.h"

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/mem.h"
#include "proto/err.h"

/* With duplicate names one table's unprocessed items could hide another's. NUL is a legal character in a key. */
enum { FLAGS = JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL };

/* Precedes each block of jansson's. */
struct block {
    _Alignas(max_align_t) struct block *next;
    struct block *prev;
};

static _Thread_local struct {
    struct block head; /* of the ring of blocks allocated while parsing */
    bool reading;
    jmp_buf out;
} guard;

static void ring_begin(struct block *b)
{
    b->next = b->prev = b;
}

static void ring_drop(struct block *b)
{
    b->prev->next = b->next;
    b->next->prev = b->prev;
}

static void *guard_alloc(size_t n)
{
    struct block *b = n <= SIZE_MAX - sizeof *b ? mem_alloc(sizeof *b + n) : NULL;
    if (b == NULL && guard.reading)
        longjmp(guard.out, 1);
    if (b == NULL)
        return NULL;
    ring_begin(b);
    if (guard.reading) {
        b->next = &guard.head;
        b->prev = guard.head.prev;
        b->prev->next = b->next->prev = b;
    }
    return b + 1;
}

static void guard_free(void *p)
{
    if (p == NULL)
        return;
    struct block *b = (struct block *)p - 1;
    ring_drop(b);
    mem_free(b);
}

void response_json_init(void)
{
    static bool set; /* needs no lock: only one thread calls this. Later calls must not write while lanes run */
    if (!set)
        json_set_alloc_funcs(guard_alloc, guard_free);
    set = true;
}

/* Free everything after the longjmp. jansson keeps no other state: its parser was on the stack. */
static void guard_give_up(void)
{
    while (guard.head.next != &guard.head)
        guard_free(guard.head.next + 1);
    guard.reading = false;
}

int response_json_load(struct span body, json_t **ret)
{
    json_error_t error = {.line = -1};
    ring_begin(&guard.head);
    guard.reading = true;
    if (setjmp(guard.out) != 0) {
        guard_give_up();
        return DDBS_E_OUT_OF_MEMORY;
    }
    json_t *root = json_loadb((const char *)body.p, body.n, FLAGS, &error);
    guard.reading = false;
    ring_drop(&guard.head); /* parsed: json_decref frees the blocks from here on */
    if (root == NULL)
        return json_error_code(&error) == json_error_out_of_memory ? DDBS_E_OUT_OF_MEMORY : DDBS_E_PROTOCOL_ERROR;
    *ret = root;
    return DDBS_OK;
}

const char *response_json_load_error(int rc)
{
    return rc == DDBS_E_OUT_OF_MEMORY ? "no memory to read it" : "not JSON";
}

struct span response_json_string(const json_t *object, const char *name)
{
    const json_t *member = json_object_get(object, name);
    if (!json_is_string(member))
        return span_of(NULL, 0);
    return span_of(json_string_value(member), json_string_length(member));
}
