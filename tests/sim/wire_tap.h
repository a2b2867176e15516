/* wire_tap: a listener on the wire at the daemon's end: it takes the frames of a link apart by itself and tells the
 * oracle what each side said, in order. Owner: embedded in a link. Invariants: what goes up is looked at when the
 * engine has got it, what goes down when the engine has given it away.
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
    uint64_t due_ms; /* since when nothing up to `upto` is open and all of it was told; 0: something is */
};

struct wire_tap {
    struct pipe up, down; /* the beginning of a frame that is not complete yet */
    uint32_t writer;      /* who said HELLO; WIRE_TAP_FOREIGN: none of ours */
    uint8_t session[16];
    bool discard;
    bool welcomed; /* the daemon said WELCOME */
    bool said_bye;
    uint64_t fenced_ms; /* a newer connection of the session was welcomed then; 0: none */
    bool error;         /* the daemon said ERROR */
    int error_code;
    uint64_t limit, used; /* credit */
    uint64_t wanted;      /* the highest cost of a BLOCKED */
    uint64_t abort_upto;  /* of the ABORT that is open; 0: none */
    uint64_t sent_upto;   /* the highest seq that came */
    uint64_t waits_ms;    /* records are open; since when nothing was told of them, nor why they wait; 0: none are */
    bool reason_told;     /* the last NOTICE named a reason */
    uint64_t upto;        /* of the last SETTLED */
    struct wire_tap_token tokens[WIRE_TAP_TOKENS_MAX];
    uint32_t token_count;
};

void wire_tap_init(struct wire_tap *t);
void wire_tap_fini(struct wire_tap *t);

/* The engine got these bytes from the link's client. */
void wire_tap_up(struct world *w, struct link *l, struct span bytes);

/* The engine gave these bytes away. */
void wire_tap_down(struct world *w, struct link *l, struct span bytes);

/* True if the bytes behind what the daemon has read hold a complete WRITE. */
bool wire_tap_holds_write(const struct link *l);

/* The first bytes of a session id say whose it is. */
void wire_tap_session(uint32_t writer, uint32_t draw, uint8_t out[16]);

#endif
