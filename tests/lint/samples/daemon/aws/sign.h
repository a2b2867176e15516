/* A bad sample: siblings do not see each other. */
#include "daemon/core/wrong.h"   /* LINT layers */
#include "proto/known.h"
#include <openssl/evp.h>
#include <uv.h>                  /* LINT layers */
