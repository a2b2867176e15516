/* reason: names and texts of the reasons, drawn from the one list in reason.h.
 * Owner: none, constants only. Pure.
 */
#include "proto/reason.h"

#include <assert.h>

static const struct {
    const char *name;
    const char *text;
} reason_table[REASON_COUNT_] = {
#define X(NAME, name, text) [REASON_##NAME] = {name, text},
    DDBS_REASONS(X)
#undef X
};

const char *reason_name(enum reason r)
{
    assert((unsigned)r < REASON_COUNT_);
    return reason_table[r].name;
}

const char *reason_text(enum reason r)
{
    assert((unsigned)r < REASON_COUNT_);
    return reason_table[r].text;
}
