/* auth: the service's side of Signature Version 4, written independently of the daemon's signer, so that each tests the
 * other.
 * Owner: one per process; keeps a few derived keys.
 * Invariants: the canonical request is built from what was received, by the list in SignedHeaders, never from what
 * should have been sent.
 * Source: AWS General Reference, "Signature Version 4 signing process".
 */
#ifndef FAKEDDB_AUTH_H
#define FAKEDDB_AUTH_H

#include <stdbool.h>
#include <stdint.h>

#include <openssl/evp.h>

#include "tests/fakeddb/http.h"

enum {
    AUTH_KEYS_MAX = 8,
    AUTH_SCOPE_MAX = 128,
    AUTH_WINDOW_S = 300,
    AUTH_ERROR_MAX = 900,
    AUTH_CREDENTIALS_MAX = 16,
    AUTH_TEXT_MAX = 2047
};

/* An accepted credential. */
struct auth_credential {
    char access_key[AUTH_TEXT_MAX + 1], secret_key[AUTH_TEXT_MAX + 1];
    char session_token[AUTH_TEXT_MAX + 1]; /* empty: none required */
    int64_t expires_s;                     /* 0: never */
};

struct auth_key {
    const struct auth_credential *of; /* NULL: unused */
    char scope[AUTH_SCOPE_MAX];       /* date/region/service */
    EVP_MAC_CTX *mac;                 /* keyed with the signing key */
};

struct auth {
    struct auth_credential credentials[AUTH_CREDENTIALS_MAX];
    int ncredentials;
    EVP_MD *sha256;
    EVP_MD_CTX *digest;
    EVP_MAC *hmac;
    struct auth_key keys[AUTH_KEYS_MAX];
    unsigned next_key;
    struct text canonical;
};

struct auth_error {
    const char *type; /* exception name without prefix; NULL: none */
    char message[AUTH_ERROR_MAX];
};

/* Starts without accepted credentials. False if OpenSSL or memory fails. */
bool auth_init(struct auth *a);
void auth_fini(struct auth *a);

/* Accept a credential from now on; it replaces one with the same access key. False if there are too many. */
bool auth_add(struct auth *a, const struct auth_credential *credential);

/* True if the signature is valid; else *ret is the service's error. */
bool auth_check(struct auth *a, const struct http_request *r, int64_t now_s, struct auth_error *ret);

#endif
