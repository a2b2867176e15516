/* timer: a deadline tagged with the kind of its owner, so that one heap serves connections, sessions, targets and the
 * engine. Owner: embedded. Values only.
 */
#ifndef ENGINE_WORK_TIMER_H
#define ENGINE_WORK_TIMER_H

#include "daemon/base/heap.h"

enum timer_kind { TIMER_CONN, TIMER_SESSION, TIMER_TARGET, TIMER_DRAIN, TIMER_FLUSH, TIMER_NOTICE };

struct timer {
    struct heap_node node;
    enum timer_kind kind;
};

#endif
