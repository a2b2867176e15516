/* codes: the public header beside proto/err.h, which spells the same names as enumerators; checked to be the same list.
 * Owner: none. Files of the library include this instead of client/ddbsidecar.h.
 */
#ifndef CLIENT_CODES_H
#define CLIENT_CODES_H

#include "proto/err.h"

enum {
#define X(NAME, number, name, retryable, text) CODE_##NAME = DDBS_E_##NAME,
    DDBS_ERRORS(X)
#undef X
        CODE_OK = DDBS_OK
};

#include "client/c/ddbsidecar.h"

#define X(NAME, number, name, retryable, text)                                                                         \
    _Static_assert((int)CODE_##NAME == DDBS_E_##NAME, "ddbsidecar.h and proto/err.h differ");
DDBS_ERRORS(X)
#undef X
_Static_assert(CODE_OK == DDBS_OK, "ddbsidecar.h and proto/err.h differ");

#endif
