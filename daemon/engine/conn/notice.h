/* notice: why the records of a connection wait, reported to its client (PROTOCOL M6): at most once a second.
 * Owner: none; the engine has the timer.
 */
#ifndef ENGINE_CONN_NOTICE_H
#define ENGINE_CONN_NOTICE_H

#include "daemon/engine/conn/conn.h"
#include "proto/mp_write.h"

/* Why its records wait now; REASON_NONE: nothing holds them up. */
enum reason notice_reason(const struct engine *e, const struct conn *c);

/* Encode the NOTICE that is due. */
void notice_encode(struct engine *e, struct conn *c, struct mp_writer *w);

/* Arm the timer if something waits. */
void notice_arm(struct engine *e);
void notice_on_timer(struct engine *e);

#endif
