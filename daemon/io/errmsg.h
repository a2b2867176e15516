/* errmsg: room for one sentence that says why the daemon cannot start, NUL included. A type only. */
#ifndef IO_ERRMSG_H
#define IO_ERRMSG_H

enum { IO_ERRMSG = 512 };

#endif
