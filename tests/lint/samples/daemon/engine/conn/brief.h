/* brief: Owner: LINT names */
struct brief;
