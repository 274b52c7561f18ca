/* SPDX-License-Identifier: MIT
 *
 * The rows whose instructions script/instructions counts. A row is a loop around one operation; a
 * round of `operations`, and another of twice as many, are counted, and the difference is told, so
 * that whatever happens once in a round cancels out. What a round needs before and after it is not
 * counted. The loop is: the row `loop` shows what it takes around nothing.
 */
#ifndef TA_BENCH_COUNT_ROWS_H
#define TA_BENCH_COUNT_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All of memory may have changed: nothing is kept in registers from one operation to the next, and
 * what an operation wrote is needed. */
#define COUNT_TOUCH() __asm__ volatile("" ::: "memory")
/* The value is needed, and may be another one from here on. */
#define COUNT_USE(value) __asm__ volatile("" : "+m"(value)::"memory")

typedef struct count_row {
    const char *name;
    uint32_t operations;
    bool (*before)(uint64_t count); /* NULL: nothing */
    /* So many operations. Returns how many did what they should, as their results tell. */
    uint64_t (*work)(uint64_t count);
    bool (*after)(uint64_t count); /* NULL: nothing */
} count_row;

/* Some rows and what they have in common. `begin` makes it, or false; `end` follows either. */
typedef struct count_group {
    const count_row *rows;
    size_t row_count;
    bool (*begin)(void);
    void (*end)(void);
} count_group;

extern const count_group count_reach, count_moves, count_ports, count_fans;

#endif
