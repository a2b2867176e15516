/* pojo: see pojo.h. */
#include "client/c/examples/pojo.h"

#include <string.h>

/* splitmix64: the mix is a bijection, so different states give different numbers. Source:
 * https://prng.di.unimi.it/splitmix64.c */
static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static uint64_t next(struct pojo_maker *m)
{
    m->state += 0x9e3779b97f4a7c15u;
    return mix(m->state);
}

void pojo_maker_init(struct pojo_maker *m, uint64_t seed, uint32_t partition)
{
    m->state = mix(seed + mix(partition + 1u));
}

/* A random UUID, version 4. */
static void uuid_make(struct pojo_maker *m, uint64_t ret_uuid[2])
{
    ret_uuid[0] = (next(m) & ~0xf000ull) | 0x4000u;
    ret_uuid[1] = (next(m) & ~(3ull << 62)) | 1ull << 63;
}

void pojo_make(struct pojo_maker *m, struct pojo *ret_pojo)
{
    uuid_make(m, ret_pojo->id);
    uuid_make(m, ret_pojo->join);
}

static char *put(char *at, const char *text, size_t size)
{
    memcpy(at, text, size);
    return at + size;
}

/* 8-4-4-4-12 */
static char *put_uuid(char *at, const uint64_t uuid[2])
{
    static const char digits[16] = "0123456789abcdef";
    for (int i = 0; i < 32; i++) {
        if (i == 8 || i == 12 || i == 16 || i == 20)
            *at++ = '-';
        *at++ = digits[uuid[i / 16] >> (60 - i % 16 * 4) & 15];
    }
    return at;
}

void pojo_id_text(const struct pojo *pojo, char ret_text[POJO_ID_SIZE])
{
    put_uuid(put(ret_text, "primaryKey-", 11), pojo->id);
}

void pojo_join_text(const struct pojo *pojo, char ret_text[POJO_JOIN_SIZE])
{
    put_uuid(put(ret_text, "join-", 5), pojo->join);
}

void pojo_line_text(const struct pojo *pojo, char ret_text[POJO_LINE_SIZE])
{
    char *at = put(ret_text, "{\"pojoId\":\"", 11);
    pojo_id_text(pojo, at);
    at = put(at + POJO_ID_SIZE, "\",\"joinValue\":\"", 15);
    pojo_join_text(pojo, at);
    put(at + POJO_JOIN_SIZE, "\"}\n", 3);
}

/* The sum of the weights (1 to 5) of the partitions before this one. */
static uint64_t weight_before(uint32_t partition)
{
    uint64_t sum = 0;
    for (uint32_t i = partition - partition % 5; i < partition; i++)
        sum += 1 + i * 3ull % 5;
    return sum + partition / 5 * 15ull;
}

uint64_t pojo_partition_size(uint64_t records, uint32_t partitions, uint32_t partition)
{
    uint64_t whole = weight_before(partitions);
    uint64_t from = records * weight_before(partition) / whole;
    return records * weight_before(partition + 1) / whole - from;
}
