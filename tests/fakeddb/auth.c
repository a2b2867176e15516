/* auth: see auth.h. Checks in the service's order: header present, its parts, date, scope, key id, token, its age,
 * signature.
 */
#include "tests/fakeddb/auth.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>

enum { SHA256_LEN = 32, DATE_LEN = 16, CANONICAL_MAX = 2 * HTTP_HEAD_MAX };

/* The parts of the Authorization header. */
struct claim {
    struct span credential, signed_headers, signature;
    struct span key_id, date, region, service, terminator;
    struct span amz_date;
    const struct auth_credential *credential_of; /* the accepted credential that it names */
    struct span whole;
};

static bool span_is(struct span s, const char *text)
{
    return s.n == strlen(text) && memcmp(s.p, text, s.n) == 0;
}

bool auth_init(struct auth *a)
{
    memset(a, 0, sizeof(*a));
    text_init(&a->canonical, CANONICAL_MAX);
    a->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    a->digest = EVP_MD_CTX_new();
    a->hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    return a->sha256 != NULL && a->digest != NULL && a->hmac != NULL;
}

void auth_fini(struct auth *a)
{
    for (int i = 0; i < AUTH_KEYS_MAX; i++)
        EVP_MAC_CTX_free(a->keys[i].mac);
    EVP_MAC_free(a->hmac);
    EVP_MD_CTX_free(a->digest);
    EVP_MD_free(a->sha256);
    text_fini(&a->canonical);
    memset(a, 0, sizeof(*a));
}

static struct auth_credential *credential_find(struct auth *a, struct span access_key)
{
    for (int i = 0; i < a->ncredentials; i++) {
        if (span_is(access_key, a->credentials[i].access_key))
            return &a->credentials[i];
    }
    return NULL;
}

bool auth_add(struct auth *a, const struct auth_credential *credential)
{
    struct auth_credential *at = credential_find(a, span_of(credential->access_key, strlen(credential->access_key)));
    if (at == NULL && a->ncredentials == AUTH_CREDENTIALS_MAX)
        return false;
    if (at == NULL)
        at = &a->credentials[a->ncredentials++];
    *at = *credential;
    for (int i = 0; i < AUTH_KEYS_MAX; i++) {
        if (a->keys[i].of == at)
            a->keys[i].of = NULL; /* derived from the old secret */
    }
    return true;
}

__attribute__((format(printf, 3, 4))) static bool refuse(struct auth_error *ret, const char *type, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vsnprintf(ret->message, sizeof(ret->message), fmt, args);
    va_end(args);
    ret->type = type;
    return false;
}

static int shown(struct span s)
{
    return s.n > 300 ? 300 : (int)s.n;
}

/* Cut off the text up to `c`, or all of it. */
static struct span cut(struct span *s, uint8_t c)
{
    const uint8_t *at = s->n > 0 ? memchr(s->p, c, s->n) : NULL;
    struct span head = *s;
    if (at != NULL)
        head.n = (size_t)(at - s->p);
    *s = span_from(*s, at != NULL ? head.n + 1 : head.n);
    return head;
}

static struct span trim(struct span s)
{
    while (s.n > 0 && s.p[0] == ' ')
        s = span_from(s, 1);
    while (s.n > 0 && s.p[s.n - 1] == ' ')
        s.n--;
    return s;
}

static bool claim_parts(struct claim *c, struct auth_error *ret)
{
    struct span rest = c->whole;
    struct span algorithm = cut(&rest, ' ');
    while (rest.n > 0) {
        struct span value = trim(cut(&rest, ','));
        struct span name = cut(&value, '=');
        if (span_is(name, "Credential"))
            c->credential = value;
        else if (span_is(name, "SignedHeaders"))
            c->signed_headers = value;
        else if (span_is(name, "Signature"))
            c->signature = value;
    }
    char missing[400] = "";
    size_t n = 0;
    const struct span all[3] = {c->credential, c->signature, c->signed_headers};
    const char *const names[3] = {"Credential", "Signature", "SignedHeaders"};
    for (int i = 0; i < 3; i++) {
        if (all[i].n == 0)
            n += (size_t)snprintf(missing + n, sizeof(missing) - n, "Authorization header requires '%s' parameter. ",
                                  names[i]);
    }
    if (c->amz_date.n == 0)
        n += (size_t)snprintf(missing + n, sizeof(missing) - n,
                              "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ");
    if (n > 0)
        return refuse(ret, "IncompleteSignatureException", "%sAuthorization=%.*s", missing, shown(c->whole),
                      (const char *)c->whole.p);
    if (!span_is(algorithm, "AWS4-HMAC-SHA256"))
        return refuse(ret, "IncompleteSignatureException",
                      "Unsupported AWS 'algorithm': '%.*s' (only AWS4-HMAC-SHA256 for now). ", shown(algorithm),
                      (const char *)algorithm.p);
    return true;
}

