/* creds_env: credentials from the environment. See creds_env.h. */
#include "daemon/aws/creds/creds_env.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "proto/err.h"

static const char ID[] = "AWS_ACCESS_KEY_ID";
static const char SECRET[] = "AWS_SECRET_ACCESS_KEY";
static const char TOKEN[] = "AWS_SESSION_TOKEN";

bool creds_env_configured(const struct env *env)
{
    return env_value(env, ID) != NULL || env_value(env, SECRET) != NULL;
}

/* Copy a variable's value. Only printable ASCII without blanks is allowed, and none of the characters in `also_bad`. */
static int text_copy(const char *name, const char *value, const char *also_bad, char *out, uint32_t max,
                     char errmsg[AWS_ERRMSG])
{
    size_t n = strnlen(value, (size_t)max + 1);
    if (n > max) {
        snprintf(errmsg, AWS_ERRMSG, "%s is longer than %u bytes; check that it holds the value and nothing else", name,
                 (unsigned)max);
        return DDBS_E_CREDENTIALS;
    }
    for (size_t i = 0; i < n; i++) {
        unsigned char ch = (unsigned char)value[i];
        if (ch > 0x20 && ch < 0x7f && strchr(also_bad, ch) == NULL)
            continue;
        snprintf(errmsg, AWS_ERRMSG,
                 "%s holds %s at position %zu; set it again without it (a line end or a quote of a file that was "
                 "read?)",
                 name, ch <= 0x20 || ch == 0x7f ? "a blank or control character" : "a character that is not allowed",
                 i + 1);
        return DDBS_E_CREDENTIALS;
    }
    memcpy(out, value, n);
    out[n] = '\0';
    return DDBS_OK;
}

static int pair_check(const char *id, const char *secret, char errmsg[AWS_ERRMSG])
{
    if (id != NULL && secret != NULL)
        return DDBS_OK;
    if (id == NULL && secret == NULL)
        snprintf(errmsg, AWS_ERRMSG, "no credentials: set %s and %s (and %s for temporary ones) in the environment", ID,
                 SECRET, TOKEN);
    else
        snprintf(errmsg, AWS_ERRMSG, "%s is set but %s is not; set both, or neither", id != NULL ? ID : SECRET,
                 id != NULL ? SECRET : ID);
    return DDBS_E_CREDENTIALS;
}

int creds_env_read(const struct env *env, uint64_t generation, struct creds *ret, char errmsg[AWS_ERRMSG])
{
    assert(generation > 0);
    const char *id = env_value(env, ID);
    const char *secret = env_value(env, SECRET);
    const char *token = env_value(env, TOKEN);
    int rc = pair_check(id, secret, errmsg);
    if (rc != DDBS_OK)
        return rc;

    struct creds c = {.generation = generation};
    /* The id is sent inside "Credential=<id>/<scope>, ", so it must not contain the delimiters used there. */
    rc = text_copy(ID, id, "/,=\"'", c.id, CREDS_ID_MAX, errmsg);
    if (rc == DDBS_OK)
        rc = text_copy(SECRET, secret, "\"'", c.secret, CREDS_SECRET_MAX, errmsg);
    if (rc == DDBS_OK && token != NULL)
        rc = text_copy(TOKEN, token, "\"'", c.token, CREDS_TOKEN_MAX, errmsg);
    if (rc == DDBS_OK) {
        c.id_len = (uint32_t)strlen(c.id);
        c.secret_len = (uint32_t)strlen(c.secret);
        c.token_len = (uint32_t)strlen(c.token);
        *ret = c;
    }
    creds_wipe(&c);
    return rc;
}
