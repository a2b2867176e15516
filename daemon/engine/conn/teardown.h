/* teardown: the one place where connections and sessions release what they hold: input, requests, session, memory.
 * Whatever ends one (a broken frame, BYE, a hang-up, the drain) only marks it (conn_fail, conn_leave, conn_end,
 * session_note_over), so that the current event can go on using it.
 */
#ifndef ENGINE_CONN_TEARDOWN_H
#define ENGINE_CONN_TEARDOWN_H

struct conn;
struct engine;

/* Tear down every connection and session that is marked. */
void teardown_run(struct engine *e);

/* Tear down one connection now, because another one takes its session. */
void teardown_conn(struct engine *e, struct conn *c);

#endif
