/* answer: collecting an HTTP answer. See answer.h. */
#include "daemon/http/answer.h"

#include <curl/curl.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/mem.h"

enum { BODY_FIRST = 512 };

void answer_init(struct answer *a, size_t body_max)
{
    *a = (struct answer){.body_max = body_max};
}

void answer_fini(struct answer *a)
{
    mem_free(a->body);
    a->body = NULL;
}

void answer_reset(struct answer *a)
{
    char *body = a->body;
    size_t cap = a->body_cap;
    answer_init(a, a->body_max);
    a->body = body;
    a->body_cap = cap;
}

/* Parse decimal digits and nothing else, up to `max`. */
static bool number_read(const char *text, uint64_t max, uint64_t *ret)
{
    uint64_t v = 0;
    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9')
            return false;
        v = v * 10 + (uint64_t)(*text - '0');
        if (v > max)
            return false;
    }
    *ret = v;
    return true;
}

/* Copy a text that is only shown to people; truncated if it does not fit. */
static void text_keep(char *slot, size_t cap, const char *value)
{
    size_t n = strlen(value);
    if (n >= cap)
        n = cap - 1;
    memcpy(slot, value, n);
    slot[n] = '\0';
}

static void header_take(struct answer *a, const char *name, const char *value)
{
    uint64_t n;
    if (strcasecmp(name, "x-amz-crc32") == 0) {
        a->crc_given = number_read(value, UINT32_MAX, &n);
        a->crc = a->crc_given ? (uint32_t)n : 0;
    } else if (strcasecmp(name, "x-amzn-requestid") == 0) {
        text_keep(a->request_id, sizeof a->request_id, value);
    } else if (strcasecmp(name, "x-amzn-errortype") == 0) {
        text_keep(a->error_type, sizeof a->error_type, value);
    } else if (strcasecmp(name, "x-amz-retry-after") == 0) {
        a->retry_after_ms = number_read(value, UINT32_MAX, &n) ? (uint32_t)n : 0;
    } else if (strcasecmp(name, "date") == 0) {
        time_t when = curl_getdate(value, NULL);
        a->date_s = when > 0 ? (uint64_t)when : 0;
    }
}

void answer_header(struct answer *a, const char *line, size_t n)
{
    char text[512];
    if (n >= 5 && memcmp(line, "HTTP/", 5) == 0) {
        answer_reset(a);
        return;
    }
    while (n > 0 && strchr("\r\n \t", line[n - 1]) != NULL)
        n--;
    const char *colon = memchr(line, ':', n);
    if (colon == NULL || n >= sizeof text)
        return;
    memcpy(text, line, n);
    text[n] = '\0';
    char *value = text + (colon - line);
    *value++ = '\0';
    header_take(a, text, value + strspn(value, " \t"));
}

bool answer_body(struct answer *a, const char *p, size_t n)
{
    if (n > a->body_max - a->body_len) {
        a->too_long = true;
        return false;
    }
    if (n > a->body_cap - a->body_len) {
        size_t cap = a->body_cap > 0 ? a->body_cap : BODY_FIRST;
        while (cap < a->body_len + n)
            cap *= 2;
        if (cap > a->body_max)
            cap = a->body_max;
        char *grown = mem_realloc(a->body, cap);
        if (grown == NULL) {
            a->no_memory = true;
            return false;
        }
        a->body = grown;
        a->body_cap = cap;
    }
    memcpy(a->body + a->body_len, p, n);
    a->body_len += n;
    return true;
}

struct response answer_response(const struct answer *a, int status)
{
    return (struct response){
        .transport = TRANSPORT_OK,
        .status = status,
        .body = span_of(a->body, a->body_len),
        .crc_given = a->crc_given,
        .crc = a->crc,
        .request_id = span_of(a->request_id, strlen(a->request_id)),
        .error_type = span_of(a->error_type, strlen(a->error_type)),
        .retry_after_ms = a->retry_after_ms,
    };
}
