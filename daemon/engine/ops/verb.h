/* verb: what an operator or any client may ask by REQUEST (PROTOCOL L4, section 9), and the answers.
 * Owner: none; requests belong to their connections.
 */
#ifndef ENGINE_OPS_VERB_H
#define ENGINE_OPS_VERB_H

struct engine;

/* Answer the requests that arrived, or let them wait: a flush for records, a describe for the schema. */
void verb_run_all(struct engine *e);

/* The schemas that were asked for have come, or could not be had: tell those who wait for them. */
void verb_answer_described(struct engine *e);

#endif
