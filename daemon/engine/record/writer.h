/* writer: a connection as its session sees it: its credit, what its client was told, what its client waits for.
 * Owner: embedded in a connection; a session points to it while the connection is there. Values only.
 */
#ifndef ENGINE_RECORD_WRITER_H
#define ENGINE_RECORD_WRITER_H

#include "daemon/engine/value/acks.h"
#include "proto/window.h"

struct record;

struct writer {
    uint64_t serial;           /* of the connection; a later one has a higher number */
    struct list_node in_dirty; /* output may be due */
    struct window window;
    struct acks acks;
    struct record *resend; /* R2: the open record at which looking for a resent seq goes on */
    uint64_t wanted;       /* BLOCKED: cost of the next record, 0: not blocked */
    uint32_t token_count;  /* flushes that are not answered */
    bool gone;             /* it is ending: its client is not there any more */
    int broken;            /* the connection fails with this code at its turn; nothing is encoded before */
};

#endif
