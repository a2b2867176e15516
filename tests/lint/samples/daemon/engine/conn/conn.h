/* conn: a struct that a function changes. LINT names */
struct conn {
    int id;
};
_Static_assert(sizeof(struct conn) > 0, "a macro's use declares nothing");
typedef void conn_fn(struct conn *c);
static inline int conn_id(const struct conn *c) /* LINT mustuse */
{
    return c->id;
}
void conn_open(struct conn *c);
void conn_free(struct conn *);
void connect_it(void);
