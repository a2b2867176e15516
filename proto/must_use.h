/* must_use: marks functions whose result must be checked.
 * Owner: none, a macro only. A result that does not matter is asserted or assigned to a named variable, never dropped
 * silently.
 */
#ifndef PROTO_MUST_USE_H
#define PROTO_MUST_USE_H

#define MUST_USE __attribute__((warn_unused_result))

#endif
