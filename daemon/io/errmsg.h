/* errmsg: the buffer size for a sentence that says why the daemon cannot start, NUL included.
 * Owner: none; a constant that all writers of such sentences share.
 */
#ifndef IO_ERRMSG_H
#define IO_ERRMSG_H

enum { IO_ERRMSG = 512 };

#endif
