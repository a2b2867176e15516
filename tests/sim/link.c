/* link: see link.h. */
#include "tests/sim/link.h"

#include "proto/err.h"
#include "tests/sim/oracle.h"

enum { LAZY_MS = 3000 };

static void free_if_over(struct world *w, struct link *l)
{
    if (l->end != NULL || l->conn != 0)
        return;
    world_cancel(w, &l->up_event);
    world_cancel(w, &l->down_event);
    list_remove(&l->node);
    pipe_fini(&l->up);
    pipe_fini(&l->down);
    wire_tap_fini(&l->tap);
    free(l);
}

static uint64_t draw_delay(struct world *w)
{
    return w->healed ? 0 : rng_below(&w->rng, w->scenario.delay_ms + 1u);
}

static void wake(struct world *w, struct event *ev)
{
    if (!event_armed(ev))
        world_in(w, ev, draw_delay(w));
}

static size_t draw_chunk(struct world *w, size_t n)
{
    size_t chunk = 1 + (size_t)rng_below(&w->rng, w->scenario.chunk_bytes);
    return w->healed || chunk > n ? n : chunk;
}

/* ---- client to daemon ---- */

static void deliver_up(struct world *w, struct link *l)
{
    struct room room = engine_input(w->host.engine, l->conn);
    if (room.n == 0)
        return;
    size_t n = draw_chunk(w, l->up.n < room.n ? l->up.n : room.n);
    memcpy(room.p, pipe_view(&l->up).p, n);
    n = engine_received(w->host.engine, l->conn, n, w->now);
    wire_tap_up(w, l, span_of(pipe_view(&l->up).p, n));
    pipe_pop(&l->up, n);
    if (l->end != NULL && l->full)
        wake(w, &l->down_event); /* the client can send again */
    l->full = false;
}

static void tell_hangup(struct world *w, struct link *l)
{
    if (l->hung_up)
        return;
    l->hung_up = true;
    world_trace(w, "link %llu: hang-up", (unsigned long long)l->id);
    oracle_on_hangup(w, l);
    engine_conn_hangup(w->host.engine, l->conn, w->now);
}

static void tell_eof(struct world *w, struct link *l)
{
    l->eof_told = true;
    world_trace(w, "link %llu: end of file", (unsigned long long)l->id);
    engine_conn_eof(w->host.engine, l->conn, w->now);
}

static bool up_is_due(const struct link *l)
{
    if (l->conn == 0 || l->eof_told)
        return false;
    if (l->reading && l->up.n > 0)
        return true;
    return l->end == NULL && !l->untold && (l->reading || !l->hung_up);
}

static void run_up(struct world *w, struct event *ev)
{
    struct link *l = CONTAINER_OF(ev, struct link, up_event);
    if (!up_is_due(l))
        return;
    bool gone = l->end == NULL && !l->untold;
    size_t left = l->up.n;
    if (l->end != NULL && dice(&w->rng, w->healed ? 0 : w->scenario.cut_rate)) {
        link_cut(w, l);
        return;
    }
    if (gone && !l->hung_up && (!l->reading || dice(&w->rng, w->scenario.early_hangup_rate)))
        tell_hangup(w, l);
    else if (l->reading && l->up.n > 0)
        deliver_up(w, l);
    else if (gone && l->reading)
        tell_eof(w, l);
    if (up_is_due(l))
        world_in(w, &l->up_event, draw_delay(w) + (l->up.n == left));
    host_wants_turn(w);
}

/* ---- daemon to client ---- */

static void run_down(struct world *w, struct event *ev)
{
    struct link *l = CONTAINER_OF(ev, struct link, down_event);
    struct link_end *end = l->end;
    if (end == NULL)
        return;
    if (dice(&w->rng, w->healed ? 0 : w->scenario.lazy_reader_rate)) {
        world_in(w, &l->down_event, rng_below(&w->rng, LAZY_MS));
        return;
    }
    size_t n = draw_chunk(w, l->down.n);
    if (l->down.n == 0 && l->conn == 0) {
        l->end = NULL;
        end->link = NULL;
        free_if_over(w, l);
        end->on_eof(w, end);
        return;
    }
    struct pipe copy = {0};
    pipe_push(&copy, pipe_view(&l->down).p, n);
    pipe_pop(&l->down, n);
    if (l->down.n > 0 || l->conn == 0)
        world_in(w, &l->down_event, draw_delay(w));
    host_wants_turn(w); /* there is room again */
    end->on_bytes(w, end, pipe_view(&copy));
    pipe_fini(&copy);
}

