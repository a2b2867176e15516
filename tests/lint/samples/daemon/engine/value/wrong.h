/* wrong: a bad sample of lengths, and of names. */
#include "proto/must_use.h"
int wrong_seven(int a, int b, int (*c)(int, int), int d, int e, int f, int g) MUST_USE; /* LINT limits LINT names */
static const int long_line = 1; /* this line is far longer than one hundred and twenty columns and must be found */ /* LINT limits */
int wrong_call(int a) __attribute__((nonnull(1, 2, 3, 4, 5, 6, 7))); /* LINT names LINT mustuse */
long wrong(char *s, char **end);
/* An int that asks: it is in QUESTIONS. */
int err_from_name(const char *name, unsigned long n); /* LINT names */
