/* digest: SHA-256 and HMAC-SHA-256 through OpenSSL's EVP. See digest.h. */
#include "daemon/aws/digest.h"

#include <assert.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "proto/err.h"

int digest_init(struct digest *d)
{
    d->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    d->hash = EVP_MD_CTX_new();
    d->hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    if (d->sha256 == NULL || d->hash == NULL || d->hmac == NULL) {
        digest_fini(d);
        return DDBS_E_INTERNAL;
    }
    return DDBS_OK;
}

void digest_fini(struct digest *d)
{
    EVP_MAC_free(d->hmac);
    EVP_MD_CTX_free(d->hash);
    EVP_MD_free(d->sha256);
    *d = (struct digest){0};
}

int digest_begin(struct digest *d)
{
    return EVP_DigestInit_ex2(d->hash, d->sha256, NULL) == 1 ? DDBS_OK : DDBS_E_INTERNAL;
}

int digest_add(struct digest *d, const void *bytes, size_t n)
{
    return EVP_DigestUpdate(d->hash, bytes, n) == 1 ? DDBS_OK : DDBS_E_INTERNAL;
}

int digest_end(struct digest *d, uint8_t ret_hash[DIGEST_BYTES])
{
    return EVP_DigestFinal_ex(d->hash, ret_hash, NULL) == 1 ? DDBS_OK : DDBS_E_INTERNAL;
}

int digest_sha256(struct digest *d, struct span bytes, uint8_t ret_hash[DIGEST_BYTES])
{
    int rc = digest_begin(d);
    if (rc == DDBS_OK)
        rc = digest_add(d, bytes.p, bytes.n);
    if (rc == DDBS_OK)
        rc = digest_end(d, ret_hash);
    return rc;
}

int digest_key_set(struct digest_key *k, const struct digest *d, struct span key)
{
    assert(key.n > 0);
    digest_key_clear(k);
    char name[] = "SHA256";
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
        OSSL_PARAM_construct_end(),
    };
    k->mac = EVP_MAC_CTX_new(d->hmac);
    if (k->mac == NULL || EVP_MAC_init(k->mac, key.p, key.n, params) != 1) {
        digest_key_clear(k);
        return DDBS_E_INTERNAL;
    }
    return DDBS_OK;
}

int digest_key_sign(struct digest_key *k, struct span text, uint8_t ret_mac[DIGEST_BYTES])
{
    assert(k->mac != NULL);
    /* A NULL key restarts with the key already set, at a third of the cost of setting it. */
    size_t n = 0;
    if (EVP_MAC_init(k->mac, NULL, 0, NULL) != 1 || EVP_MAC_update(k->mac, text.p, text.n) != 1 ||
        EVP_MAC_final(k->mac, ret_mac, &n, DIGEST_BYTES) != 1 || n != DIGEST_BYTES)
        return DDBS_E_INTERNAL;
    return DDBS_OK;
}

void digest_key_clear(struct digest_key *k)
{
    EVP_MAC_CTX_free(k->mac);
    k->mac = NULL;
}

void digest_hex(const uint8_t hash[DIGEST_BYTES], char ret_hex[DIGEST_HEX])
{
    static const char digits[16] = {'0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'};
    for (size_t i = 0; i < DIGEST_BYTES; i++) {
        ret_hex[2 * i] = digits[hash[i] >> 4];
        ret_hex[2 * i + 1] = digits[hash[i] & 15];
    }
}
