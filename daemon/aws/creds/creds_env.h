/* creds_env: credentials from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN.
 * Owner: none. Pure. This is one provider; a provider chain would use the first provider that is configured.
 * Invariant: no message contains a part of a secret or a token.
 * Source: https://docs.aws.amazon.com/sdkref/latest/guide/environment-variables.html
 */
#ifndef AWS_CREDS_CREDS_ENV_H
#define AWS_CREDS_CREDS_ENV_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/aws/creds.h"
#include "daemon/aws/env.h"
#include "proto/must_use.h"

/* True if the key id or the secret is set, usable or not. An empty variable counts as unset. */
bool creds_env_configured(const struct env *env);

/* Read the credentials. `generation` > 0 is copied into the result. DDBS_OK, or DDBS_E_CREDENTIALS with a sentence that
 * names the variable, what is wrong with it and what to do. */
int creds_env_read(const struct env *env, uint64_t generation, struct creds *ret, char errmsg[AWS_ERRMSG]) MUST_USE;

#endif
