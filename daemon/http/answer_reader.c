#include "daemon/http/answer_reader.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

enum {
    CHUNK_LINE_MAX = 256,
    CHUNK_DIGITS_MAX = 15,  /* hexadecimal: no chunk size overflows 64 bits */
    STATUS_LINE_MIN = 12,   /* "HTTP/1.1 200" */
    LENGTH_MAX_DIGITS = 18, /* decimal: no length overflows 64 bits */
};

static const struct reader_event MORE = {.kind = READER_MORE};

static struct reader_event broken(struct answer_reader *r, const char *text)
{
    r->state = READER_FAILED;
    return (struct reader_event){.kind = READER_BROKEN, .text = text};
}

static struct reader_event done(struct answer_reader *r)
{
    r->state = READER_AT_END;
    return (struct reader_event){.kind = READER_DONE};
}

void answer_reader_init(struct answer_reader *r)
{
    r->state = READER_AT_STATUS;
    r->status = 0;
    r->http10 = r->length_given = r->chunked = r->close = r->keep_alive = false;
    r->length = r->body_left = 0;
    r->head_bytes = r->line_len = 0;
    r->line_cut = false;
}

bool answer_reader_begun(const struct answer_reader *r)
{
    return r->head_bytes > 0 || r->line_len > 0;
}

bool answer_reader_keeps(const struct answer_reader *r)
{
    assert(r->state == READER_AT_END);
    bool framed = r->chunked || r->length_given || r->status == 204 || r->status == 304;
    return framed && !r->close && (!r->http10 || r->keep_alive);
}

/* ---- lines ---- */

static void line_keep(struct answer_reader *r, const uint8_t *p, size_t n)
{
    size_t room = sizeof r->line - r->line_len;
    if (n > room) {
        r->line_cut = true;
        n = room;
    }
    memcpy(r->line + r->line_len, p, n);
    r->line_len += (uint32_t)n;
}

/* Lines of chunks are bounded one by one: there is a byte of the body to each, and the body has a bound of its own. */
static bool line_within_bounds(struct answer_reader *r, size_t n)
{
    if (r->state == READER_AT_CHUNK_SIZE || r->state == READER_AT_CHUNK_END)
        return n <= CHUNK_LINE_MAX - r->line_len;
    if (n > ANSWER_READER_HEAD_MAX - r->head_bytes)
        return false;
    r->head_bytes += (uint32_t)n;
    return true;
}

/* The next line without its end, in place or from the buffer. 1: not whole yet, 0: here it is, -1: too many bytes. */
static int line_next(struct answer_reader *r, struct span *bytes, struct span *ret)
{
    const uint8_t *end = memchr(bytes->p, '\n', bytes->n);
    size_t n = end != NULL ? (size_t)(end - bytes->p) + 1 : bytes->n;
    if (!line_within_bounds(r, n))
        return -1;
    const uint8_t *from = bytes->p;
    bytes->p += n;
    bytes->n -= n;
    if (end == NULL || r->line_len > 0)
        line_keep(r, from, end != NULL ? n - 1 : n);
    if (end == NULL)
        return 1;
    *ret = r->line_len > 0 ? span_of(r->line, r->line_len) : span_of(from, n - 1);
    r->line_len = 0;
    if (ret->n > ANSWER_READER_LINE_MAX) { /* the same whether it came in one piece or not */
        ret->n = ANSWER_READER_LINE_MAX;
        r->line_cut = true;
    }
    if (!r->line_cut && ret->n > 0 && ret->p[ret->n - 1] == '\r')
        ret->n--;
    return 0;
}

/* ---- the status line ---- */

