/* link: ddbsidecarctl's connection to the daemon: one question, one answer, with an end in time.
 * Owner: ctl_main's stack; link_close frees.
 * Happy path: connect, HELLO without a table, WELCOME; REQUEST, REPLY in chunks until more is false. Failure modes:
 * nobody there, not allowed, too slow, an ERROR of the daemon; each with a sentence.
 */
#ifndef CLIENT_CTL_LINK_H
#define CLIENT_CTL_LINK_H

#include <stddef.h>
#include <stdint.h>

#include "proto/frame.h"
#include "proto/must_use.h"
#include "proto/span.h"

enum { CTL_ERRMSG = 768 };

struct ctl_link {
    int fd;
    const char *path;
    size_t held; /* bytes in `input` */
    uint8_t input[FRAME_HEADER + FRAME_DAEMON_MAX];
};

struct ctl_reply {
    int status; /* DDBS_OK or a DDBS_E_* */
    char *text; /* NUL-terminated; mem_free */
    size_t len;
};

/* Connect and greet. DDBS_OK; DDBS_E_NOT_REACHABLE, DDBS_E_NOT_PERMITTED, DDBS_E_TIMED_OUT, DDBS_E_INVALID_ARGUMENT
 * (a path too long), or what the daemon said. */
int link_open(struct ctl_link *l, const char *path, char errmsg[CTL_ERRMSG]) MUST_USE;
void link_close(struct ctl_link *l);

/* Ask. `arguments`: a msgpack map, n == 0: none. `timeout_ms` for the whole answer, UINT64_MAX: as long as it takes.
 * DDBS_OK: the daemon answered, see ret->status; else as above or DDBS_E_CONNECTION_LOST, DDBS_E_OUT_OF_MEMORY. */
int link_ask(struct ctl_link *l, const char *verb, struct span arguments, uint64_t timeout_ms, struct ctl_reply *ret,
             char errmsg[CTL_ERRMSG]) MUST_USE;

#endif
