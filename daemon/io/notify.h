/* notify: state notifications to systemd (Type=notify). Without NOTIFY_SOCKET nothing happens.
 * Owner: process-wide; the main thread only.
 * Invariant: errors are ignored; the daemon does not depend on systemd.
 */
#ifndef IO_NOTIFY_H
#define IO_NOTIFY_H

/* The daemon accepts clients. `status` is one sentence for systemctl status. */
void notify_ready(const char *status);

/* The daemon is stopping; this lasts until the drain ends. */
void notify_stopping(const char *status);

#endif
