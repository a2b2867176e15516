/* notify: what systemd is told (Type=notify); nothing happens without NOTIFY_SOCKET.
 * Owner: process-wide; the main thread only.
 * Invariant: a daemon that systemd does not hear runs on all the same.
 */
#ifndef IO_NOTIFY_H
#define IO_NOTIFY_H

/* The daemon serves; `status` is one sentence for systemctl status. */
void notify_ready(const char *status);

/* The daemon stops; it may take until the drain's end. */
void notify_stopping(const char *status);

#endif
