/* link: one connection between a client (or a hostile peer) and the daemon: two pipes with the faults of a network:
 * cuts at any byte, delay, slow readers, hang-ups noticed early or late, ends that are never reported.
 * Owner: the world's list; a link is freed when both ends have left it.
 * Invariants: the daemon's end keeps to the shell's contract in engine.h: it reads only while reading is on, reports
 * EOF once and last, and a hang-up at most once.
 */
#ifndef SIM_LINK_H
#define SIM_LINK_H

#include "tests/sim/pipe.h"
#include "tests/sim/wire_tap.h"
#include "tests/sim/world.h"

struct link;

/* The client's end of a link, and its callbacks. */
struct link_end {
    struct link *link; /* NULL: none */
    void (*on_bytes)(struct world *w, struct link_end *end, struct span bytes);
    void (*on_eof)(struct world *w, struct link_end *end); /* called after the link is detached */
};

struct link {
    struct list_node node;
    uint64_t id;
    uint64_t conn; /* the engine's connection number; 0: the daemon's end is closed */
    uint64_t epoch;
    struct link_end *end; /* NULL: the client's end is closed */
    struct pipe up, down;
    struct event up_event, down_event;
    bool reading; /* the engine wants to read */
    bool writing; /* the engine has something to send */
    bool untold;  /* half dead: the daemon sees no end until the faults are over */
    bool foreign; /* belongs to a hostile peer */
    bool full;    /* the client waits for room in the socket */
    bool hung_up, eof_told;
    bool left; /* the client left by itself (closed or crashed): nothing was cut off */
    struct wire_tap tap;
};

/* Connect: sets end->link. False: nobody listens. */
bool link_open(struct world *w, struct link_end *end, struct peer peer);

/* Write bytes to the socket; returns how many it took. */
size_t link_send(struct world *w, struct link *l, struct span bytes);

/* What the daemon has sent and the client has not read, to be read before a close. Valid until the link's next event.
 */
struct span link_rest(const struct link *l);

/* Close the client's end (on_eof is not called). The daemon still reads what was sent. */
void link_close(struct world *w, struct link *l);

/* Break the connection: an arbitrary tail of both directions is lost. */
void link_cut(struct world *w, struct link *l);

/* ---- for the host ---- */

struct link *link_of_conn(struct world *w, uint64_t conn);
void link_set_reading(struct world *w, struct link *l, bool on);

/* EFFECT_CLOSE, or the daemon died. */
void link_server_close(struct world *w, struct link *l);

/* Move engine_output into the socket. True if anything moved. */
bool link_pump(struct world *w, struct link *l);

/* From now on both ends see every close. */
void link_heal_all(struct world *w);
void link_free_all(struct world *w);

#endif