bool link_pump(struct world *w, struct link *l)
{
    bool moved = false;
    while (l->writing && l->conn != 0 && !l->hung_up) {
        if (l->end == NULL) {
            if (l->untold) { /* nobody reads: the socket fills up */
                if (l->down.n >= w->scenario.pipe_bytes)
                    break;
            } else {
                tell_hangup(w, l);
                return true;
            }
        }
        size_t room = l->down.n < w->scenario.pipe_bytes ? w->scenario.pipe_bytes - l->down.n : 0;
        if (room == 0)
            break;
        struct span out = engine_output(w->host.engine, l->conn, w->now);
        if (out.n == 0) {
            l->writing = false;
            break;
        }
        size_t n = draw_chunk(w, out.n < room ? out.n : room);
        wire_tap_down(w, l, span_of(out.p, n));
        pipe_push(&l->down, out.p, n);
        engine_sent(w->host.engine, l->conn, n, w->now);
        moved = true;
    }
    if (moved && l->end != NULL)
        wake(w, &l->down_event);
    return moved;
}

/* ---- opening, cutting, closing ---- */

bool link_open(struct world *w, struct link_end *end, struct peer peer)
{
    uint64_t conn;
    if (!host_listens(w))
        return false;
    struct link *l = truth_alloc(sizeof *l);
    *l = (struct link){.id = ++w->next_link, .epoch = w->host.epoch, .end = end, .reading = true};
    l->up_event.run = run_up;
    l->down_event.run = run_down;
    wire_tap_init(&l->tap);
    list_push_back(&w->links, &l->node);
    if (engine_conn_open(w->host.engine, peer, w->now, &conn) == DDBS_OK)
        l->conn = conn;
    else
        wake(w, &l->down_event);
    end->link = l;
    host_wants_turn(w);
    return true;
}

size_t link_send(struct world *w, struct link *l, struct span bytes)
{
    if (l->conn == 0)
        return bytes.n; /* the kernel took it, but nobody will read it */
    size_t room = l->up.n < w->scenario.pipe_bytes ? w->scenario.pipe_bytes - l->up.n : 0;
    size_t n = bytes.n < room ? bytes.n : room;
    pipe_push(&l->up, bytes.p, n);
    l->full = n < bytes.n;
    if (up_is_due(l))
        wake(w, &l->up_event);
    return n;
}

struct span link_rest(const struct link *l)
{
    return pipe_view(&l->down);
}

void link_close(struct world *w, struct link *l)
{
    l->end->link = NULL;
    l->end = NULL;
    l->left = true;
    world_cancel(w, &l->down_event);
    if (up_is_due(l))
        wake(w, &l->up_event);
    free_if_over(w, l);
}

void link_cut(struct world *w, struct link *l)
{
    struct link_end *end = l->end;
    l->untold = dice(&w->rng, w->scenario.half_dead_rate);
    if (!dice(&w->rng, 300))
        l->up.n = (size_t)rng_below(&w->rng, l->up.n + 1);
    size_t heard = (size_t)rng_below(&w->rng, l->down.n + 1);
    struct pipe copy = {0};
    pipe_push(&copy, pipe_view(&l->down).p, heard);
    world_trace(w, "link %llu: cut, %zu bytes still reach the daemon, %zu the client%s", (unsigned long long)l->id,
                l->up.n, heard, l->untold ? ", half dead" : "");
    l->end = NULL;
    end->link = NULL;
    world_cancel(w, &l->down_event);
    if (up_is_due(l))
        wake(w, &l->up_event);
    free_if_over(w, l);
    if (copy.n > 0)
        end->on_bytes(w, end, pipe_view(&copy));
    end->on_eof(w, end);
    pipe_fini(&copy);
}

struct link *link_of_conn(struct world *w, uint64_t conn)
{
    for (struct list_node *n = w->links.first; n != NULL; n = n->next) {
        struct link *l = CONTAINER_OF(n, struct link, node);
        if (l->conn == conn)
            return l;
    }
    return NULL;
}

void link_set_reading(struct world *w, struct link *l, bool on)
{
    l->reading = on;
    if (up_is_due(l))
        wake(w, &l->up_event);
}

void link_server_close(struct world *w, struct link *l)
{
    l->conn = 0;
    world_cancel(w, &l->up_event);
    if (l->end != NULL)
        wake(w, &l->down_event);
    free_if_over(w, l);
}

void link_heal_all(struct world *w)
{
    for (struct list_node *n = w->links.first; n != NULL; n = n->next) {
        struct link *l = CONTAINER_OF(n, struct link, node);
        l->untold = false;
        if (up_is_due(l))
            wake(w, &l->up_event);
    }
}

void link_free_all(struct world *w)
{
    for (struct list_node *n = w->links.first, *next; n != NULL; n = next) {
        struct link *l = CONTAINER_OF(n, struct link, node);
        next = n->next;
        l->end = NULL;
        l->conn = 0;
        free_if_over(w, l);
    }
}
