/* config_parse: read INI text into a config with inih's stream parser. See config_parse.h.
 * inih silently truncates section names at 50 characters and lines at about 200, and takes an indented line for a
 * continuation. So the reader below keeps section names and the values of longer lines itself, and strips indentation
 * before it passes lines on.
 * Source: https://github.com/benhoyt/inih
 */
#include "daemon/config/config_parse.h"

#include <ini.h>
#include <stdio.h>
#include <string.h>

#include "daemon/config/config_set.h"
#include "proto/err.h"

struct parse {
    struct config *config;
    struct span left;
    const char *source;
    char *errmsg;
    unsigned line;
    int rc; /* the first error */
    char section[MSG_TABLE_MAX + 16];
    char value[CONFIG_PATH_MAX]; /* the value of a line that is too long for inih; else "" */
};

static int fail(struct parse *p, const char *what)
{
    p->rc = DDBS_E_BAD_CONFIG;
    snprintf(p->errmsg, CONFIG_ERRMSG, "%.*s:%u: %s", 160, p->source, p->line, what);
    return p->rc;
}

static bool blank(uint8_t ch)
{
    return ch == ' ' || ch == '\t' || ch == '\r';
}

static struct span blanks_strip(struct span s)
{
    while (s.n > 0 && blank(s.p[0]))
        s = span_from(s, 1);
    while (s.n > 0 && blank(s.p[s.n - 1]))
        s.n--;
    return s;
}

/* Take the next line off the text, without its line end and surrounding blanks. */
static struct span line_take(struct parse *p)
{
    const uint8_t *end = memchr(p->left.p, '\n', p->left.n);
    struct span line = span_of(p->left.p, end != NULL ? (size_t)(end - p->left.p) : p->left.n);
    p->left = span_from(p->left, end != NULL ? line.n + 1 : line.n);
    p->line++;
    return blanks_strip(line);
}

/* Keep the name of "[name]", which may be followed by a comment. */
static void section_read(struct parse *p, struct span line)
{
    const uint8_t *end = memchr(line.p, ']', line.n);
    if (end == NULL) {
        fail(p, "a section's name has no closing ]");
        return;
    }
    struct span rest = span_of(end + 1, (size_t)(line.p + line.n - (end + 1)));
    while (rest.n > 0 && blank(rest.p[0]))
        rest = span_from(rest, 1);
    if (rest.n > 0 && rest.p[0] != ';' && rest.p[0] != '#') {
        fail(p, "text after a section's ]; put the setting on a line of its own");
        return;
    }
    size_t n = (size_t)(end - (line.p + 1));
    if (n >= sizeof p->section) {
        fail(p, "a section's name is too long");
        return;
    }
    memcpy(p->section, line.p + 1, n);
    p->section[n] = '\0';
}

/* A setting that is too long for inih: keep the value without a trailing comment, and leave "name =" in the line. */
static void value_keep(struct parse *p, struct span *line)
{
    const uint8_t *sign = memchr(line->p, '=', line->n);
    if (sign == NULL)
        return;
    struct span value = span_from(*line, (size_t)(sign + 1 - line->p));
    for (size_t i = 1; i < value.n; i++)
        if (value.p[i] == ';' && blank(value.p[i - 1]))
            value.n = i;
    value = blanks_strip(value);
    if (value.n >= sizeof p->value)
        return;
    memcpy(p->value, value.p, value.n);
    p->value[value.n] = '\0';
    line->n = (size_t)(sign + 1 - line->p);
}

/* inih's reader: copy the next line into `out`. NULL at the end or after an error. */
static char *line_read(char *out, int room, void *user)
{
    struct parse *p = user;
    if (p->rc != DDBS_OK || p->left.n == 0)
        return NULL;
    struct span line = line_take(p);
    if (memchr(line.p, '\0', line.n) != NULL) {
        fail(p, "a NUL byte; this is not a text file");
        return NULL;
    }
    if (line.n > 0 && line.p[0] == '[') {
        section_read(p, line);
        line.n = 0;
    } else if (line.n > 0 && (line.p[0] == '#' || line.p[0] == ';')) {
        line.n = 0;
    }
    p->value[0] = '\0';
    size_t whole = line.n;
    if (line.n + 2 > (size_t)room)
        value_keep(p, &line);
    if (line.n + 2 > (size_t)room) {
        char what[80];
        snprintf(what, sizeof what, "a line of %zu characters is too long; a value may have %zu", whole,
                 sizeof p->value - 1);
        fail(p, what);
        return NULL;
    }
    memcpy(out, line.p, line.n);
    out[line.n] = '\n';
    out[line.n + 1] = '\0';
    return p->rc == DDBS_OK ? out : NULL;
}

/* inih's handler for one setting. The section is the one that line_read kept; inih may have truncated its own. */
static int setting_take(void *user, const char *section, const char *name, const char *value)
{
    (void)section;
    struct parse *p = user;
    if (p->rc != DDBS_OK)
        return 0;
    char where[CONFIG_ERRMSG];
    snprintf(where, sizeof where, "%.*s:%u", 160, p->source, p->line);
    p->rc = config_set_key(p->config, p->section, name, p->value[0] != '\0' ? p->value : value, where, p->errmsg);
    return p->rc == DDBS_OK;
}

int config_parse(struct config *c, struct span text, const char *source, char errmsg[CONFIG_ERRMSG])
{
    struct parse p = {.config = c, .left = text, .source = source, .errmsg = errmsg};
    /* Skip a byte order mark, or a section on the first line would not be recognized. */
    if (text.n >= 3 && memcmp(text.p, "\xef\xbb\xbf", 3) == 0)
        p.left = span_from(text, 3);
    int bad_line = ini_parse_stream(line_read, &p, setting_take, &p);
    if (p.rc == DDBS_OK && bad_line != 0) {
        p.line = bad_line > 0 ? (unsigned)bad_line : p.line;
        fail(&p, "neither a [section] nor a setting (key = value)");
    }
    return p.rc;
}
