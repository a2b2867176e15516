/* codes: includes both the public header, whose codes are macros, and proto/err.h, whose codes are enumerators of the
 * same names, and asserts at compile time that their values are equal. That neither list lacks a code is a test
 * (test_symbols.py).
 * Owner: none. Files of the library include this instead of client/c/ddbsidecar.h.
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
