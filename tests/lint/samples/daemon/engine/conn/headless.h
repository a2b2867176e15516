#include "proto/must_use.h" /* LINT names */