static bool date_parse(struct span s, int64_t *ret_s)
{
    int part[6] = {0};
    static const int widths[6] = {4, 2, 2, 2, 2, 2};
    if (s.n != DATE_LEN || s.p[8] != 'T' || s.p[15] != 'Z')
        return false;
    const uint8_t *p = s.p;
    for (int i = 0; i < 6; i++) {
        p += i == 3 ? 1 : 0;
        for (int k = 0; k < widths[i]; k++, p++) {
            if (*p < '0' || *p > '9')
                return false;
            part[i] = part[i] * 10 + (*p - '0');
        }
    }
    struct tm tm = {.tm_year = part[0] - 1900,
                    .tm_mon = part[1] - 1,
                    .tm_mday = part[2],
                    .tm_hour = part[3],
                    .tm_min = part[4],
                    .tm_sec = part[5]};
    *ret_s = (int64_t)timegm(&tm);
    return true;
}

static const char *date_text(int64_t s, char buf[32])
{
    struct tm tm;
    time_t t = (time_t)s;
    gmtime_r(&t, &tm);
    strftime(buf, 32, "%Y%m%dT%H%M%SZ", &tm);
    return buf;
}

static bool date_check(const struct claim *c, int64_t now_s, struct auth_error *ret)
{
    int64_t at;
    char now[32], limit[32];
    if (!date_parse(c->amz_date, &at))
        return refuse(ret, "IncompleteSignatureException",
                      "Date must be in ISO-8601 'basic format'. Got '%.*s'. See http://en.wikipedia.org/wiki/ISO_8601",
                      shown(c->amz_date), (const char *)c->amz_date.p);
    if (at < now_s - AUTH_WINDOW_S)
        return refuse(ret, "InvalidSignatureException", "Signature expired: %.*s is now earlier than %s (%s - 5 min.)",
                      DATE_LEN, (const char *)c->amz_date.p, date_text(now_s - AUTH_WINDOW_S, limit),
                      date_text(now_s, now));
    if (at > now_s + AUTH_WINDOW_S)
        return refuse(ret, "InvalidSignatureException",
                      "Signature not yet current: %.*s is still later than %s (%s + 5 min.)", DATE_LEN,
                      (const char *)c->amz_date.p, date_text(now_s + AUTH_WINDOW_S, limit), date_text(now_s, now));
    return true;
}

static bool scope_check(struct claim *c, struct auth_error *ret)
{
    struct span rest = c->credential;
    int slashes = 0;
    for (size_t i = 0; i < rest.n; i++)
        slashes += rest.p[i] == '/' ? 1 : 0;
    if (slashes != 4)
        return refuse(ret, "IncompleteSignatureException",
                      "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, "
                      "got '%.*s'",
                      shown(c->credential), (const char *)c->credential.p);
    c->key_id = cut(&rest, '/');
    c->date = cut(&rest, '/');
    c->region = cut(&rest, '/');
    c->service = cut(&rest, '/');
    c->terminator = rest;
    bool same_day = c->date.n == 8 && memcmp(c->date.p, c->amz_date.p, 8) == 0;
    if (c->region.n != 0 && span_is(c->service, "dynamodb") && span_is(c->terminator, "aws4_request") && same_day)
        return true;
    return refuse(ret, "InvalidSignatureException", "%s%s%s%s",
                  c->region.n == 0 ? "Credential should be scoped to a valid region, not ''. " : "",
                  span_is(c->service, "dynamodb") ? "" : "Credential should be scoped to correct service: 'dynamodb'. ",
                  span_is(c->terminator, "aws4_request")
                      ? ""
                      : "Credential should be scoped with a valid terminator: 'aws4_request'. ",
                  same_day ? ""
                           : "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date "
                             "from HTTP.");
}

/* One canonical header line, "name:value\n"; several headers of one name are joined by commas. */
static bool put_header(struct text *out, const struct http_request *r, struct span name)
{
    const struct http_header *h;
    text_put(out, name.p, name.n);
    text_puts(out, ":");
    int i = 0;
    for (; (h = http_header_find(r, name, i)) != NULL; i++) {
        if (i > 0)
            text_puts(out, ",");
        for (size_t k = 0; k < h->value.n; k++) {
            bool blank = h->value.p[k] == ' ';
            if (!blank || h->value.p[k - 1] != ' ')
                text_put(out, &h->value.p[k], 1);
        }
    }
    text_puts(out, "\n");
    return i > 0;
}

