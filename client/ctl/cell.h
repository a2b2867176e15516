/* cell: formats numbers as short text for people.
 * Owner: the caller's buffer. Pure.
 */
#ifndef CTL_CELL_H
#define CTL_CELL_H

#include <stdint.h>

enum { CTL_CELL_SIZE = 64 };

/* A count in at most 6 characters: 999999, 1.2M, 34.5G. */
void cell_count(char out[CTL_CELL_SIZE], uint64_t v);

/* Bytes: 512 B, 1.5 KiB, 128 MiB. */
void cell_size(char out[CTL_CELL_SIZE], uint64_t bytes);

/* Seconds: 42s, 3m 5s, 2h 10m, 5d 3h. */
void cell_age(char out[CTL_CELL_SIZE], uint64_t seconds);

#endif
