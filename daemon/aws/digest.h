/* digest: SHA-256 and HMAC-SHA-256 through OpenSSL's EVP, with pre-fetched algorithms and reused contexts.
 * Owner: one digest per thread, embedded; a digest_key belongs to whoever set it. No I/O, no clock.
 * Invariants: contexts are created at init, so that hashing a request allocates nothing. A key exists only inside
 * OpenSSL's context, which is cleansed when freed.
 * Source: fetching an algorithm or setting a key for each call costs several times the hash itself,
 * https://docs.openssl.org/3.0/man7/crypto/#performance
 */
#ifndef AWS_DIGEST_H
#define AWS_DIGEST_H

#include <openssl/types.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/must_use.h"
#include "proto/span.h"

enum { DIGEST_BYTES = 32, DIGEST_HEX = 2 * DIGEST_BYTES };

struct digest {
    EVP_MD *sha256;
    EVP_MD_CTX *hash;
    EVP_MAC *hmac;
};

/* A key that is set once and then authenticates any number of texts. All zero: not set. */
struct digest_key {
    EVP_MAC_CTX *mac;
};

/* DDBS_OK, or DDBS_E_INTERNAL if libcrypto has no SHA-256 or HMAC (a broken or restricted installation) or no memory.
 * After a failure digest_fini is allowed but not needed. */
int digest_init(struct digest *d) MUST_USE;
void digest_fini(struct digest *d);

/* Incremental SHA-256: begin, add any number of times, end. One hash at a time per digest. DDBS_OK, or DDBS_E_INTERNAL
 * if libcrypto failed. */
int digest_begin(struct digest *d) MUST_USE;
int digest_add(struct digest *d, const void *bytes, size_t n) MUST_USE;
int digest_end(struct digest *d, uint8_t ret_hash[DIGEST_BYTES]) MUST_USE;

/* SHA-256 of one span. Errors as above. */
int digest_sha256(struct digest *d, struct span bytes, uint8_t ret_hash[DIGEST_BYTES]) MUST_USE;

/* Set or replace the key; `key.n` > 0. DDBS_OK, or DDBS_E_INTERNAL: no key is set then. */
int digest_key_set(struct digest_key *k, const struct digest *d, struct span key) MUST_USE;

/* HMAC-SHA-256 of a text with the key, which must be set. DDBS_OK or DDBS_E_INTERNAL. */
int digest_key_sign(struct digest_key *k, struct span text, uint8_t ret_mac[DIGEST_BYTES]) MUST_USE;

/* Erase the key; does nothing if none is set. */
void digest_key_clear(struct digest_key *k);

/* Lowercase hex of a hash, not NUL-terminated. */
void digest_hex(const uint8_t hash[DIGEST_BYTES], char ret_hex[DIGEST_HEX]);

#endif
