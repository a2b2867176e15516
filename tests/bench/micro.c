/* micro: inner loops that are easily slow, each against a reference in the same process, so that the ratio is
 * comparable between machines.
 * micro
 * Prints one JSON object: a name, and the median over the rounds of (time of the loop / time of its reference), the two
 * measured next to each other.
 * json_*, check_*: DynamoDB JSON of, and check of, an item of one 10 KB text (clean; 1 % characters to escape; 20 %
 *                    not ASCII), against memcpy of the same text
 * double:          a double's shortest text against an integer's
 * sign:            a request's signature (body of 100 bytes) against SHA-256 of 1 KB
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "daemon/aws/sigv4.h"
#include "daemon/base/rng.h"
#include "proto/err.h"
#include "proto/item/item_check.h"
#include "proto/item/item_json.h"
#include "proto/item/num_decimal.h"
#include "proto/item/num_text.h"
#include "proto/mp_write.h"

enum { TEXT = 10000, ITEM_MAX = TEXT + 64, JSON_MAX = 6 * TEXT + 64, ROUNDS = 41, NUMBERS = 1024, TOKEN = 1100 };

static const uint64_t ROUND_NS = 1500000;

struct micro {
    struct rng rng;
    char text[TEXT];
    uint8_t item[ITEM_MAX];
    size_t item_len;
    char json[JSON_MAX];
    double doubles[NUMBERS];
    uint64_t integers[NUMBERS];
    struct sigv4_signer signer;
    struct creds creds;
    uint64_t sink; /* results of the loops, so that none is optimized away */
};

typedef void loop_fn(struct micro *m);

static uint64_t now_ns(void)
{
    struct timespec t = {0};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Nanoseconds per call. */
static double loop_time(struct micro *m, loop_fn *loop, uint64_t calls)
{
    uint64_t start = now_ns();
    for (uint64_t i = 0; i < calls; i++)
        loop(m);
    return (double)(now_ns() - start) / (double)calls;
}

static uint64_t loop_calls(struct micro *m, loop_fn *loop)
{
    uint64_t calls = 1;
    while (loop_time(m, loop, calls) * (double)calls < (double)ROUND_NS / 2)
        calls *= 2;
    return calls;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void ratio_print(struct micro *m, const char *name, loop_fn *loop, loop_fn *yardstick)
{
    static const char *comma = "";
    double ratios[ROUNDS];
    uint64_t calls = loop_calls(m, loop), yard_calls = loop_calls(m, yardstick);
    for (int i = 0; i < ROUNDS; i++) {
        double yard = loop_time(m, yardstick, yard_calls);
        ratios[i] = loop_time(m, loop, calls) / yard;
    }
    qsort(ratios, ROUNDS, sizeof ratios[0], compare);
    printf("%s\"%s\": %.4f", comma, name, ratios[ROUNDS / 2]);
    comma = ", ";
}

static void loop_copy(struct micro *m)
{
    memcpy(m->json, m->text, TEXT);
    __asm__ volatile("" : : "r"(m->json) : "memory");
}

static void loop_json(struct micro *m)
{
    m->sink += (uint64_t)(item_json(span_of(m->item, m->item_len), m->json) - m->json);
}

static void loop_check(struct micro *m)
{
    struct mp_cursor c = mp_read_open(span_of(m->item, m->item_len));
    struct item_info info = {0};
    char errmsg[ITEM_ERRMSG];
    m->sink += item_check(&c, NULL, false, &info, errmsg) == DDBS_OK ? info.json_len : 0;
}

static void loop_doubles(struct micro *m)
{
    char out[NUM_TEXT_MAX];
    for (int i = 0; i < NUMBERS; i++)
        m->sink += num_decimal_put_double(out, m->doubles[i]);
}

static void loop_integers(struct micro *m)
{
    char out[NUM_TEXT_MAX];
    for (int i = 0; i < NUMBERS; i++)
        m->sink += num_text_put_u64(out, m->integers[i]);
}

static void loop_sign(struct micro *m)
{
    static char text[SIGV4_LINES_ROOM + TOKEN];
    struct sigv4_request request = {.host = "dynamodb.us-east-1.amazonaws.com",
                                    .region = "us-east-1",
                                    .service = "dynamodb",
                                    .target = "DynamoDB_20120810.BatchWriteItem",
                                    .body = span_of(m->text, 100)};
    struct sigv4_lines lines = {.text = text, .cap = sizeof text};
    m->sink += sigv4_sign(&m->signer, &m->creds, &request, 1700000000, &lines) == DDBS_OK;
}

static void loop_sha(struct micro *m)
{
    uint8_t hash[DIGEST_BYTES];
    m->sink += digest_sha256(&m->signer.digest, span_of(m->text, 1024), hash) == DDBS_OK;
}

/* A text of letters, `percent` of them replaced by `special`; the item that contains it. */
static void text_make(struct micro *m, unsigned percent, const char *special)
{
    size_t n = strlen(special), at = 0;
    while (at + n <= TEXT) {
        if (rng_below(&m->rng, 100) < percent) {
            memcpy(m->text + at, special, n);
            at += n;
        } else {
            m->text[at++] = (char)('a' + rng_below(&m->rng, 26));
        }
    }
    memset(m->text + at, 'x', TEXT - at);
    struct mp_writer w = mp_write_open(m->item, sizeof m->item);
    mp_write_map(&w, 1);
    mp_write_cstr(&w, "body");
    mp_write_str(&w, m->text, TEXT);
    m->item_len = w.need;
}

static bool micro_init(struct micro *m)
{
    rng_seed(&m->rng, 1);
    for (int i = 0; i < NUMBERS; i++) {
        m->integers[i] = rng_below(&m->rng, 10000000);
        m->doubles[i] = (double)m->integers[i] / 100;
    }
    m->creds = (struct creds){.generation = 1, .id_len = 20, .secret_len = 40, .token_len = TOKEN};
    memset(m->creds.id, 'A', 20);
    memset(m->creds.secret, 's', 40);
    memset(m->creds.token, 'T', TOKEN);
    return sigv4_init(&m->signer) == DDBS_OK;
}

int main(void)
{
    static const struct {
        const char *json, *check, *special;
        unsigned percent;
    } texts[] = {
        {"json_clean", "check_clean", "x", 0},
        {"json_escapes", "check_escapes", "\"", 1},
        {"json_utf8", "check_utf8", "\u00e9", 20},
    };
    static struct micro m;
    if (!micro_init(&m)) {
        fprintf(stderr, "micro: libcrypto has no SHA-256\n");
        return 1;
    }
    printf("{");
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        text_make(&m, texts[i].percent, texts[i].special);
        ratio_print(&m, texts[i].json, loop_json, loop_copy);
        ratio_print(&m, texts[i].check, loop_check, loop_copy);
    }
    ratio_print(&m, "double", loop_doubles, loop_integers);
    ratio_print(&m, "sign", loop_sign, loop_sha);
    printf("}\n");
    sigv4_fini(&m.signer);
    return m.sink > 0 ? 0 : 1;
}
