/* fuzz_answer_reader: an answer is read alike however it is cut, within its bounds, and in time.
 * Owner: none.
 *
 * Input: one byte how it is cut, the rest is what the endpoint sends. It is read whole and in pieces: both give the
 * same status, fields, body and end, and leave the same bytes over.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/http/answer_reader.h"
#include "tests/fuzz/fuzz.h"

/* What came of an answer: a digest of its fields, its body, and how it ended. */
struct outcome {
    uint64_t fields, body;
    uint64_t body_bytes;
    int status;
    size_t left;
    bool ended, keeps;
    const char *broken;
};

static uint64_t digest(uint64_t h, struct span s, bool bounds)
{
    for (size_t i = 0; i < s.n; i++)
        h = (h ^ s.p[i]) * UINT64_C(0x100000001b3);
    return bounds ? (h ^ 0x1ff) * UINT64_C(0x100000001b3) : h;
}

/* True: it is over. */
static bool take(struct answer_reader *r, const struct reader_event *e, struct outcome *o)
{
    switch (e->kind) {
    case READER_MORE:
        break;
    case READER_STATUS:
        CHECK(o->status == 0 && e->status >= 200 && e->status <= 999);
        o->status = e->status;
        break;
    case READER_FIELD:
        CHECK(o->status != 0 && o->body_bytes == 0 && e->name.n > 0);
        CHECK(e->name.n + e->value.n <= ANSWER_READER_LINE_MAX);
        o->fields = digest(digest(o->fields, e->name, true), e->value, true);
        break;
    case READER_BODY:
        CHECK(o->status != 0 && e->value.n > 0);
        o->body = digest(o->body, e->value, false);
        o->body_bytes += e->value.n;
        break;
    case READER_DONE:
        CHECK(o->status != 0);
        o->ended = true;
        o->keeps = answer_reader_keeps(r);
        break;
    case READER_BROKEN:
        CHECK(e->text != NULL);
        o->broken = e->text;
        break;
    }
    return o->ended || o->broken != NULL;
}

static struct outcome read_in_pieces(const uint8_t *data, size_t size, size_t piece)
{
    static struct answer_reader r;
    struct outcome o = {0};
    answer_reader_init(&r);
    for (size_t at = 0; at < size;) {
        size_t n = size - at < piece ? size - at : piece;
        uint8_t *copy = malloc(n); /* of just this size: AddressSanitizer sees a read beyond it */
        CHECK(copy != NULL);
        memcpy(copy, data + at, n);
        struct span bytes = span_of(copy, n);
        bool over = false;
        struct reader_event e;
        do {
            size_t before = bytes.n;
            e = answer_reader_next(&r, &bytes);
            CHECK(bytes.n <= before && (e.kind != READER_MORE || bytes.n == 0));
            over = take(&r, &e, &o);
        } while (!over && e.kind != READER_MORE);
        free(copy);
        at += n - bytes.n;
        if (over) {
            o.left = size - at;
            return o;
        }
    }
    struct reader_event e = answer_reader_end(&r);
    CHECK(take(&r, &e, &o));
    return o;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct outcome whole = read_in_pieces(data + 1, size - 1, SIZE_MAX);
    struct outcome cut = read_in_pieces(data + 1, size - 1, 1 + data[0] % 64);
    CHECK(whole.status == cut.status && whole.fields == cut.fields && whole.ended == cut.ended);
    CHECK(whole.keeps == cut.keeps && (whole.broken != NULL) == (cut.broken != NULL));
    CHECK(!whole.ended || (whole.body == cut.body && whole.body_bytes == cut.body_bytes && whole.left == cut.left));
    return 0;
}
