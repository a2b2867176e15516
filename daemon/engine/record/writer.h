/* writer: a connection as its session sees it: credit, acknowledgements, open flushes.
 * Owner: embedded in a connection; a session points to it while it is connected. Values only.
 */
#ifndef ENGINE_RECORD_WRITER_H
#define ENGINE_RECORD_WRITER_H

#include "daemon/engine/value/acks.h"
#include "proto/window.h"

struct record;

struct writer {
    uint64_t serial;           /* of the connection; later ones have higher numbers */
    struct list_node in_dirty; /* engine->dirty_conns: output may be due */
    struct window window;
    struct acks acks;
    struct record *resend; /* R2: the open record where the search for a resent seq continues */
    uint64_t wanted;       /* BLOCKED: cost of the next record; 0: not blocked */
    uint32_t token_count;  /* unanswered flushes */
    bool gone;             /* the connection is ending */
    int broken;            /* fail the connection with this code in its turn, and encode nothing before; 0: none */
};

#endif
