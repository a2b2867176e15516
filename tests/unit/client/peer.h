/* peer: a tiny daemon in a thread, for the tests of the client's shell. It takes records, settles them at each FLUSH,
 * and misbehaves on request.
 * Owner: the test. The listening socket is in a separate folder under /tmp, removed by peer_stop.
 */
#ifndef TESTS_CLIENT_PEER_H
#define TESTS_CLIENT_PEER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

enum { PEER_RECORDS_MAX = 20000, PEER_INPUT = 3 * 1024 * 1024 };

/* Its behaviour. All zero: a correct daemon with plenty of credit that settles everything at every FLUSH. */
struct peer_plan {
    uint64_t credit;     /* first limit; 0: 1 GiB. BLOCKED is granted in full */
    uint32_t lose_after; /* once, after so many WRITEs, close without reading on; 0: never */
    uint64_t fail_seq;   /* this record fails */
    bool mute;           /* settle nothing */
    bool eager;          /* settle every WRITE at once */
    bool no_welcome;
    int pause_ms; /* stop reading for so long after each WRITE */
    int refuse;   /* answer HELLO with this error */
    bool goaway;  /* send GOAWAY after the first WRITE, and close when all of it has settled */
};

/* What it received. Read it after peer_stop, or through peer_wait. */
struct peer_seen {
    uint32_t connections;
    uint32_t writes;
    uint32_t flushes;
    uint32_t byes;
    uint32_t blocked;
    uint64_t records;                  /* received, duplicates included */
    uint64_t bytes;                    /* of items */
    uint8_t got[PEER_RECORDS_MAX + 1]; /* how often each seq came; the top bit is its op */
};

struct peer {
    struct peer_plan plan;
    struct peer_seen seen;
    char folder[32];
    char path[64];
    int listener;
    int stop_read, stop_write; /* a pipe: closing it stops the thread */
    pthread_t thread;
    pthread_mutex_t lock;
    uint8_t *input;
};

void peer_start(struct peer *p, const struct peer_plan *plan);
void peer_stop(struct peer *p);

#endif