static bool has_control(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((s.p[i] < ' ' && s.p[i] != '\t') || s.p[i] == 0x7f)
            return true;
    return false;
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* 0: no status line of HTTP/1.x. */
static int status_read(struct span line, bool *ret_http10)
{
    const uint8_t *p = line.p;
    if (line.n < STATUS_LINE_MIN || memcmp(p, "HTTP/1.", 7) != 0 || (p[7] != '0' && p[7] != '1') || p[8] != ' ')
        return 0;
    if (!is_digit(p[9]) || !is_digit(p[10]) || !is_digit(p[11]) || (line.n > STATUS_LINE_MIN && p[12] != ' '))
        return 0;
    *ret_http10 = p[7] == '0';
    return (p[9] - '0') * 100 + (p[10] - '0') * 10 + (p[11] - '0');
}

static struct reader_event at_status(struct answer_reader *r, struct span line)
{
    r->line_cut = false;
    r->status = has_control(line) ? 0 : status_read(line, &r->http10);
    if (r->status < 100 || r->status == 101)
        return broken(r, r->status == 101 ? "it switches to another protocol" : "it does not begin with HTTP/1.1");
    r->state = READER_AT_FIELD;
    if (r->status < 200)
        return MORE; /* an interim answer: its fields are skipped */
    return (struct reader_event){.kind = READER_STATUS, .status = r->status};
}

/* ---- header fields ---- */

static bool is_token(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || (c != 0 && strchr("!#$%&'*+-.^_`|~", c));
}

static struct span trimmed(struct span s)
{
    while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t')) {
        s.p++;
        s.n--;
    }
    while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
        s.n--;
    return s;
}

/* NULL if it is well-formed, else what is wrong. */
static const char *field_split(struct span line, struct span *ret_name, struct span *ret_value)
{
    size_t n = 0;
    if (line.p[0] == ' ' || line.p[0] == '\t')
        return "a header line is folded";
    while (n < line.n && is_token(line.p[n]))
        n++;
    if (n == 0 || n == line.n || line.p[n] != ':')
        return "a header line has no name and colon";
    if (has_control(line))
        return "a header has a control character";
    *ret_name = span_of(line.p, n);
    *ret_value = trimmed(span_of(line.p + n + 1, line.n - n - 1));
    return NULL;
}

static bool is_named(struct span s, const char *name)
{
    return s.n == strlen(name) && strncasecmp((const char *)s.p, name, s.n) == 0;
}

static const char *length_take(struct answer_reader *r, struct span value)
{
    uint64_t n = 0;
    if (value.n == 0 || value.n > LENGTH_MAX_DIGITS)
        return "Content-Length is not a length";
    for (size_t i = 0; i < value.n; i++) {
        if (!is_digit(value.p[i]))
            return "Content-Length is not a length";
        n = n * 10 + (value.p[i] - '0');
    }
    if (r->length_given && n != r->length)
        return "it has two lengths";
    r->length_given = true;
    r->length = n;
    return NULL;
}

static void connection_take(struct answer_reader *r, struct span value)
{
    while (value.n > 0) {
        const uint8_t *comma = memchr(value.p, ',', value.n);
        size_t n = comma != NULL ? (size_t)(comma - value.p) : value.n;
        struct span option = trimmed(span_of(value.p, n));
        r->close |= is_named(option, "close");
        r->keep_alive |= is_named(option, "keep-alive");
        n += comma != NULL;
        value = span_of(value.p + n, value.n - n);
    }
}

/* What the reader itself must know of a field. NULL, or what is wrong with it. */
static const char *field_take(struct answer_reader *r, struct span name, struct span value)
{
    bool encoding = is_named(name, "transfer-encoding");
    if (!encoding && !is_named(name, "content-length") && !is_named(name, "connection"))
        return NULL;
    if (r->line_cut)
        return "a header that frames the answer is too long";
    if (is_named(name, "connection")) {
        connection_take(r, value);
        return NULL;
    }
    if (!encoding)
        return length_take(r, value);
    if (r->chunked || r->http10 || !is_named(value, "chunked"))
        return "its transfer encoding is not chunked";
    r->chunked = true;
    return NULL;
}

static struct reader_event body_begin(struct answer_reader *r)
{
    if (r->chunked && r->length_given)
        return broken(r, "it has both a length and chunks");
    if (r->status < 200) {
        r->state = READER_AT_STATUS;
        r->length_given = r->chunked = r->close = r->keep_alive = false;
        return MORE;
    }
    if (r->status == 204 || r->status == 304 || (r->length_given && r->length == 0))
        return done(r);
    r->body_left = r->length;
    r->state = r->chunked ? READER_AT_CHUNK_SIZE : r->length_given ? READER_AT_BODY : READER_AT_BODY_END;
    return MORE;
}

