/* peer: SO_PEERCRED. See peer.h. */
#include "daemon/io/peer.h"

#include <sys/socket.h>

#include "proto/err.h"

int peer_read(int fd, struct peer *ret)
{
    struct ucred c;
    socklen_t n = sizeof c;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &c, &n) != 0 || n != sizeof c)
        return DDBS_E_INTERNAL;
    *ret = (struct peer){.uid = c.uid, .gid = c.gid, .pid = c.pid};
    return DDBS_OK;
}
