/* conn: a struct that a function changes. LINT names */
struct conn {
    int id;
};
static inline int conn_id(const struct conn *c)
{
    return c->id;
}
void conn_open(struct conn *c);
void conn_free(struct conn *);
