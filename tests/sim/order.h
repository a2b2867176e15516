/* order: a request to the service, parsed from its JSON text independently of the daemon's code: what it asks for, item
 * by item.
 * Owner: order_fini frees the JSON tree; `item` and `request` borrow from it.
 * Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html
 */
#ifndef SIM_ORDER_H
#define SIM_ORDER_H

#include <jansson.h>

#include "tests/sim/truth.h"

enum { ORDER_ITEMS_MAX = 25, ORDER_ERRMSG = 256 };

struct order_item {
    bool is_delete;
    bool poison;
    bool has_alt;     /* has the key of the recreated table */
    bool has_pk;      /* has the original key */
    uint32_t key;     /* index in truth; TRUTH_NONE: unknown */
    uint32_t record;  /* index in truth; TRUTH_NONE: unknown */
    uint32_t pad_cut; /* bytes of filler cut from `request` */
    json_t *request;  /* {"PutRequest":{...}} or {"DeleteRequest":{...}} */
};

struct order {
    json_t *root;
    uint32_t table;
    uint32_t count;
    struct order_item items[ORDER_ITEMS_MAX];
    uint32_t pad_count, pads[ORDER_ITEMS_MAX]; /* bytes cut out of each filler, in text order */
    uint32_t put_count;
};

/* Parse a BatchWriteItem body; shortens its fillers in place. False with a message for a request whose form the real
 * service would refuse, or items that no client ever wrote. */
bool order_read(struct order *o, const struct truth *t, char *body, size_t n, char errmsg[ORDER_ERRMSG]);
void order_fini(struct order *o);

/* Another spelling of the same number. */
void order_respell(const char *number, struct rng *r, char out[64]);

#endif
