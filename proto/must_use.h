/* must_use: marks functions whose result the caller has to look at.
 * Owner: none, a macro only. A result that does not matter somewhere is asserted or named there, never dropped in
 * silence.
 */
#ifndef PROTO_MUST_USE_H
#define PROTO_MUST_USE_H

#define MUST_USE __attribute__((warn_unused_result))

#endif
