/* must_use: marks a function whose result says whether it worked, so that no caller ignores it. */
#ifndef PROTO_MUST_USE_H
#define PROTO_MUST_USE_H

#define MUST_USE __attribute__((warn_unused_result))

#endif
