/* endpoint: which host to talk to and for which region to sign. See endpoint.h. */
#include "daemon/aws/endpoint.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "proto/err.h"
#include "proto/span.h"

enum { NAME_MAX_ = 253, LABEL_MAX = 63, SHOWN = 80, PORT_HTTP = 80, PORT_HTTPS = 443 };

/* Source: the partitions of https://docs.aws.amazon.com/general/latest/gr/ddb.html and of the SDKs' endpoint rules. */
struct partition {
    const char *prefix; /* of the region's name */
    const char *suffix; /* of the host's name */
};

static const struct partition partitions[] = {
    {"cn-", "amazonaws.com.cn"},    {"us-gov-", "amazonaws.com"},  {"eusc-de-", "amazonaws.eu"},
    {"us-iso-", "c2s.ic.gov"},      {"us-isob-", "sc2s.sgov.gov"}, {"eu-isoe-", "cloud.adc-e.uk"},
    {"us-isof-", "csp.hci.ic.gov"}, {"us-", "amazonaws.com"},      {"eu-", "amazonaws.com"},
    {"ap-", "amazonaws.com"},       {"sa-", "amazonaws.com"},      {"ca-", "amazonaws.com"},
    {"me-", "amazonaws.com"},       {"af-", "amazonaws.com"},      {"il-", "amazonaws.com"},
    {"mx-", "amazonaws.com"},
};

static bool is_lower_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

__attribute__((format(printf, 2, 3))) static int refuse(char errmsg[AWS_ERRMSG], const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(errmsg, AWS_ERRMSG, format, args);
    va_end(args);
    return DDBS_E_BAD_CONFIG;
}

/* A region becomes a label of a host name: lower-case letters, digits and inner hyphens. */
static bool region_fits(const char *region)
{
    size_t n = strnlen(region, ENDPOINT_REGION_MAX + 1);
    if (n == 0 || n > ENDPOINT_REGION_MAX || region[0] == '-' || region[n - 1] == '-')
        return false;
    for (size_t i = 0; i < n; i++) {
        if (!is_lower_or_digit(region[i]) && region[i] != '-')
            return false;
    }
    return true;
}

int endpoint_region(const struct env *env, const char *option, char ret_region[ENDPOINT_REGION_MAX + 1],
                    char errmsg[AWS_ERRMSG])
{
    const char *where = "the option region";
    const char *region = option != NULL && option[0] != '\0' ? option : NULL;
    if (region == NULL) {
        where = "AWS_REGION";
        region = env_value(env, where);
    }
    if (region == NULL) {
        where = "AWS_DEFAULT_REGION";
        region = env_value(env, where);
    }
    if (region == NULL)
        return refuse(errmsg,
                      "no region: give --region, set region under [aws], or set AWS_REGION (for example us-east-1)");
    if (!region_fits(region))
        return refuse(errmsg, "%s is \"%.*s\", which is no region; write one such as us-east-1", where, SHOWN, region);
    memcpy(ret_region, region, strlen(region) + 1);
    return DDBS_OK;
}

/* A region ends in "-NUMBER"; a known prefix alone, such as "us-", is not enough. */
static bool has_number(const char *region)
{
    const char *last = strrchr(region, '-');
    return last != NULL && is_digit(last[1]);
}

static const char *region_suffix(const char *region, bool *ret_known)
{
    for (size_t i = 0; i < sizeof partitions / sizeof partitions[0]; i++) {
        if (strncmp(region, partitions[i].prefix, strlen(partitions[i].prefix)) == 0 && has_number(region)) {
            *ret_known = true;
            return partitions[i].suffix;
        }
    }
    *ret_known = false;
    return "amazonaws.com";
}

