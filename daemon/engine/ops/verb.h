/* verb: the verbs that an operator or any client may send as REQUEST (PROTOCOL L4, section 9), and their answers.
 * Owner: none; requests belong to their connections.
 */
#ifndef ENGINE_OPS_VERB_H
#define ENGINE_OPS_VERB_H

struct engine;

/* Answer the requests that arrived, or let them wait: `flush` for records, `describe` for the schema. */
void verb_run_all(struct engine *e);

/* Answer the `describe` requests whose schema was read, or could not be read. */
void verb_answer_described(struct engine *e);

#endif
