/* peer: a struct of plain values, which nobody need own. */
struct peer {
    int uid;
    const char *name;
    void (*fn)(void *user);
};
int peer_known(const struct peer *p); /* LINT names LINT mustuse */
