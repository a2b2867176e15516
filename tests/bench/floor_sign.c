/* floor_sign: SigV4 with precomputed parts. See floor_sign.h. */
#include "tests/bench/floor_sign.h"

#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { HASH = SHA256_DIGEST_LENGTH, HEX_HASH = 2 * HASH, BLOCK = 64 };

static const char TARGET[] = "DynamoDB_20120810.BatchWriteItem";
static const char NO_HASH[] = "0000000000000000000000000000000000000000000000000000000000000000";

static void hex_put(char *out, const uint8_t hash[HASH])
{
    static const char digits[] = "0123456789abcdef";
    for (int i = 0; i < HASH; i++) {
        out[2 * i] = digits[hash[i] >> 4];
        out[2 * i + 1] = digits[hash[i] & 15];
    }
}

static void hash_of(const char *p, size_t n, uint8_t ret_hash[HASH])
{
    SHA256_CTX c;
    SHA256_Init(&c);
    SHA256_Update(&c, p, n);
    SHA256_Final(ret_hash, &c);
}

/* The inner and outer HMAC states, keyed. */
static void key_states(struct floor_signer *s, const uint8_t key[HASH])
{
    uint8_t pad[BLOCK];
    for (int i = 0; i < BLOCK; i++)
        pad[i] = (uint8_t)((i < HASH ? key[i] : 0) ^ 0x36);
    SHA256_Init(&s->inner);
    SHA256_Update(&s->inner, pad, sizeof pad);
    for (int i = 0; i < BLOCK; i++)
        pad[i] ^= 0x36 ^ 0x5c;
    SHA256_Init(&s->outer);
    SHA256_Update(&s->outer, pad, sizeof pad);
}

static void key_derive(struct floor_signer *s)
{
    const char *const links[] = {s->day, s->region, "dynamodb", "aws4_request"};
    uint8_t key[HASH], next[HASH];
    char first[512];
    int n = snprintf(first, sizeof first, "AWS4%s", s->secret);
    const void *by = first;
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++) {
        HMAC(EVP_sha256(), by, i == 0 ? n : HASH, (const unsigned char *)links[i], strlen(links[i]), next, NULL);
        memcpy(key, next, HASH);
        by = key;
    }
    key_states(s, key);
}

static size_t fitting(int n, size_t room)
{
    if (n < 0 || (size_t)n >= room)
        floor_die("the credentials are too long for a request's head");
    return (size_t)n;
}

/* Build the texts that contain the time. */
static void texts_make(struct floor_signer *s, const char *date)
{
    const char *signed_headers = s->token[0] != '\0' ? "content-type;host;x-amz-date;x-amz-security-token;x-amz-target"
                                                     : "content-type;host;x-amz-date;x-amz-target";
    const char *name = s->token[0] != '\0' ? "x-amz-security-token:" : "", *end = s->token[0] != '\0' ? "\n" : "";
    s->canonical_len = fitting(snprintf(s->canonical, sizeof s->canonical,
                                        "POST\n/\n\ncontent-type:application/x-amz-json-1.0\nhost:%s\nx-amz-date:%s\n"
                                        "%s%s%sx-amz-target:%s\n\n%s\n%s",
                                        s->host, date, name, s->token, end, TARGET, signed_headers, NO_HASH),
                               sizeof s->canonical);
    s->to_sign_len =
        fitting(snprintf(s->to_sign, sizeof s->to_sign, "AWS4-HMAC-SHA256\n%s\n%s/%s/dynamodb/aws4_request\n%s", date,
                         s->day, s->region, NO_HASH),
                sizeof s->to_sign);
    size_t n = fitting(snprintf(s->head, sizeof s->head,
                                "POST / HTTP/1.1\r\nHost: %s\r\nContent-Type: application/x-amz-json-1.0\r\n"
                                "X-Amz-Target: %s\r\nX-Amz-Date: %s\r\n%s%s%s"
                                "Authorization: AWS4-HMAC-SHA256 Credential=%s/%s/%s/dynamodb/aws4_request, "
                                "SignedHeaders=%s, Signature=",
                                s->host, TARGET, date, s->token[0] != '\0' ? "X-Amz-Security-Token: " : "", s->token,
                                s->token[0] != '\0' ? "\r\n" : "", s->id, s->day, s->region, signed_headers),
                       sizeof s->head);
    s->signature_at = n;
    s->head_len = n + fitting(snprintf(s->head + n, sizeof s->head - n, "%s\r\nContent-Length: ", NO_HASH),
                              sizeof s->head - n - 32);
}

static const char *environment(const char *name)
{
    const char *value = getenv(name);
    if (value == NULL || value[0] == '\0')
        floor_die("%s is not set", name);
    return value;
}

void floor_signer_init(struct floor_signer *s, const char *host)
{
    *s = (struct floor_signer){
        .id = environment("AWS_ACCESS_KEY_ID"),
        .secret = environment("AWS_SECRET_ACCESS_KEY"),
        .token = getenv("AWS_SESSION_TOKEN") != NULL ? getenv("AWS_SESSION_TOKEN") : "",
        .region = environment("AWS_REGION"),
    };
    snprintf(s->host, sizeof s->host, "%s", host);
}

void floor_signer_tick(struct floor_signer *s, uint64_t wall_s)
{
    char date[32], day[9];
    struct tm tm;
    time_t t = (time_t)wall_s;
    if (wall_s == s->second)
        return;
    s->second = wall_s;
    gmtime_r(&t, &tm);
    strftime(date, sizeof date, "%Y%m%dT%H%M%SZ", &tm);
    strftime(day, sizeof day, "%Y%m%d", &tm);
    if (strcmp(day, s->day) != 0) {
        memcpy(s->day, day, sizeof day);
        key_derive(s);
    }
    texts_make(s, date);
}

static void signature_put(struct floor_signer *s, const char *body, size_t n)
{
    uint8_t hash[HASH];
    hash_of(body, n, hash);
    hex_put(s->canonical + s->canonical_len - HEX_HASH, hash);
    hash_of(s->canonical, s->canonical_len, hash);
    hex_put(s->to_sign + s->to_sign_len - HEX_HASH, hash);
    SHA256_CTX c = s->inner;
    SHA256_Update(&c, s->to_sign, s->to_sign_len);
    SHA256_Final(hash, &c);
    c = s->outer;
    SHA256_Update(&c, hash, HASH);
    SHA256_Final(hash, &c);
    hex_put(s->head + s->signature_at, hash);
}

char *floor_signer_head(struct floor_signer *s, char *body, size_t n)
{
    signature_put(s, body, n);
    char *p = body - 4;
    memcpy(p, "\r\n\r\n", 4);
    do
        *--p = (char)('0' + n % 10);
    while ((n /= 10) > 0);
    p -= s->head_len;
    memcpy(p, s->head, s->head_len);
    return p;
}