static void put_hex(struct text *out, const uint8_t *bytes, size_t n)
{
    static const char digits[] = "0123456789abcdef";
    char *to = text_room(out, 2 * n);
    if (to == NULL)
        return;
    for (size_t i = 0; i < n; i++) {
        to[2 * i] = digits[bytes[i] >> 4];
        to[2 * i + 1] = digits[bytes[i] & 15];
    }
    out->len += 2 * n;
}

static void put_sha256(struct auth *a, struct span bytes, struct text *out)
{
    uint8_t hash[SHA256_LEN];
    bool ok = EVP_DigestInit_ex2(a->digest, a->sha256, NULL) == 1 &&
              EVP_DigestUpdate(a->digest, bytes.p, bytes.n) == 1 && EVP_DigestFinal_ex(a->digest, hash, NULL) == 1;
    if (ok)
        put_hex(out, hash, sizeof(hash));
    else
        out->failed = true;
}

/* All x-amz-* headers and host must be signed; else *ret_missing is the name of one that is not. */
static bool signed_enough(const struct http_request *r, const struct claim *c, struct span *ret_missing)
{
    for (int i = 0; i < r->nheaders; i++) {
        struct span name = r->headers[i].name, list = c->signed_headers;
        bool must = (name.n > 6 && strncasecmp((const char *)name.p, "x-amz-", 6) == 0) ||
                    (name.n == 4 && strncasecmp((const char *)name.p, "host", 4) == 0);
        bool found = !must;
        while (!found && list.n > 0) {
            struct span one = cut(&list, ';');
            found = one.n == name.n && strncasecmp((const char *)one.p, (const char *)name.p, name.n) == 0;
        }
        *ret_missing = name;
        if (!found)
            return false;
    }
    return true;
}

static bool canonical_make(struct auth *a, const struct http_request *r, const struct claim *c, struct auth_error *ret)
{
    struct text *out = &a->canonical;
    struct span list = c->signed_headers, previous = span_of("", 0), missing;
    text_clear(out, CANONICAL_MAX);
    text_put(out, r->method.p, r->method.n);
    text_puts(out, "\n");
    text_put(out, r->path.p, r->path.n);
    text_puts(out, "\n");
    text_put(out, r->query.p, r->query.n);
    text_puts(out, "\n");
    while (list.n > 0) {
        struct span name = cut(&list, ';');
        size_t n = name.n < previous.n ? name.n : previous.n;
        int order = n == 0 ? 0 : memcmp(previous.p, name.p, n);
        if (order > 0 || (order == 0 && previous.n >= name.n && previous.n > 0))
            return refuse(ret, "InvalidSignatureException", "SignedHeaders must be sorted; '%.*s' is out of order",
                          shown(name), (const char *)name.p);
        if (!put_header(out, r, name))
            return refuse(ret, "InvalidSignatureException", "'%.*s' is in SignedHeaders but was not sent", shown(name),
                          (const char *)name.p);
        previous = name;
    }
    if (!signed_enough(r, c, &missing))
        return refuse(ret, "InvalidSignatureException", "'%.*s' must be a 'SignedHeader' in the AWS Authorization.",
                      shown(missing), (const char *)missing.p);
    text_puts(out, "\n");
    text_put(out, c->signed_headers.p, c->signed_headers.n);
    text_puts(out, "\n");
    put_sha256(a, r->body, out);
    return true;
}

static bool hmac(struct auth *a, struct span key, struct span data, uint8_t out[SHA256_LEN])
{
    char name[] = "SHA256";
    size_t n = 0;
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
                           OSSL_PARAM_construct_end()};
    EVP_MAC_CTX *mac = EVP_MAC_CTX_new(a->hmac);
    bool ok = mac != NULL && EVP_MAC_init(mac, key.p, key.n, params) == 1 && EVP_MAC_update(mac, data.p, data.n) == 1 &&
              EVP_MAC_final(mac, out, &n, SHA256_LEN) == 1;
    EVP_MAC_CTX_free(mac);
    return ok;
}

/* Derive the signing key of a scope and key a new context with it. */
static EVP_MAC_CTX *key_derive(struct auth *a, const struct claim *c)
{
    char first[AUTH_TEXT_MAX + 8], name[] = "SHA256";
    uint8_t k[SHA256_LEN];
    int n = snprintf(first, sizeof(first), "AWS4%s", c->credential_of->secret_key);
    if (n < 0 || (size_t)n >= sizeof(first))
        return NULL;
    bool ok = hmac(a, span_of(first, (size_t)n), c->date, k) && hmac(a, span_of(k, sizeof(k)), c->region, k) &&
              hmac(a, span_of(k, sizeof(k)), c->service, k) && hmac(a, span_of(k, sizeof(k)), c->terminator, k);
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
                           OSSL_PARAM_construct_end()};
    EVP_MAC_CTX *mac = ok ? EVP_MAC_CTX_new(a->hmac) : NULL;
    if (mac != NULL && EVP_MAC_init(mac, k, sizeof(k), params) != 1) {
        EVP_MAC_CTX_free(mac);
        mac = NULL;
    }
    return mac;
}

