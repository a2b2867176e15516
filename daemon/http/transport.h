/* transport: what a curl result means for the request, and a sentence that helps.
 * Owner: a value. Pure.
 * Invariant: UNREACHABLE only if no byte of the request went out.
 */
#ifndef HTTP_TRANSPORT_H
#define HTTP_TRANSPORT_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>

#include "daemon/dynamo/response.h"

struct transport_facts {
    CURLcode code;
    bool sent;     /* at least a part of the request went out */
    bool answered; /* at least a status line came back, now or from this endpoint before */
    bool tls;
    bool resolved;      /* the host's name, if it is one */
    bool connected;     /* over TCP; of TLS nothing is said */
    long ca_verdict;    /* of the certificate's chain, as CURLINFO_SSL_VERIFYRESULT: 0 and 1 tell nothing against it */
    int os_error;       /* the errno of a refused connect, 0 if not known */
    const char *host;   /* as in the Host header */
    const char *detail; /* curl's own words, "" if none */
    bool answer_too_long;
    size_t answer_max;
    long timeout_ms;
};

/* TRANSPORT_OK for CURLE_OK, else a sentence in `text`, the same one for the same cause, so that it is told once.
 * Nothing sent: UNREACHABLE, else LOST. */
enum transport transport_classify(const struct transport_facts *f, char *text, size_t cap);

#endif
