/* notice: why the records of a connection wait, and telling it (PROTOCOL M6): once a second while something waits.
 * Owner: none; the engine has the timer.
 */
#ifndef ENGINE_CONN_NOTICE_H
#define ENGINE_CONN_NOTICE_H

#include "daemon/engine/conn/conn.h"
#include "proto/mp_write.h"

/* Why its records wait now; REASON_NONE: nothing keeps them. */
enum reason conn_reason(const struct engine *e, const struct conn *c);

/* Encode the NOTICE that is due. */
void notice_encode(struct engine *e, struct conn *c, struct mp_writer *w);

/* Have the timer run while something waits. */
void notice_arm(struct engine *e);
void notice_on_timer(struct engine *e);

#endif
