/* tls: a server context with a certificate created at start, for localhost and 127.0.0.1.
 * Owner: the caller frees the context.
 */
#ifndef FAKEDDB_TLS_H
#define FAKEDDB_TLS_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/ssl.h>

/* Create key, certificate and context; write the certificate (PEM) to ca_file, for clients to trust. NULL with a
 * message. */
SSL_CTX *tls_new(const char *ca_file, char *errmsg, size_t errmsg_max);

#endif
