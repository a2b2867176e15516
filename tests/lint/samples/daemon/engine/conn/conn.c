/* A bad sample of pairs. LINT limits */
#include "daemon/engine/conn/conn.h"
void conn_open(struct conn *c)
{
    assert(c != NULL);
    c->id = 1;
}
void conn_free(struct conn *c)
{
    assert(c != NULL);
    c->id = 0;
}
void conn(void)            /* LINT names */
{
}
void connect_it(void)      /* LINT names */
{
}
int mem_count(void);       /* LINT names */
static void anything(void)
{
}