static EVP_MAC_CTX *key_of(struct auth *a, const struct claim *c)
{
    char scope[AUTH_SCOPE_MAX];
    int n = snprintf(scope, sizeof(scope), "%.*s/%.*s/%.*s", shown(c->date), (const char *)c->date.p, shown(c->region),
                     (const char *)c->region.p, shown(c->service), (const char *)c->service.p);
    if (n < 0 || (size_t)n >= sizeof(scope))
        return NULL;
    for (int i = 0; i < AUTH_KEYS_MAX; i++) {
        if (a->keys[i].of == c->credential_of && strcmp(a->keys[i].scope, scope) == 0)
            return a->keys[i].mac;
    }
    EVP_MAC_CTX *mac = key_derive(a, c);
    if (mac == NULL)
        return NULL;
    struct auth_key *slot = &a->keys[a->next_key++ % AUTH_KEYS_MAX];
    EVP_MAC_CTX_free(slot->mac);
    slot->mac = mac;
    slot->of = c->credential_of;
    memcpy(slot->scope, scope, (size_t)n + 1);
    return mac;
}

static bool signature_check(struct auth *a, const struct claim *c, struct auth_error *ret)
{
    struct text sts, hex;
    uint8_t mac_bytes[SHA256_LEN];
    size_t n = 0;
    text_init(&sts, 2048);
    text_init(&hex, 128);
    text_putf(&sts, "AWS4-HMAC-SHA256\n%.*s\n%.*s/%.*s/%.*s/%.*s\n", DATE_LEN, (const char *)c->amz_date.p,
              shown(c->date), (const char *)c->date.p, shown(c->region), (const char *)c->region.p, shown(c->service),
              (const char *)c->service.p, shown(c->terminator), (const char *)c->terminator.p);
    put_sha256(a, text_span(&a->canonical), &sts);
    EVP_MAC_CTX *mac = key_of(a, c);
    bool ok = mac != NULL && !sts.failed && EVP_MAC_init(mac, NULL, 0, NULL) == 1 &&
              EVP_MAC_update(mac, (const uint8_t *)sts.p, sts.len) == 1 &&
              EVP_MAC_final(mac, mac_bytes, &n, sizeof(mac_bytes)) == 1;
    if (ok)
        put_hex(&hex, mac_bytes, sizeof(mac_bytes));
    ok = ok && c->signature.n == hex.len && CRYPTO_memcmp(c->signature.p, hex.p, hex.len) == 0;
    if (!ok)
        refuse(ret, "InvalidSignatureException",
               "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
               "Access Key and signing method. Consult the service documentation for details.\n\nThe Canonical "
               "String for this request should have been\n'%.*s'\n\nThe String-to-Sign should have been\n'%.*s'\n",
               a->canonical.len > 500 ? 500 : (int)a->canonical.len, a->canonical.p, (int)sts.len,
               sts.p != NULL ? sts.p : "");
    text_fini(&sts);
    text_fini(&hex);
    return ok;
}

/* Find the credential. The session token must be present exactly if required, and not expired. */
static bool credential_check(struct auth *a, const struct http_request *r, int64_t now_s, struct claim *c,
                             struct auth_error *ret)
{
    struct span token = http_value(r, "x-amz-security-token");
    c->credential_of = credential_find(a, c->key_id);
    if (c->credential_of == NULL || !span_is(token, c->credential_of->session_token))
        return refuse(ret, "UnrecognizedClientException", "The security token included in the request is invalid.");
    if (c->credential_of->expires_s != 0 && now_s >= c->credential_of->expires_s)
        return refuse(ret, "ExpiredTokenException", "The security token included in the request is expired");
    return true;
}

bool auth_check(struct auth *a, const struct http_request *r, int64_t now_s, struct auth_error *ret)
{
    struct claim c = {.whole = http_value(r, "authorization"), .amz_date = http_value(r, "x-amz-date")};
    if (c.whole.n < 5 || memcmp(c.whole.p, "AWS4-", 5) != 0)
        return refuse(ret, "MissingAuthenticationTokenException", "Request is missing Authentication Token");
    if (!claim_parts(&c, ret) || !date_check(&c, now_s, ret) || !scope_check(&c, ret))
        return false;
    return credential_check(a, r, now_s, &c, ret) && canonical_make(a, r, &c, ret) && signature_check(a, &c, ret);
}
