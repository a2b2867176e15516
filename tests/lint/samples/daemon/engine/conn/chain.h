/* chain: a struct that holds on to others. LINT names */
struct chain {
    const char *name;
    struct chain *next;
};
