/* floor_sign: SigV4 for BatchWriteItem with everything precomputed that does not change between requests.
 * Owner: one signer per process. Reads no clock: the caller passes the time.
 * Invariants: the texts belong to `second`; inner and outer are SHA-256 states keyed with the signing key.
 */
#ifndef BENCH_FLOOR_SIGN_H
#define BENCH_FLOOR_SIGN_H

/* The states are copied, which EVP cannot do without an allocation. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/bench/floor.h"

struct floor_signer {
    const char *id, *secret, *token, *region; /* token "": none */
    char host[64];
    uint64_t second;
    char day[9];
    SHA256_CTX inner, outer;
    char canonical[FLOOR_HEAD_MAX]; /* its last 64 characters: the body's hash */
    size_t canonical_len;
    char to_sign[256]; /* its last 64 characters: the canonical request's hash */
    size_t to_sign_len;
    char head[FLOOR_HEAD_MAX]; /* the request's head up to the value of Content-Length */
    size_t head_len, signature_at;
};

/* Credentials and region come from the environment, under the names of the SDKs. `host` is the Host header's value. */
void floor_signer_init(struct floor_signer *s, const char *host);

/* Build the texts for this second (UTC since 1970), unless they are current. */
void floor_signer_tick(struct floor_signer *s, uint64_t wall_s);

/* Write the request's head so that it ends where the body begins; FLOOR_HEAD_MAX bytes before the body must be free.
 * Returns the start of the head. */
char *floor_signer_head(struct floor_signer *s, char *body, size_t n);

#endif
