/* skew: clock skew from a refused signature. See skew.h. */
#include "daemon/http/skew.h"

#include <stddef.h>
#include <string.h>

enum { SKEW_POSSIBLE_S = 4 * 60 };

static const char *const DEFINITE[] = {"RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture", NULL};
static const char *const POSSIBLE[] = {"InvalidSignatureException", "SignatureDoesNotMatch", "AuthFailure", NULL};

static bool code_is_one_of(const char *error, const char *const *codes)
{
    size_t n = strcspn(error, ": ");
    for (; *codes != NULL; codes++) {
        if (strlen(*codes) == n && memcmp(*codes, error, n) == 0)
            return true;
    }
    return false;
}

bool skew_correct(const char *error, uint64_t date_s, uint64_t now_s, int64_t *offset_s)
{
    if (date_s == 0)
        return false;
    int64_t offset = (int64_t)(date_s - now_s);
    int64_t size = offset < *offset_s ? *offset_s - offset : offset - *offset_s;
    if (!code_is_one_of(error, DEFINITE) && !(code_is_one_of(error, POSSIBLE) && size >= SKEW_POSSIBLE_S))
        return false;
    *offset_s = offset;
    return true;
}
