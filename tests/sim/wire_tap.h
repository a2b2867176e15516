/* wire_tap: observes a link at the daemon's end: decodes its frames independently and reports to the oracle what each
 * side sent, in order.
 * Owner: embedded in a link.
 * Invariants: input is inspected when the engine has received it, output when the engine has handed it over.
 */
#ifndef SIM_WIRE_TAP_H
#define SIM_WIRE_TAP_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/span.h"
#include "tests/sim/pipe.h"

struct link;
struct world;

enum { WIRE_TAP_TOKENS_MAX = 64, WIRE_TAP_FOREIGN = UINT32_MAX };

struct wire_tap_token {
    uint64_t token, upto;
    uint64_t due_ms; /* since when nothing up to `upto` is unsettled or unreported; 0: something is */
};

struct wire_tap {
    struct pipe up, down; /* the beginning of an incomplete frame */
    uint32_t writer;      /* sender of HELLO; WIRE_TAP_FOREIGN: a hostile peer */
    uint8_t session[16];
    bool discard;
    bool welcomed; /* WELCOME was sent */
    bool said_bye;
    uint64_t fenced_ms; /* when a newer connection of the session was welcomed; 0: never */
    bool error;         /* ERROR was sent */
    int error_code;
    uint64_t limit, used; /* credit */
    uint64_t wanted;      /* highest cost of a BLOCKED */
    uint64_t abort_upto;  /* of the open ABORT; 0: none */
    uint64_t sent_upto;   /* the highest seq received */
    uint64_t waits_ms;    /* since when records have waited without an outcome or a reason; 0: none wait */
    bool reason_told;     /* the last NOTICE named a reason */
    uint64_t upto;        /* of the last SETTLED */
    struct wire_tap_token tokens[WIRE_TAP_TOKENS_MAX];
    uint32_t token_count;
};

void wire_tap_init(struct wire_tap *t);
void wire_tap_fini(struct wire_tap *t);

/* The engine received these bytes from the link's client. */
void wire_tap_up(struct world *w, struct link *l, struct span bytes);

/* The engine output these bytes. */
void wire_tap_down(struct world *w, struct link *l, struct span bytes);

/* True if the bytes that the daemon has not read yet contain a complete WRITE. */
bool wire_tap_holds_write(const struct link *l);

/* A session id whose first bytes identify the writer. */
void wire_tap_session(uint32_t writer, uint32_t draw, uint8_t out[16]);

#endif
