/* loop_rig: a loop with the fake engine, and clients over socket pairs.
 * Owner: the test; loop_rig_close frees all and checks that no memory is left.
 */
#ifndef TESTS_LOOP_RIG_H
#define TESTS_LOOP_RIG_H

#include "daemon/io/loop.h"
#include "tests/unit/io/fake_engine.h"

struct loop_rig {
    struct loop loop;
    int peer[FAKE_CONNS]; /* the clients' ends */
    int peers;
};

void loop_rig_open(struct loop_rig *r);
void loop_rig_close(struct loop_rig *r);

/* Connect one more client and return its end; its id is the number of clients opened so far. */
int loop_rig_connect(struct loop_rig *r);

/* The i-th client closes its end. */
void loop_rig_leave(struct loop_rig *r, int i);

/* Run the loop without sleeping until nothing changes any more. */
void loop_rig_turn(struct loop_rig *r);

/* How often the loop wakes up within 50 ms when nothing happens: once for the alarm, and once more to settle. */
int loop_rig_wakeups(struct loop_rig *r);

#endif
