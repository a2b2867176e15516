/* transport: classifies a curl result, and explains it in a sentence that says what to check.
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
    bool sent;     /* at least a part of the request was sent */
    bool answered; /* a status line came, for this request or an earlier one to this endpoint */
    bool tls;
    bool resolved;      /* the host's name was resolved */
    bool connected;     /* TCP is connected; TLS may not be */
    long ca_verdict;    /* CURLINFO_SSL_VERIFYRESULT of the certificate chain; 0 and 1: no objection to the chain */
    int os_error;       /* errno of a failed connect; 0: not known */
    const char *host;   /* as in the Host header */
    const char *detail; /* curl's error text; "" if none */
    bool answer_too_long;
    size_t answer_max;
    long timeout_ms;
};

/* TRANSPORT_OK for CURLE_OK. Otherwise UNREACHABLE if nothing was sent, else LOST, with a sentence in `text`. The same
 * cause gives the same sentence, so that the log can suppress repetitions. */
enum transport transport_classify(const struct transport_facts *f, char *text, size_t cap);

#endif
