/* creds: one set of AWS credentials, a value that a provider fills and a signer reads.
 * Owner: whoever holds a copy; the holder wipes it with creds_wipe.
 * Invariants: texts are NUL-terminated printable ASCII without blanks, and the length fields match. Each set has its
 * own generation, so that a signing key derived from an older set is never used for a newer one.
 */
#ifndef AWS_CREDS_H
#define AWS_CREDS_H

#include <openssl/crypto.h>
#include <stdint.h>

enum {
    CREDS_ID_MAX = 128,
    CREDS_SECRET_MAX = 256,
    CREDS_TOKEN_MAX = 8192, /* AWS documents no bound; real tokens are below 4 KiB */
};

struct creds {
    uint64_t generation; /* never 0 in a usable set */
    uint32_t id_len, secret_len;
    uint32_t token_len; /* 0: long-lived keys, no session token */
    char id[CREDS_ID_MAX + 1];
    char secret[CREDS_SECRET_MAX + 1];
    char token[CREDS_TOKEN_MAX + 1];
};

/* Overwrite with zeros in a way that the compiler does not optimize away. */
static inline void creds_wipe(struct creds *c)
{
    OPENSSL_cleanse(c, sizeof *c);
}

#endif
