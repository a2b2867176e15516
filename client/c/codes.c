/* codes: names and sentences of the public codes, and the library's version. See codes.h. */
#include "client/c/codes.h"

const char *ddbs_errname(int code)
{
    switch (code) {
    case DDBS_AGAIN:
        return "again";
    case DDBS_FAILURES:
        return "failures";
    default:
        return err_name(code);
    }
}

const char *ddbs_strerror(int code)
{
    switch (code) {
    case DDBS_AGAIN:
        return "no room now, ask again after ddbs_process";
    case DDBS_FAILURES:
        return "everything has settled, but some records failed";
    default:
        return err_text(code);
    }
}

const char *ddbs_version(void)
{
    return DDBS_VERSION;
}
