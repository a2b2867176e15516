/* tls: see tls.h. */
#include "tests/fakeddb/tls.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

enum { VALID_DAYS = 30 };

static bool add_extension(X509 *cert, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509V3_set_ctx_nodb(&ctx);
    X509V3_set_ctx(&ctx, cert, cert, NULL, NULL, 0);
    X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    bool ok = ext != NULL && X509_add_ext(cert, ext, -1) == 1;
    X509_EXTENSION_free(ext);
    return ok;
}

static bool fill(X509 *cert, EVP_PKEY *key)
{
    X509_NAME *name = X509_get_subject_name(cert);
    const unsigned char *cn = (const unsigned char *)"localhost";
    return X509_set_version(cert, 2) == 1 && ASN1_INTEGER_set(X509_get_serialNumber(cert), 1) == 1 &&
           X509_gmtime_adj(X509_getm_notBefore(cert), -3600) != NULL &&
           X509_gmtime_adj(X509_getm_notAfter(cert), (long)VALID_DAYS * 86400) != NULL &&
           X509_set_pubkey(cert, key) == 1 &&
           X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, cn, -1, -1, 0) == 1 &&
           X509_set_issuer_name(cert, name) == 1 && add_extension(cert, NID_subject_key_identifier, "hash") &&
           add_extension(cert, NID_authority_key_identifier, "keyid") &&
           add_extension(cert, NID_basic_constraints, "critical,CA:TRUE") &&
           add_extension(cert, NID_key_usage, "critical,digitalSignature,keyCertSign") &&
           add_extension(cert, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1") &&
           X509_sign(cert, key, EVP_sha256()) > 0;
}

static bool write_pem(X509 *cert, const char *path, char *errmsg, size_t errmsg_max)
{
    FILE *f = fopen(path, "we");
    bool ok = f != NULL && PEM_write_X509(f, cert) == 1;
    if (f != NULL && fclose(f) != 0)
        ok = false;
    if (!ok)
        snprintf(errmsg, errmsg_max, "cannot write the certificate to %s: %s", path, strerror(errno));
    return ok;
}

SSL_CTX *tls_new(const char *ca_file, char *errmsg, size_t errmsg_max)
{
    snprintf(errmsg, errmsg_max, "OpenSSL could not make a certificate");
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = X509_new();
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    bool ok = key != NULL && cert != NULL && ctx != NULL && fill(cert, key) &&
              SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 && SSL_CTX_use_certificate(ctx, cert) == 1 &&
              SSL_CTX_use_PrivateKey(ctx, key) == 1 &&
              (ca_file == NULL || write_pem(cert, ca_file, errmsg, errmsg_max));
    X509_free(cert);
    EVP_PKEY_free(key);
    if (!ok) {
        SSL_CTX_free(ctx);
        return NULL;
    }
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
    return ctx;
}