/* Lower-case a host name and check its labels. */
static bool name_copy(struct span text, char out[NAME_MAX_ + 1])
{
    size_t label = 0;
    if (text.n == 0 || text.n > NAME_MAX_)
        return false;
    for (size_t i = 0; i < text.n; i++) {
        char c = (char)text.p[i];
        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        if (c == '.' && label == 0)
            return false;
        if (c != '.' && c != '-' && c != '_' && !is_lower_or_digit(c))
            return false;
        label = c == '.' ? 0 : label + 1;
        if (label > LABEL_MAX)
            return false;
        out[i] = c;
    }
    out[text.n] = '\0';
    return label > 0;
}

/* A name whose last label begins with a digit is an IPv4 address. libcurl rewrites forms such as 127.1 or 0x7f.1 to
 * dotted decimal, so the signed Host would differ from the one sent. Only dotted decimal is accepted. */
static bool name_is_usable(const char *name)
{
    const char *dot = strrchr(name, '.');
    struct in_addr v4;
    return !is_digit(dot != NULL ? dot[1] : name[0]) || inet_pton(AF_INET, name, &v4) == 1;
}

/* "[address]" in its shortest form, brackets kept. */
static bool v6_copy(struct span text, char out[NAME_MAX_ + 1])
{
    char address[INET6_ADDRSTRLEN];
    struct in6_addr v6;
    if (text.n < 2 || text.n - 2 >= sizeof address || text.p[text.n - 1] != ']')
        return false;
    memcpy(address, text.p + 1, text.n - 2);
    address[text.n - 2] = '\0';
    if (strlen(address) != text.n - 2 || inet_pton(AF_INET6, address, &v6) != 1 ||
        inet_ntop(AF_INET6, &v6, address, sizeof address) == NULL)
        return false;
    snprintf(out, NAME_MAX_ + 1, "[%s]", address);
    return true;
}

static bool host_copy(struct span text, char out[NAME_MAX_ + 1])
{
    if (text.n > 0 && text.p[0] == '[')
        return v6_copy(text, out);
    return name_copy(text, out) && name_is_usable(out);
}

/* A decimal port, 1..65535; 0 if it is invalid. */
static uint16_t port_read(struct span text)
{
    uint32_t port = 0;
    if (text.n == 0 || text.n > 5)
        return 0;
    for (size_t i = 0; i < text.n; i++) {
        if (!is_digit((char)text.p[i]))
            return 0;
        port = port * 10 + (uint32_t)(text.p[i] - '0');
    }
    return port <= UINT16_MAX ? (uint16_t)port : 0;
}

/* Compose host and url from validated parts. */
static void endpoint_set(struct endpoint *e, bool tls, const char *name, uint16_t port)
{
    e->tls = tls;
    e->port = port;
    if (port == (tls ? PORT_HTTPS : PORT_HTTP))
        snprintf(e->host, sizeof e->host, "%s", name);
    else
        snprintf(e->host, sizeof e->host, "%s:%u", name, (unsigned)port);
    snprintf(e->url, sizeof e->url, "%s://%s/", tls ? "https" : "http", e->host);
}

/* Length of the leading "http://" or "https://"; 0 if there is neither. Schemes are case-insensitive. */
static size_t scheme_len(const char *text, bool *ret_tls)
{
    static const char http[] = "http://", https[] = "https://";
    bool tls = strncasecmp(text, https, sizeof https - 1) == 0;
    if (!tls && strncasecmp(text, http, sizeof http - 1) != 0)
        return 0;
    *ret_tls = tls;
    return tls ? sizeof https - 1 : sizeof http - 1;
}

/* Refuse the parts of a URL that an endpoint must not have. `rest` is what follows the scheme. */
static int extras_check(const char *where, const char *text, const char *rest, char errmsg[AWS_ERRMSG])
{
    if (strchr(rest, '@') != NULL) /* the text may contain a password, so it is not shown */
        return refuse(errmsg, "%s holds a user name; write http[s]://host[:port]", where);
    if (rest[strcspn(rest, "?#")] != '\0')
        return refuse(errmsg, "%s is \"%.*s\": an endpoint has no query and no fragment; write http[s]://host[:port]",
                      where, SHOWN, text);
    const char *slash = strchr(rest, '/');
    if (slash != NULL && slash[1] != '\0')
        return refuse(errmsg, "%s is \"%.*s\": an endpoint has no path; write http[s]://host[:port]", where, SHOWN,
                      text);
    return DDBS_OK;
}

