/* link: one connection between a client (or a hostile peer) and the daemon: two pipes, and everything that a kernel and
 * bad luck do to them: cuts at any byte, delay, slow readers, hang-ups that are seen early or late, ends that nobody
 * tells. Owner: the world's list; a link goes when both ends have left it. Invariants: the daemon's end follows the
 * shell's contract in engine.h: it reads only while reading is on, says EOF once and last, and a hang-up at most once.
 */
#ifndef SIM_LINK_H
#define SIM_LINK_H

#include "tests/sim/pipe.h"
#include "tests/sim/wire_tap.h"
#include "tests/sim/world.h"

struct link;

/* The client's end of a link, and what it is told. */
struct link_end {
    struct link *link; /* NULL: none */
    void (*on_bytes)(struct world *w, struct link_end *end, struct span bytes);
    void (*on_eof)(struct world *w, struct link_end *end); /* the link is forgotten already */
};

struct link {
    struct list_node node;
    uint64_t id;
    uint64_t conn; /* the engine's number; 0: the daemon's end is closed */
    uint64_t epoch;
    struct link_end *end; /* NULL: the client's end is closed */
    struct pipe up, down;
    struct event up_event, down_event;
    bool reading; /* the engine wants to read */
    bool writing; /* the engine has something to send */
    bool untold;  /* half dead: the daemon sees no end until the healing */
    bool foreign; /* a hostile peer's */
    bool full;    /* the client waits for room in the socket */
    bool hung_up, eof_told;
    bool left; /* the client went away in peace or by crash, nothing was cut off */
    struct wire_tap tap;
};

/* Connect: end->link is set. False: nobody listens. */
bool link_open(struct world *w, struct link_end *end, struct peer peer);

/* Put bytes into the socket; returns how many it took. */
size_t link_send(struct world *w, struct link *l, struct span bytes);

/* What the daemon has sent and the client has not read: read it without waiting, before a close. Valid until the link
 * goes on. */
struct span link_rest(const struct link *l);

/* The client's end is closed (on_eof is not called). What it sent is still read by the daemon. */
void link_close(struct world *w, struct link *l);

/* The connection breaks: an arbitrary tail of both directions is lost. */
void link_cut(struct world *w, struct link *l);

/* ---- for the host ---- */

struct link *link_of_conn(struct world *w, uint64_t conn);
void link_set_reading(struct world *w, struct link *l, bool on);

/* EFFECT_CLOSE, or the daemon's death. */
void link_server_close(struct world *w, struct link *l);

/* Move engine_output into the socket. True if something moved. */
bool link_pump(struct world *w, struct link *l);

/* From now on every end is told. */
void link_heal_all(struct world *w);
void link_free_all(struct world *w);

#endif