static struct reader_event at_field(struct answer_reader *r, struct span line)
{
    if (line.n == 0)
        return body_begin(r);
    struct reader_event e = {.kind = READER_FIELD};
    const char *wrong = field_split(line, &e.name, &e.value);
    if (wrong == NULL)
        wrong = field_take(r, e.name, e.value);
    r->line_cut = false;
    if (wrong != NULL)
        return broken(r, wrong);
    return r->status < 200 ? MORE : e;
}

/* ---- chunks ---- */

static int hex_of(uint8_t c)
{
    return is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static struct reader_event at_chunk_size(struct answer_reader *r, struct span line)
{
    size_t n = 0;
    uint64_t size = 0;
    while (n < line.n && hex_of(line.p[n]) >= 0 && n <= CHUNK_DIGITS_MAX)
        size = size * 16 + (uint64_t)hex_of(line.p[n++]);
    bool ends = n == line.n || line.p[n] == ';' || trimmed(span_of(line.p + n, line.n - n)).n == 0;
    if (n == 0 || n > CHUNK_DIGITS_MAX || !ends || has_control(line))
        return broken(r, "a chunk has no size");
    r->body_left = size;
    r->state = size > 0 ? READER_AT_CHUNK : READER_AT_TRAILER;
    return MORE;
}

static struct reader_event at_chunk_end(struct answer_reader *r, struct span line)
{
    if (line.n > 0)
        return broken(r, "a chunk is longer than its size says");
    r->state = READER_AT_CHUNK_SIZE;
    return MORE;
}

/* Trailers are read for their end, and otherwise ignored. */
static struct reader_event at_trailer(struct answer_reader *r, struct span line)
{
    struct span name, value;
    if (line.n == 0)
        return done(r);
    const char *wrong = field_split(line, &name, &value);
    r->line_cut = false;
    return wrong != NULL ? broken(r, wrong) : MORE;
}

/* ---- all of it ---- */

static struct reader_event body_piece(struct answer_reader *r, struct span *bytes)
{
    size_t n = bytes->n;
    if (r->state != READER_AT_BODY_END && n > r->body_left)
        n = (size_t)r->body_left;
    struct reader_event e = {.kind = READER_BODY, .value = span_of(bytes->p, n)};
    bytes->p += n;
    bytes->n -= n;
    r->body_left -= r->state != READER_AT_BODY_END ? n : 0;
    if (r->state == READER_AT_CHUNK && r->body_left == 0)
        r->state = READER_AT_CHUNK_END;
    return e;
}

static struct reader_event on_line(struct answer_reader *r, struct span line)
{
    switch (r->state) {
    case READER_AT_STATUS:
        return at_status(r, line);
    case READER_AT_FIELD:
        return at_field(r, line);
    case READER_AT_CHUNK_SIZE:
        return at_chunk_size(r, line);
    case READER_AT_CHUNK_END:
        return at_chunk_end(r, line);
    default:
        return at_trailer(r, line);
    }
}

struct reader_event answer_reader_next(struct answer_reader *r, struct span *bytes)
{
    assert(r->state != READER_AT_END && r->state != READER_FAILED);
    struct reader_event e = MORE;
    while (e.kind == READER_MORE) {
        struct span line;
        if (r->state == READER_AT_BODY && r->body_left == 0)
            return done(r);
        if (bytes->n == 0)
            return MORE;
        if (r->state == READER_AT_BODY || r->state == READER_AT_BODY_END || r->state == READER_AT_CHUNK)
            return body_piece(r, bytes);
        int rc = line_next(r, bytes, &line);
        if (rc < 0)
            return broken(r, r->state == READER_AT_CHUNK_SIZE  ? "the size of a chunk is too long"
                             : r->state == READER_AT_CHUNK_END ? "a chunk is longer than its size says"
                                                               : "its headers are longer than 64 KB");
        if (rc == 0)
            e = on_line(r, line);
    }
    return e;
}

struct reader_event answer_reader_end(struct answer_reader *r)
{
    if (r->state == READER_AT_BODY_END)
        return done(r);
    return broken(r, "the connection ended in the middle of it");
}
