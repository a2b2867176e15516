/* creds_env: credentials from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN.
 * Owner: none. Pure. One provider; a chain asks each provider first whether it is configured, and stays with the first
 * that is.
 * Invariant: no sentence holds a part of a secret or a token.
 * Source: https://docs.aws.amazon.com/sdkref/latest/guide/environment-variables.html
 */
#ifndef AWS_CREDS_CREDS_ENV_H
#define AWS_CREDS_CREDS_ENV_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/aws/creds/creds.h"
#include "daemon/aws/env.h"
#include "proto/must_use.h"

/* True if the environment names a key id or a secret, even if what it names is not usable. Empty counts as unset. */
bool creds_env_configured(const struct env *env);

/* Read them. `generation` > 0 is put into the result. DDBS_OK, or DDBS_E_CREDENTIALS with a sentence that says which
 * variable, what is wrong and what to do; never a part of the secret or the token. Reads the environment only. */
int creds_env_read(const struct env *env, uint64_t generation, struct creds *ret, char errmsg[AWS_ERRMSG]) MUST_USE;

#endif
