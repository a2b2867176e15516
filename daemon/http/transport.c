/* transport: classification of curl results. See transport.h. */
#include "daemon/http/transport.h"

#include <stdio.h>
#include <string.h>

static const char *detail_of(const struct transport_facts *f)
{
    return f->detail[0] != '\0' ? f->detail : curl_easy_strerror(f->code);
}

/* The server's certificate was refused: wrong host, not valid now, or not trusted. */
static void certificate_text(const struct transport_facts *f, char *text, size_t cap)
{
    enum { TRUSTED = 0, NOT_ASKED = 1, NOT_YET_VALID = 9, EXPIRED = 10 }; /* X509_V_* codes; 1 is curl's default */
    if (f->ca_verdict == TRUSTED || f->ca_verdict == NOT_ASKED)
        snprintf(text, cap, "the certificate of %s is for another host; check the endpoint's name (%s)", f->host,
                 detail_of(f));
    else if (f->ca_verdict == NOT_YET_VALID || f->ca_verdict == EXPIRED)
        snprintf(text, cap, "the certificate of %s is not valid now; check the clock here, and the certificate (%s)",
                 f->host, detail_of(f));
    else
        snprintf(text, cap,
                 "the certificate of %s is not trusted; set [aws] ca_bundle or AWS_CA_BUNDLE to the CA that signed it "
                 "(%s)",
                 f->host, detail_of(f));
}

static void unreachable_text(const struct transport_facts *f, char *text, size_t cap)
{
    switch (f->code) {
    case CURLE_COULDNT_RESOLVE_HOST:
        snprintf(text, cap, "the name of %s cannot be resolved; check the region, the endpoint and DNS", f->host);
        break;
    case CURLE_COULDNT_RESOLVE_PROXY:
        snprintf(text, cap, "the name of the proxy cannot be resolved; check https_proxy and no_proxy");
        break;
    case CURLE_COULDNT_CONNECT: /* curl's own text contains the elapsed milliseconds, so it differs each time */
        snprintf(text, cap,
                 "no connection to %s (%s); check the endpoint, its firewall, the route and the limit of open files",
                 f->host, f->os_error != 0 ? strerror(f->os_error) : curl_easy_strerror(f->code));
        break;
    case CURLE_OPERATION_TIMEDOUT:
        if (!f->resolved && !f->connected)
            snprintf(text, cap, "the name of %s was not resolved in time; check DNS (/etc/resolv.conf)", f->host);
        else if (f->tls && f->connected)
            snprintf(text, cap, "no TLS connection to %s in time; is http:// meant in the endpoint?", f->host);
        else
            snprintf(text, cap, "no connection to %s in time; check the endpoint, its firewall and the route", f->host);
        break;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
        certificate_text(f, text, cap);
        break;
    case CURLE_SSL_CACERT_BADFILE:
        snprintf(text, cap, "the CA file cannot be read; check [aws] ca_bundle or AWS_CA_BUNDLE (%s)", detail_of(f));
        break;
    case CURLE_SSL_CONNECT_ERROR:
        snprintf(text, cap, "no TLS connection to %s; is http:// meant in the endpoint? (%s)", f->host, detail_of(f));
        break;
    default:
        snprintf(text, cap, "no connection to %s: %s%s", f->host, detail_of(f),
                 f->tls && f->connected ? "; is http:// meant in the endpoint?" : "");
        break;
    }
}

enum transport transport_classify(const struct transport_facts *f, char *text, size_t cap)
{
    if (f->code == CURLE_OK)
        return TRANSPORT_OK;
    if (!f->sent) {
        unreachable_text(f, text, cap);
        return TRANSPORT_UNREACHABLE;
    }
    if (f->code == CURLE_OPERATION_TIMEDOUT)
        snprintf(text, cap, "no answer from %s within %ld ms", f->host, f->timeout_ms);
    else if (f->answer_too_long)
        snprintf(text, cap, "the answer of %s is longer than the %zu bytes expected", f->host, f->answer_max);
    else
        snprintf(text, cap, "the connection to %s broke: %s%s", f->host, detail_of(f),
                 f->tls || f->answered ? "" : "; is https:// meant in the endpoint?");
    return TRANSPORT_LOST;
}
