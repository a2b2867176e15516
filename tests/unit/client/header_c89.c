/* header_c89: compiles the public header alone as C89. Never run. */
#include <ddbsidecar.h>

int header_c89(void);

int header_c89(void)
{
    struct ddbs_options options = DDBS_OPTIONS_INIT;
    struct ddbs_result result;
    struct ddbs_stats stats;
    struct ddbs_failure failure;

    result.written = 0;
    stats.put = 0;
    failure.code = DDBS_E_INTERNAL;
    return options.on_eof == DDBS_ON_EOF_DELIVER && result.written == stats.put && failure.code < DDBS_OK &&
           ddbs_strerror(DDBS_AGAIN) != ddbs_strerror(DDBS_FAILURES);
}
