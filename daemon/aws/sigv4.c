/* sigv4: AWS Signature Version 4 for awsJson1.0 requests. See sigv4.h. */
#include "daemon/aws/sigv4.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "proto/err.h"

enum {
    DAY_TEXT = 8,                                 /* 20150830 */
    TIME_TEXT = DAY_TEXT + sizeof "T123600Z" - 1, /* 20150830T123600Z */
    SECONDS_A_DAY = 86400,
    SCOPE_MAX = DAY_TEXT + 1 + ENDPOINT_REGION_MAX + 1 + SIGV4_SERVICE_MAX + sizeof "/aws4_request" - 1,
    CANONICAL_PART_MAX = 512, /* of the canonical request: the part before the token's value, or the part after it */
    TO_SIGN_MAX = sizeof "AWS4-HMAC-SHA256\n" - 1 + TIME_TEXT + 1 + SCOPE_MAX + 1 + DIGEST_HEX,
};

static const uint64_t WALL_END_S = 253402300800; /* the year 10000; the date format has a four-digit year */

static const char SIGNED[] = "content-type;host;x-amz-date;x-amz-target";
static const char SIGNED_TOKEN[] = "content-type;host;x-amz-date;x-amz-security-token;x-amz-target";

/* What several parts of one signature share. */
struct facts {
    uint64_t day;
    char time[TIME_TEXT];
    char scope[SCOPE_MAX];
    size_t scope_len;
    size_t host_len, target_len;
    struct span signed_headers;
};

/* A bounded appender. A text that does not fit is left out and sets `full`. */
struct text {
    char *p;
    size_t room;
    bool full;
};

static void text_add(struct text *t, const void *bytes, size_t n)
{
    if (t->full || n > t->room) {
        t->full = true;
        return;
    }
    memcpy(t->p, bytes, n);
    t->p += n;
    t->room -= n;
}

/* A string literal. */
#define TEXT_LIT(t, literal) text_add((t), "" literal, sizeof(literal) - 1)

static void digits_put(char *out, uint32_t n, uint32_t v)
{
    while (n-- > 0) {
        out[n] = (char)('0' + v % 10);
        v /= 10;
    }
}

/* Days since 1970-01-01 as YYYYMMDD. The Gregorian calendar repeats every 400 years; counting years from March puts the
 * leap day last. Source: https://howardhinnant.github.io/date_algorithms.html#civil_from_days */
static void day_put(uint64_t day, char out[DAY_TEXT])
{
    uint64_t shifted = day + 719468; /* days since 0000-03-01 */
    uint64_t era = shifted / 146097;
    uint32_t of_era = (uint32_t)(shifted % 146097);
    uint32_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    uint32_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    uint32_t march_month = (5 * of_year + 2) / 153;
    uint32_t month = march_month < 10 ? march_month + 3 : march_month - 9;
    digits_put(out, 4, (uint32_t)(era * 400) + year_of_era + (month <= 2));
    digits_put(out + 4, 2, month);
    digits_put(out + 6, 2, of_year - (153 * march_month + 2) / 5 + 1);
}

static void time_put(uint64_t wall_s, char out[TIME_TEXT])
{
    uint32_t second = (uint32_t)(wall_s % SECONDS_A_DAY);
    day_put(wall_s / SECONDS_A_DAY, out);
    out[8] = 'T';
    digits_put(out + 9, 2, second / 3600);
    digits_put(out + 11, 2, second / 60 % 60);
    digits_put(out + 13, 2, second % 60);
    out[15] = 'Z';
}

static bool fits(const char *text, size_t max, size_t *ret_len)
{
    *ret_len = strnlen(text, max + 1);
    return *ret_len > 0 && *ret_len <= max;
}

static int facts_fill(struct facts *f, const struct creds *creds, const struct sigv4_request *r, uint64_t wall_s)
{
    size_t region_len, service_len;
    if (wall_s >= WALL_END_S || !fits(r->host, ENDPOINT_HOST_MAX, &f->host_len) ||
        !fits(r->region, ENDPOINT_REGION_MAX, &region_len) || !fits(r->service, SIGV4_SERVICE_MAX, &service_len) ||
        !fits(r->target, SIGV4_TARGET_MAX, &f->target_len) || creds->id_len == 0 || creds->secret_len == 0)
        return DDBS_E_INVALID_ARGUMENT;
    f->day = wall_s / SECONDS_A_DAY;
    time_put(wall_s, f->time);
    struct text t = {.p = f->scope, .room = sizeof f->scope};
    text_add(&t, f->time, DAY_TEXT);
    TEXT_LIT(&t, "/");
    text_add(&t, r->region, region_len);
    TEXT_LIT(&t, "/");
    text_add(&t, r->service, service_len);
    TEXT_LIT(&t, "/aws4_request");
    assert(!t.full);
    f->scope_len = (size_t)(t.p - f->scope);
    f->signed_headers =
        creds->token_len > 0 ? span_of(SIGNED_TOKEN, sizeof SIGNED_TOKEN - 1) : span_of(SIGNED, sizeof SIGNED - 1);
    return DDBS_OK;
}

