/* trace: see trace.h. */
#include "tests/fakeddb/trace.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "proto/be.h"

enum { CANONICAL_MAX = 32 * 1024 * 1024, TRACES_MAX = 1 << 20 };

static void digest(struct span item, uint8_t ret[8])
{
    struct text canonical;
    uint64_t dice = 0;
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned int n = 0;
    text_init(&canonical, CANONICAL_MAX);
    value_rewrite_item(item, VALUE_CANONICAL, &dice, &canonical);
    if (!canonical.failed && EVP_Digest(canonical.p, canonical.len, hash, &n, EVP_sha256(), NULL) == 1)
        memcpy(ret, hash, 8);
    text_fini(&canonical);
}

/* The text of the attribute chosen with --history-attr, if it is a scalar. */
static void pick_value(const struct schema_attr *attr, struct span item, char ret[HISTORY_VALUE_MAX])
{
    struct schema one = {.nkeys = 0, .nattrs = 1};
    struct value_error err = {.serialization = false};
    struct item it;
    struct json j = json_of(item);
    one.attr[0] = *attr;
    item_check(&j, &one, &err, &it);
    struct span raw = it.attr[0].inside.raw;
    if (it.attr[0].type == NULL || raw.p == NULL || raw.n >= HISTORY_VALUE_MAX)
        return;
    memcpy(ret, raw.p, raw.n);
    ret[raw.n] = '\0';
}

static bool room(struct store *s, struct entry *e)
{
    if (e->ntraces < e->traces_cap)
        return true;
    uint32_t cap = e->traces_cap != 0 ? e->traces_cap * 2 : 2;
    uint64_t more = (cap - e->traces_cap) * sizeof(struct trace);
    if (cap > TRACES_MAX || s->memory_bytes + more > s->memory_max)
        return false;
    struct trace *grown = realloc(e->traces, cap * sizeof(*grown));
    if (grown == NULL)
        return false;
    e->traces = grown;
    e->traces_cap = cap;
    s->memory_bytes += more;
    return true;
}

void trace_add(struct store *s, struct entry *e, const struct store_write *w)
{
    if (e->ntraces > 0 && inflight_has(&s->inflight, e->traces[e->ntraces - 1].request))
        s->overlaps++;
    if (!room(s, e)) {
        s->traces_lost++;
        return;
    }
    struct trace *t = &e->traces[e->ntraces++];
    *t = (struct trace){.seq = s->seq, .request = w->request, .at_ms = w->now_ms, .put = w->item.p != NULL};
    if (!t->put)
        return;
    digest(w->item, t->digest);
    if (s->history_attr.name_len > 0)
        pick_value(&s->history_attr, w->item, t->value);
}

void trace_put_json(const struct entry *e, const struct schema *schema, struct text *out)
{
    text_puts(out, "{\"Key\":");
    key_put_json(entry_key(e), schema, out);
    text_putf(out, ",\"Live\":%s,\"Writes\":[", e->live ? "true" : "false");
    for (uint32_t i = 0; i < e->ntraces; i++) {
        const struct trace *t = &e->traces[i];
        text_putf(out, "%s{\"Seq\":%" PRIu64 ",\"Request\":%" PRIu64 ",\"AtMs\":%" PRIu64 ",\"Op\":\"%s\"",
                  i > 0 ? "," : "", t->seq, t->request, t->at_ms, t->put ? "put" : "delete");
        if (t->put)
            text_putf(out, ",\"Digest\":\"%016" PRIx64 "\"", be_load64(t->digest));
        if (t->value[0] != '\0') {
            text_puts(out, ",\"Value\":\"");
            text_puts(out, t->value);
            text_puts(out, "\"");
        }
        text_puts(out, "}");
    }
    text_puts(out, "]}");
}
