/* http: see http.h. */
#include "tests/fakeddb/http.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

static bool name_is(struct span name, struct span wanted)
{
    return name.n == wanted.n && strncasecmp((const char *)name.p, (const char *)wanted.p, name.n) == 0;
}

static bool value_is(struct span value, const char *wanted)
{
    return name_is(value, span_of(wanted, strlen(wanted)));
}

static struct span trim(struct span s)
{
    while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
        s = span_from(s, 1);
    while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
        s.n--;
    return s;
}

/* Cut off the text up to `c`; false if it is missing. */
static bool cut(struct span *s, uint8_t c, struct span *ret)
{
    const uint8_t *at = s->n > 0 ? memchr(s->p, c, s->n) : NULL;
    if (at == NULL)
        return false;
    *ret = span_of(s->p, (size_t)(at - s->p));
    *s = span_from(*s, ret->n + 1);
    return true;
}

static bool line_next(struct span *in, struct span *ret)
{
    if (!cut(in, '\n', ret))
        return false;
    if (ret->n > 0 && ret->p[ret->n - 1] == '\r')
        ret->n--;
    return true;
}

static bool start_line(struct span line, struct http_request *ret)
{
    struct span target;
    if (!cut(&line, ' ', &ret->method) || !cut(&line, ' ', &target))
        return false;
    if (ret->method.n == 0 || target.n == 0 || target.p[0] != '/')
        return false;
    ret->path = target;
    ret->query = span_of("", 0);
    struct span path;
    if (cut(&target, '?', &path)) {
        ret->path = path;
        ret->query = target;
    }
    if (!value_is(line, "HTTP/1.1") && !value_is(line, "HTTP/1.0"))
        return false;
    ret->keep_alive = value_is(line, "HTTP/1.1");
    return true;
}

static bool read_length(struct span value, uint64_t *ret)
{
    uint64_t v = 0;
    if (value.n == 0 || value.n > 15)
        return false;
    for (size_t i = 0; i < value.n; i++) {
        if (value.p[i] < '0' || value.p[i] > '9')
            return false;
        v = v * 10 + (uint64_t)(value.p[i] - '0');
    }
    *ret = v;
    return true;
}

/* Process a header that affects the connection. */
static bool note_header(struct http_request *r, const struct http_header *h)
{
    if (value_is(h->name, "content-length"))
        return read_length(h->value, &r->content_length);
    if (value_is(h->name, "connection") && value_is(h->value, "close"))
        r->keep_alive = false;
    if (value_is(h->name, "connection") && value_is(h->value, "keep-alive"))
        r->keep_alive = true;
    if (value_is(h->name, "expect") && value_is(h->value, "100-continue"))
        r->expect_continue = true;
    if (value_is(h->name, "transfer-encoding"))
        r->chunked = true;
    return true;
}

enum http_verdict http_parse(struct span in, struct http_request *ret)
{
    size_t look = in.n < HTTP_HEAD_MAX ? in.n : HTTP_HEAD_MAX;
    const uint8_t *end = look > 0 ? memmem(in.p, look, "\r\n\r\n", 4) : NULL;
    if (end == NULL)
        return in.n >= HTTP_HEAD_MAX ? HTTP_HEAD_TOO_LARGE : HTTP_MORE;
    struct span line, head = span_of(in.p, (size_t)(end - in.p) + 2);
    ret->head_len = head.n + 2;
    ret->nheaders = 0;
    ret->content_length = 0;
    ret->expect_continue = ret->chunked = false;
    if (!line_next(&head, &line) || !start_line(line, ret))
        return HTTP_BAD;
    while (head.n > 0 && line_next(&head, &line)) {
        struct http_header h;
        if (!cut(&line, ':', &h.name) || h.name.n == 0 || h.name.p[0] == ' ' || h.name.p[0] == '\t')
            return HTTP_BAD;
        h.value = trim(line);
        if (!note_header(ret, &h))
            return HTTP_BAD;
        if (ret->nheaders == HTTP_HEADERS_MAX)
            return HTTP_HEAD_TOO_LARGE;
        ret->headers[ret->nheaders++] = h;
    }
    return HTTP_OK;
}

const struct http_header *http_header_find(const struct http_request *r, struct span name, int n)
{
    for (int i = 0; i < r->nheaders; i++) {
        if (name_is(r->headers[i].name, name) && n-- == 0)
            return &r->headers[i];
    }
    return NULL;
}

struct span http_value(const struct http_request *r, const char *name)
{
    const struct http_header *h = http_header_find(r, span_of(name, strlen(name)), 0);
    return h != NULL ? h->value : span_of("", 0);
}

static const char *reason(int status)
{
    switch (status) {
    case 200:
        return "OK";
    case 400:
        return "Bad Request";
    case 404:
        return "Not Found";
    case 411:
        return "Length Required";
    case 413:
        return "Request Entity Too Large";
    case 431:
        return "Request Header Fields Too Large";
    case 500:
        return "Internal Server Error";
    case 503:
        return "Service Unavailable";
    default:
        return "Other";
    }
}

/* The Date line's text; rebuilt only when the second changes. */
static const char *date_text(int64_t now_s)
{
    static int64_t made_s = -1;
    static char made[40];
    if (now_s == made_s)
        return made;
    struct tm tm;
    time_t t = (time_t)now_s;
    gmtime_r(&t, &tm);
    strftime(made, sizeof(made), "%a, %d %b %Y %H:%M:%S GMT", &tm);
    made_s = now_s;
    return made;
}

void http_put_head(const struct http_answer *a, struct text *out)
{
    text_putf(out,
              "HTTP/1.1 %d %s\r\nServer: fakeddb\r\nDate: %s\r\nContent-Type: application/x-amz-json-1.0\r\n"
              "Content-Length: %zu\r\nx-amzn-RequestId: %s\r\nx-amz-crc32: %u\r\n%s\r\n",
              a->status, reason(a->status), date_text(a->now_s), a->length, a->request_id, a->crc32,
              a->close ? "Connection: close\r\n" : "");
}