/* One step of the key derivation: mac = HMAC(key, text). */
static int chain_link(const struct digest *d, struct span key, const char *text, size_t n,
                      uint8_t ret_mac[DIGEST_BYTES])
{
    struct digest_key k = {0};
    int rc = digest_key_set(&k, d, key);
    if (rc == DDBS_OK)
        rc = digest_key_sign(&k, span_of(text, n), ret_mac);
    digest_key_clear(&k);
    return rc;
}

/* Derive the signing key for secret, day, region and service into the slot. */
static int key_derive(struct sigv4_key *slot, const struct digest *d, const struct creds *creds, const struct facts *f)
{
    uint8_t first[4 + CREDS_SECRET_MAX];
    uint8_t k[DIGEST_BYTES];
    struct span derived = span_of(k, sizeof k);
    assert(creds->secret_len <= CREDS_SECRET_MAX);
    memcpy(first, "AWS4", 4);
    memcpy(first + 4, creds->secret, creds->secret_len);

    int rc = chain_link(d, span_of(first, 4 + creds->secret_len), f->scope, DAY_TEXT, k);
    if (rc == DDBS_OK)
        rc = chain_link(d, derived, slot->region, strlen(slot->region), k);
    if (rc == DDBS_OK)
        rc = chain_link(d, derived, slot->service, strlen(slot->service), k);
    if (rc == DDBS_OK)
        rc = chain_link(d, derived, "aws4_request", sizeof "aws4_request" - 1, k);
    if (rc == DDBS_OK)
        rc = digest_key_set(&slot->mac, d, derived);
    OPENSSL_cleanse(first, sizeof first);
    OPENSSL_cleanse(k, sizeof k);
    return rc;
}

static void key_forget(struct sigv4_key *slot)
{
    digest_key_clear(&slot->mac);
    *slot = (struct sigv4_key){0};
}

/* The cached signing key; on a miss it is derived and replaces the oldest one. */
static int key_get(struct sigv4_signer *s, const struct creds *creds, const struct sigv4_request *r,
                   const struct facts *f, struct sigv4_key **ret_key)
{
    for (uint32_t i = 0; i < SIGV4_KEYS; i++) {
        struct sigv4_key *k = &s->keys[i];
        if (k->generation == creds->generation && k->day == f->day && strcmp(k->region, r->region) == 0 &&
            strcmp(k->service, r->service) == 0) {
            *ret_key = k;
            return DDBS_OK;
        }
    }
    struct sigv4_key *slot = &s->keys[s->next_key];
    s->next_key = (s->next_key + 1) % SIGV4_KEYS;
    key_forget(slot);
    memcpy(slot->region, r->region, strlen(r->region) + 1);
    memcpy(slot->service, r->service, strlen(r->service) + 1);
    int rc = key_derive(slot, &s->digest, creds, f);
    if (rc != DDBS_OK) {
        key_forget(slot);
        return rc;
    }
    slot->generation = creds->generation;
    slot->day = f->day;
    *ret_key = slot;
    return DDBS_OK;
}

/* The canonical request is hashed in parts, so that the token is not copied: the part before the token's header, the
 * header, and the part after it. */
static struct span canonical_head(char out[CANONICAL_PART_MAX], const struct sigv4_request *r, const struct facts *f)
{
    struct text t = {.p = out, .room = CANONICAL_PART_MAX};
    TEXT_LIT(&t, "POST\n/\n\ncontent-type:application/x-amz-json-1.0\nhost:");
    text_add(&t, r->host, f->host_len);
    TEXT_LIT(&t, "\nx-amz-date:");
    text_add(&t, f->time, TIME_TEXT);
    assert(!t.full);
    return span_of(out, (size_t)(t.p - out));
}

static struct span canonical_tail(char out[CANONICAL_PART_MAX], const struct sigv4_request *r, const struct facts *f,
                                  const uint8_t body_hash[DIGEST_BYTES])
{
    struct text t = {.p = out, .room = CANONICAL_PART_MAX};
    char hex[DIGEST_HEX];
    digest_hex(body_hash, hex);
    TEXT_LIT(&t, "\nx-amz-target:");
    text_add(&t, r->target, f->target_len);
    TEXT_LIT(&t, "\n\n");
    text_add(&t, f->signed_headers.p, f->signed_headers.n);
    TEXT_LIT(&t, "\n");
    text_add(&t, hex, sizeof hex);
    assert(!t.full);
    return span_of(out, (size_t)(t.p - out));
}

