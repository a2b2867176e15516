/* creds: one set of AWS credentials, as a value that a provider makes and a signer reads.
 * Owner: whoever holds the copy, and wipes it with creds_wipe when done.
 * Invariants: texts are NUL-terminated, printable ASCII without blanks, and as long as their length says; a new set
 * gets a new generation, so that what was derived from an older one is never taken for its own.
 */
#ifndef AWS_CREDS_CREDS_H
#define AWS_CREDS_CREDS_H

#include <openssl/crypto.h>
#include <stdint.h>

enum {
    CREDS_ID_MAX = 128,
    CREDS_SECRET_MAX = 256,
    CREDS_TOKEN_MAX = 8192, /* the service gives no bound; real ones are below 4 KiB */
};

struct creds {
    uint64_t generation; /* never 0 in a usable set */
    uint32_t id_len, secret_len;
    uint32_t token_len; /* 0: long-lived keys, no session token */
    char id[CREDS_ID_MAX + 1];
    char secret[CREDS_SECRET_MAX + 1];
    char token[CREDS_TOKEN_MAX + 1];
};

/* Overwrite with zeros in a way that the compiler keeps. */
static inline void creds_wipe(struct creds *c)
{
    OPENSSL_cleanse(c, sizeof *c);
}

#endif
