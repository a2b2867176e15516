/* fuzz_mp_read: the reader against msgpack-c: both accept the same bytes, with the same length and the same values.
 * Owner: none.
 * Two differences are intended. msgpack-c stops at 32 levels, the reader at MP_DEPTH_MAX. Inputs that declare large
 * counts are not given to msgpack-c, because it allocates what they declare.
 */
#include <msgpack.h>
#include <string.h>

#include "proto/be.h"
#include "proto/err.h"
#include "proto/mp_read.h"
#include "tests/fuzz/fuzz.h"

enum { ORACLE_COUNT_MAX = 4096, ORACLE_DEPTH_MAX = 32 };

/* True if any byte could be the head of an array or map with more elements than msgpack-c is given. */
static bool has_count_bomb(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i + 3 <= size; i++) {
        if ((data[i] == 0xdc || data[i] == 0xde) && be_load16(data + i + 1) > ORACLE_COUNT_MAX)
            return true;
        if ((data[i] == 0xdd || data[i] == 0xdf) && i + 5 <= size && be_load32(data + i + 1) > ORACLE_COUNT_MAX)
            return true;
    }
    return false;
}

/* Nesting depth of the value at the cursor, which must be complete. */
static unsigned value_depth(struct mp_cursor *c)
{
    struct mp_token t;
    CHECK(mp_read_next(c, &t) == DDBS_OK);
    if (t.type != MP_ARRAY && t.type != MP_MAP)
        return 0;
    unsigned deepest = 0;
    for (uint64_t i = (uint64_t)t.count << (t.type == MP_MAP); i > 0; i--) {
        unsigned depth = value_depth(c);
        deepest = depth > deepest ? depth : deepest;
    }
    return deepest + 1;
}

static void same_value(struct mp_cursor *c, const msgpack_object *o);

static void same_bytes(const struct mp_token *t, const char *p, uint32_t n)
{
    CHECK(t->count == n);
    CHECK(n == 0 || memcmp(t->bytes, p, n) == 0);
}

static void same_float(const struct mp_token *t, const msgpack_object *o)
{
    CHECK(o->type == (t->single ? MSGPACK_OBJECT_FLOAT32 : MSGPACK_OBJECT_FLOAT64));
    CHECK(memcmp(&t->f64, &o->via.f64, sizeof(double)) == 0);
}

static void same_container(struct mp_cursor *c, const struct mp_token *t, const msgpack_object *o)
{
    if (t->type == MP_ARRAY) {
        CHECK(o->type == MSGPACK_OBJECT_ARRAY && o->via.array.size == t->count);
        for (uint32_t i = 0; i < t->count; i++)
            same_value(c, &o->via.array.ptr[i]);
        return;
    }
    CHECK(o->type == MSGPACK_OBJECT_MAP && o->via.map.size == t->count);
    for (uint32_t i = 0; i < t->count; i++) {
        same_value(c, &o->via.map.ptr[i].key);
        same_value(c, &o->via.map.ptr[i].val);
    }
}

static void same_value(struct mp_cursor *c, const msgpack_object *o)
{
    struct mp_token t;
    CHECK(mp_read_next(c, &t) == DDBS_OK);
    switch (t.type) {
    case MP_NIL:
        CHECK(o->type == MSGPACK_OBJECT_NIL);
        break;
    case MP_BOOL:
        CHECK(o->type == MSGPACK_OBJECT_BOOLEAN && o->via.boolean == t.truth);
        break;
    case MP_UINT:
        CHECK(o->type == MSGPACK_OBJECT_POSITIVE_INTEGER && o->via.u64 == t.u64);
        break;
    case MP_INT:
        CHECK(o->type == MSGPACK_OBJECT_NEGATIVE_INTEGER && o->via.i64 == t.i64);
        break;
    case MP_FLOAT:
        same_float(&t, o);
        break;
    case MP_STR:
        CHECK(o->type == MSGPACK_OBJECT_STR);
        same_bytes(&t, o->via.str.ptr, o->via.str.size);
        break;
    case MP_BIN:
        CHECK(o->type == MSGPACK_OBJECT_BIN);
        same_bytes(&t, o->via.bin.ptr, o->via.bin.size);
        break;
    case MP_EXT:
        CHECK(o->type == MSGPACK_OBJECT_EXT && o->via.ext.type == t.ext);
        same_bytes(&t, o->via.ext.ptr, o->via.ext.size);
        break;
    case MP_ARRAY:
    case MP_MAP:
        same_container(c, &t, o);
        break;
    }
}

/* Walk the input token by token as far as possible: the cursor only moves forward and never leaves the input. */
static void walk_tokens(const uint8_t *data, size_t size)
{
    struct mp_cursor c = mp_read_open(span_of(data, size));
    for (;;) {
        const uint8_t *before = c.p;
        struct mp_token t;
        if (mp_read_next(&c, &t) != DDBS_OK) {
            CHECK(c.p == before);
            return;
        }
        CHECK(c.p > before && c.p <= c.end);
        if (t.type == MP_STR || t.type == MP_BIN || t.type == MP_EXT)
            CHECK(t.bytes > before && t.bytes + t.count == c.p);
        if (t.type == MP_ARRAY || t.type == MP_MAP)
            CHECK((uint64_t)t.count << (t.type == MP_MAP) <= (uint64_t)(c.end - c.p));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    walk_tokens(data, size);
    struct mp_cursor c = mp_read_open(span_of(data, size));
    bool accepted = mp_read_skip(&c) == DDBS_OK;
    CHECK(accepted ? c.p > data && c.p <= c.end : c.p == data);
    if (has_count_bomb(data, size))
        return 0;

    msgpack_unpacked unpacked;
    msgpack_unpacked_init(&unpacked);
    size_t length = 0;
    msgpack_unpack_return oracle = msgpack_unpack_next(&unpacked, (const char *)data, size, &length);
    struct mp_cursor again = mp_read_open(span_of(data, size));
    if (oracle == MSGPACK_UNPACK_SUCCESS || oracle == MSGPACK_UNPACK_EXTRA_BYTES) {
        CHECK(accepted);
        CHECK(data + length == c.p);
        same_value(&again, &unpacked.data);
        CHECK(again.p == c.p);
    } else if (accepted) {
        CHECK(value_depth(&again) >= ORACLE_DEPTH_MAX);
    }
    msgpack_unpacked_destroy(&unpacked);
    return 0;
}