static int canonical_hash(struct digest *d, const struct creds *creds, const struct sigv4_request *r,
                          const struct facts *f, uint8_t ret_hash[DIGEST_BYTES])
{
    static const char token_name[] = "\nx-amz-security-token:";
    char head[CANONICAL_PART_MAX], tail[CANONICAL_PART_MAX];
    uint8_t body_hash[DIGEST_BYTES];
    int rc = digest_sha256(d, r->body, body_hash);
    if (rc != DDBS_OK)
        return rc;
    struct span before = canonical_head(head, r, f);
    struct span behind = canonical_tail(tail, r, f, body_hash);
    rc = digest_begin(d);
    if (rc == DDBS_OK)
        rc = digest_add(d, before.p, before.n);
    if (rc == DDBS_OK && creds->token_len > 0)
        rc = digest_add(d, token_name, sizeof token_name - 1);
    if (rc == DDBS_OK && creds->token_len > 0)
        rc = digest_add(d, creds->token, creds->token_len);
    if (rc == DDBS_OK)
        rc = digest_add(d, behind.p, behind.n);
    if (rc == DDBS_OK)
        rc = digest_end(d, ret_hash);
    return rc;
}

static int signature_make(struct sigv4_key *key, const struct facts *f, const uint8_t canonical[DIGEST_BYTES],
                          char ret_hex[DIGEST_HEX])
{
    char to_sign[TO_SIGN_MAX], hex[DIGEST_HEX];
    uint8_t mac[DIGEST_BYTES];
    struct text t = {.p = to_sign, .room = sizeof to_sign};
    digest_hex(canonical, hex);
    TEXT_LIT(&t, "AWS4-HMAC-SHA256\n");
    text_add(&t, f->time, TIME_TEXT);
    TEXT_LIT(&t, "\n");
    text_add(&t, f->scope, f->scope_len);
    TEXT_LIT(&t, "\n");
    text_add(&t, hex, sizeof hex);
    assert(!t.full);
    int rc = digest_key_sign(&key->mac, span_of(to_sign, (size_t)(t.p - to_sign)), mac);
    if (rc == DDBS_OK)
        digest_hex(mac, ret_hex);
    return rc;
}

static void line_begin(struct sigv4_lines *lines, const struct text *t)
{
    lines->line[lines->count++] = t->p;
}

static int lines_write(struct sigv4_lines *lines, const struct creds *creds, const struct sigv4_request *r,
                       const struct facts *f, const char signature[DIGEST_HEX])
{
    struct text t = {.p = lines->text, .room = lines->cap};
    lines->count = 0;
    line_begin(lines, &t);
    TEXT_LIT(&t, "Content-Type: application/x-amz-json-1.0\0");
    line_begin(lines, &t);
    TEXT_LIT(&t, "X-Amz-Target: ");
    text_add(&t, r->target, f->target_len + 1);
    line_begin(lines, &t);
    TEXT_LIT(&t, "X-Amz-Date: ");
    text_add(&t, f->time, TIME_TEXT);
    TEXT_LIT(&t, "\0");
    if (creds->token_len > 0) {
        line_begin(lines, &t);
        TEXT_LIT(&t, "X-Amz-Security-Token: ");
        text_add(&t, creds->token, creds->token_len);
        TEXT_LIT(&t, "\0");
    }
    line_begin(lines, &t);
    TEXT_LIT(&t, "Authorization: AWS4-HMAC-SHA256 Credential=");
    text_add(&t, creds->id, creds->id_len);
    TEXT_LIT(&t, "/");
    text_add(&t, f->scope, f->scope_len);
    TEXT_LIT(&t, ", SignedHeaders=");
    text_add(&t, f->signed_headers.p, f->signed_headers.n);
    TEXT_LIT(&t, ", Signature=");
    text_add(&t, signature, DIGEST_HEX);
    TEXT_LIT(&t, "\0");
    if (t.full)
        lines->count = 0;
    return t.full ? DDBS_E_INVALID_ARGUMENT : DDBS_OK;
}

int sigv4_init(struct sigv4_signer *s)
{
    *s = (struct sigv4_signer){0};
    return digest_init(&s->digest);
}

void sigv4_fini(struct sigv4_signer *s)
{
    sigv4_forget(s);
    digest_fini(&s->digest);
}

void sigv4_forget(struct sigv4_signer *s)
{
    for (uint32_t i = 0; i < SIGV4_KEYS; i++)
        key_forget(&s->keys[i]);
    s->next_key = 0;
}

int sigv4_sign(struct sigv4_signer *s, const struct creds *creds, const struct sigv4_request *request, uint64_t wall_s,
               struct sigv4_lines *lines)
{
    assert(creds->generation > 0);
    struct facts f;
    struct sigv4_key *key = NULL;
    uint8_t canonical[DIGEST_BYTES];
    char signature[DIGEST_HEX];
    lines->count = 0;
    int rc = facts_fill(&f, creds, request, wall_s);
    if (rc == DDBS_OK)
        rc = key_get(s, creds, request, &f, &key);
    if (rc == DDBS_OK)
        rc = canonical_hash(&s->digest, creds, request, &f, canonical);
    if (rc == DDBS_OK)
        rc = signature_make(key, &f, canonical, signature);
    if (rc == DDBS_OK)
        rc = lines_write(lines, creds, request, &f, signature);
    return rc;
}