int endpoint_parse(const char *where, const char *text, struct endpoint *ret, char errmsg[AWS_ERRMSG])
{
    bool tls = false;
    size_t skip = scheme_len(text, &tls);
    if (skip == 0)
        return strchr(text, '@') != NULL
                   ? refuse(errmsg, "%s does not begin with http:// or https://; write http[s]://host[:port]", where)
                   : refuse(
                         errmsg,
                         "%s is \"%.*s\", which does not begin with http:// or https://; write http[s]://host[:port]",
                         where, SHOWN, text);
    const char *rest = text + skip;
    int rc = extras_check(where, text, rest, errmsg);
    if (rc != DDBS_OK)
        return rc;

    struct span authority = span_of(rest, strcspn(rest, "/"));
    const char *bracket = rest[0] == '[' ? memchr(rest, ']', authority.n) : NULL;
    size_t from = bracket != NULL ? (size_t)(bracket - rest) : 0;
    const char *colon = memchr(rest + from, ':', authority.n - from);
    struct span host = span_of(rest, colon != NULL ? (size_t)(colon - rest) : authority.n);
    uint16_t port = tls ? PORT_HTTPS : PORT_HTTP;
    if (colon != NULL)
        port = port_read(span_from(authority, host.n + 1));

    char name[NAME_MAX_ + 1];
    if (!host_copy(host, name))
        return refuse(errmsg, "%s is \"%.*s\": \"%.*s\" is no host name or address; write http[s]://host[:port]", where,
                      SHOWN, text, (int)(host.n < SHOWN ? host.n : SHOWN), (const char *)host.p);
    if (port == 0)
        return refuse(errmsg, "%s is \"%.*s\": the port is not a number from 1 to 65535", where, SHOWN, text);
    endpoint_set(ret, tls, name, port);
    return DDBS_OK;
}

/* The first endpoint that is set: its text, and the setting's name in *ret_where. NULL if none is set. */
static const char *override_find(const struct env *env, const char *option, const char **ret_where)
{
    *ret_where = "the option endpoint";
    if (option != NULL && option[0] != '\0')
        return option;
    *ret_where = "AWS_ENDPOINT_URL_DYNAMODB";
    const char *text = env_value(env, *ret_where);
    if (text != NULL)
        return text;
    *ret_where = "AWS_ENDPOINT_URL";
    return env_value(env, *ret_where);
}

int endpoint_resolve(const struct env *env, const char *region_option, const char *endpoint_option,
                     struct endpoint *ret, char errmsg[AWS_ERRMSG])
{
    struct endpoint e = {0};
    int rc = endpoint_region(env, region_option, e.region, errmsg);
    if (rc != DDBS_OK)
        return rc;
    bool local = strcmp(e.region, "local") == 0;
    const char *suffix = region_suffix(e.region, &e.region_known);

    const char *where;
    const char *text = override_find(env, endpoint_option, &where);
    char name[NAME_MAX_ + 1];
    if (text != NULL) {
        rc = endpoint_parse(where, text, &e, errmsg);
        if (rc != DDBS_OK)
            return rc;
    } else if (local) {
        endpoint_set(&e, false, "localhost", 8000);
    } else {
        snprintf(name, sizeof name, "dynamodb.%s.%s", e.region, suffix);
        endpoint_set(&e, true, name, PORT_HTTPS);
    }
    if (local) {
        snprintf(e.region, sizeof e.region, "us-east-1");
        e.region_known = true;
    }
    *ret = e;
    return DDBS_OK;
}
