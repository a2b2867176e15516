/* A bad sample of lengths. */
int seven(int a, int b, int (*c)(int, int), int d, int e, int f, int g); /* LINT limits */
static const int long_line = 1; /* this line is far longer than one hundred and twenty columns and must be found */ /* LINT limits */
int call(int a) __attribute__((nonnull(1, 2, 3, 4, 5, 6, 7)));
