/* teardown: the one place where connections and sessions let go of what they hold: input, requests, session, memory.
 * Whatever ends one, a broken frame, BYE, a hang-up or the daemon's stop, only marks it (conn_fail, conn_leave,
 * conn_end, session_note_over); so an event may go on using what it works on.
 */
#ifndef ENGINE_CONN_TEARDOWN_H
#define ENGINE_CONN_TEARDOWN_H

struct conn;
struct engine;

/* Let go of all that is marked. */
void teardown_run(struct engine *e);

/* Let go of one connection now: its session is wanted by another one. */
void teardown_conn(struct engine *e, struct conn *c);

#endif
