/* frame: parsing of a frame's first six bytes, and the body limit of each client message type.
 * Owner: none, values only. Pure.
 */
#include "proto/frame.h"

#include "proto/be.h"
#include "proto/err.h"
#include "proto/msg.h"

enum { FRAME_BODY_MIN = 2, FRAME_FIXARRAY_FIRST = 0x91, FRAME_FIXARRAY_LAST = 0x9f, FRAME_FIXINT_LAST = 0x7f };

int frame_peek(struct span input, struct frame_head *ret_head)
{
    if (input.n < FRAME_HEADER)
        return 1;
    uint32_t body = be_load32(input.p);
    if (body < FRAME_BODY_MIN)
        return DDBS_E_PROTOCOL_ERROR;
    if (input.n == FRAME_HEADER)
        return 1;
    uint8_t marker = input.p[FRAME_HEADER];
    if (marker < FRAME_FIXARRAY_FIRST || marker > FRAME_FIXARRAY_LAST)
        return DDBS_E_PROTOCOL_ERROR;
    if (input.n < FRAME_PEEK)
        return 1;
    uint8_t type = input.p[FRAME_HEADER + 1];
    if (type > FRAME_FIXINT_LAST)
        return DDBS_E_PROTOCOL_ERROR;
    ret_head->body = body;
    ret_head->type = type;
    return DDBS_OK;
}

uint32_t frame_client_max(uint8_t type, uint32_t write_max)
{
    switch (type) {
    case MSG_HELLO:
        return FRAME_HELLO_MAX;
    case MSG_WRITE:
        return write_max;
    case MSG_BLOCKED:
    case MSG_FLUSH:
    case MSG_ABORT:
    case MSG_BYE:
    case MSG_REQUEST:
        return FRAME_SMALL_MAX;
    default:
        return 0;
    }
}
