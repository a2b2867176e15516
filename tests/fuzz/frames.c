/* frames: a mutator for inputs that are streams of frames. It changes whole frames and bodies and keeps the lengths
 * right, so that what follows a change is still parsed.
 * Owner: none; linked only to the fuzzers, which find it by its symbol. The target sets where its stream begins.
 */
#include <string.h>

#include "proto/be.h"
#include "proto/frame.h"
#include "tests/fuzz/fuzz.h"

enum { FRAMES_MAX = 64, BODY_MAX = 4096 };

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);

struct part {
    size_t at, n; /* header included */
};

/* The whole frames of a stream, up to FRAMES_MAX. */
static size_t parts_of(const uint8_t *data, size_t size, struct part parts[FRAMES_MAX])
{
    size_t count = 0;
    for (size_t at = fuzz_frames_at; count < FRAMES_MAX && size >= at + FRAME_HEADER; count++) {
        size_t body = be_load32(data + at);
        if (body > size - at - FRAME_HEADER)
            break;
        parts[count] = (struct part){.at = at, .n = FRAME_HEADER + body};
        at += FRAME_HEADER + body;
    }
    return count;
}

static size_t replace(uint8_t *data, size_t size, struct part old, const uint8_t *with, size_t n)
{
    memmove(data + old.at + n, data + old.at + old.n, size - old.at - old.n);
    memcpy(data + old.at, with, n);
    return size - old.n + n;
}

static size_t change_body(uint8_t *data, size_t size, size_t max_size, struct part p)
{
    uint8_t frame[FRAME_HEADER + BODY_MAX];
    size_t room = max_size - (size - p.n) - FRAME_HEADER;
    if (p.n > sizeof frame || room == 0) /* LLVMFuzzerMutate adds a byte even if there is no room */
        return LLVMFuzzerMutate(data, size, max_size);
    memcpy(frame, data + p.at, p.n);
    size_t body = LLVMFuzzerMutate(frame + FRAME_HEADER, p.n - FRAME_HEADER, room < BODY_MAX ? room : BODY_MAX);
    frame_put_header(frame, (uint32_t)body);
    return replace(data, size, p, frame, FRAME_HEADER + body);
}

/* Insert a copy of one frame before another. */
static size_t repeat(uint8_t *data, size_t size, size_t max_size, struct part p, size_t before)
{
    uint8_t frame[FRAME_HEADER + BODY_MAX];
    if (p.n > sizeof frame || size + p.n > max_size)
        return LLVMFuzzerMutate(data, size, max_size);
    memcpy(frame, data + p.at, p.n);
    return replace(data, size, (struct part){.at = before}, frame, p.n);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    struct part parts[FRAMES_MAX];
    size_t count = parts_of(data, size, parts);
    unsigned what = seed % 8;
    if (count == 0 || what == 0)
        return LLVMFuzzerMutate(data, size, max_size);
    struct part p = parts[seed / 8 % count];
    if (what == 1 && count > 1)
        return replace(data, size, p, data, 0);
    if (what == 2)
        return repeat(data, size, max_size, p, parts[seed / 1024 % count].at);
    return change_body(data, size, max_size, p);
}
