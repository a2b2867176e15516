/* link: ddbsidecarctl's connection to the daemon: one request and its reply, with a timeout.
 * Owner: main.c, a static object; link_close closes the socket.
 * Happy path: connect, HELLO without a table, WELCOME; REQUEST, then REPLY in chunks until `more` is false. Failure
 * modes: no daemon, no permission, a timeout, an ERROR from the daemon; each with a sentence.
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
    char *text; /* NUL-terminated; the caller frees it with mem_free */
    size_t len;
};

/* Connect and exchange HELLO and WELCOME. DDBS_OK; DDBS_E_NOT_REACHABLE, DDBS_E_NOT_PERMITTED, DDBS_E_TIMED_OUT,
 * DDBS_E_CONNECTION_LOST, DDBS_E_PROTOCOL_ERROR, DDBS_E_INVALID_ARGUMENT (the path is too long), DDBS_E_INTERNAL, or
 * the code of the daemon's ERROR. On failure the link is closed. */
int link_open(struct ctl_link *l, const char *path, char errmsg[CTL_ERRMSG]) MUST_USE;
void link_close(struct ctl_link *l);

/* Send a request and receive its whole reply. `arguments`: a msgpack map; n == 0: none. `timeout_ms` is for the whole
 * exchange; UINT64_MAX: no limit. DDBS_OK: the daemon answered, see ret->status; else as above, or
 * DDBS_E_OUT_OF_MEMORY. */
int link_ask(struct ctl_link *l, const char *verb, struct span arguments, uint64_t timeout_ms, struct ctl_reply *ret,
             char errmsg[CTL_ERRMSG]) MUST_USE;

#endif
