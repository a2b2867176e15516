/* sign: a bad sample: siblings do not see each other. */
#include "daemon/engine/value/wrong.h"   /* LINT layers */
#include "proto/known.h"
#include <openssl/evp.h>
#include <uv.h>                  /* LINT layers */
