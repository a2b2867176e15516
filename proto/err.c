/* err: names, texts and retryability of the error codes, generated from the list in err.h.
 * Owner: none, constants only. Pure.
 * Invariant: code -i is at index i of the table; index 0 is success.
 */
#include "proto/err.h"

#include <stddef.h>
#include <string.h>

static const struct {
    const char *name;
    const char *text;
    bool retryable;
} err_table[DDBS_E_COUNT_ + 1] = {[0] = {"ok", "no error", false},
#define X(NAME, number, name, retryable, text) [-(number)] = {name, text, retryable},
                                  DDBS_ERRORS(X)
#undef X
};

static int err_index(int code)
{
    if (code > 0 || code < -DDBS_E_COUNT_)
        return -DDBS_E_INTERNAL;
    return -code;
}

const char *err_name(int code)
{
    return err_table[err_index(code)].name;
}

const char *err_text(int code)
{
    return err_table[err_index(code)].text;
}

bool err_retryable(int code)
{
    return err_table[err_index(code)].retryable;
}

int err_from_name(const char *name, unsigned long len)
{
    for (int i = 1; i <= DDBS_E_COUNT_; i++) {
        if (strlen(err_table[i].name) == len && memcmp(err_table[i].name, name, len) == 0)
            return -i;
    }
    return DDBS_E_INTERNAL;
}
