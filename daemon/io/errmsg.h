/* errmsg: room for one sentence that says why the daemon cannot start, NUL included.
 * Owner: none; a size only, for all who write such a sentence.
 */
#ifndef IO_ERRMSG_H
#define IO_ERRMSG_H

enum { IO_ERRMSG = 512 };

#endif
