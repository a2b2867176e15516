/* peer: a tiny daemon in a thread, for the tests of the client's shell: it takes records, settles them when reported
 * to, and misbehaves on request. Owner: the test. The listening socket lives in a folder of its own under /tmp, removed
 * by peer_stop.
 */
#ifndef TESTS_CLIENT_PEER_H
#define TESTS_CLIENT_PEER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

enum { PEER_RECORDS_MAX = 20000, PEER_INPUT = 3 * 1024 * 1024 };

/* How it behaves; all zero: a good daemon with plenty of credit that settles everything at every FLUSH. */
struct peer_plan {
    uint64_t credit;     /* the first limit; 0: 1 GiB. More is granted when BLOCKED comes, as much as was wanted */
    uint32_t lose_after; /* close the connection, unread, after so many WRITEs, once; 0: never */
    uint64_t fail_seq;   /* this record fails */
    bool mute;           /* settle nothing */
    bool eager;          /* settle every WRITE at once */
    bool no_welcome;
    int pause_ms; /* look away so long after each WRITE */
    int refuse;   /* answer HELLO with this error */
    bool goaway;  /* say GOAWAY after the first WRITE and close when all of it was settled */
};

/* What it has seen. Read it after peer_stop, or through peer_wait. */
struct peer_seen {
    uint32_t connections;
    uint32_t writes;
    uint32_t flushes;
    uint32_t byes;
    uint32_t blocked;
    uint64_t records;                  /* arrived, copies too */
    uint64_t bytes;                    /* of items */
    uint8_t got[PEER_RECORDS_MAX + 1]; /* how often each seq arrived; its op is in the top bit */
};

struct peer {
    struct peer_plan plan;
    struct peer_seen seen;
    char folder[32];
    char path[64];
    int listener;
    int stop_read, stop_write; /* a pipe: closing it ends the thread */
    pthread_t thread;
    pthread_mutex_t lock;
    uint8_t *input;
};

void peer_start(struct peer *p, const struct peer_plan *plan);
void peer_stop(struct peer *p);

#endif
