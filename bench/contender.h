/* SPDX-License-Identifier: MIT
 *
 * What is measured on one thread, or on two that do the same at once: a contender is one way to do
 * a thing, a group is of contenders that are measured in turn. rows.h runs them.
 *
 * What makes them comparable: all loops stand in C files that are compiled with the same flags and
 * called by the same code; what a loop works with is read from memory in each round, on every side
 * (BENCH_FENCE); results are summed, or kept, and checked against what they must be.
 */
#ifndef TA_BENCH_CONTENDER_H
#define TA_BENCH_CONTENDER_H

#include "ta/registry.h"

TA_BEGIN_DECLS

enum {
    BENCH_FEW = 2,     /* slots */
    BENCH_MANY = 1024, /* slots */
    BENCH_THREADS = 2  /* at once */
};

/* The machines that arrays are made for. */
typedef struct bench_world {
    const ta_registry *here; /* the one that all runs on, whose memory is placed */
    const ta_registry *few;  /* two processors in two regions, invented */
    const ta_registry *many; /* 1,024 processors in two regions */
} bench_world;

typedef struct bench_contender {
    const char *name;
    void *(*create)(const bench_world *world); /* NULL: no memory, or it does not work here */
    /* Around each run, not measured, on the first thread; NULL: nothing. finish() tells whether
     * what was run was right. */
    void (*prepare)(void *state);
    /* So many operations, by thread number 0 or 1; returns how many went wrong. */
    uint64_t (*run)(void *state, unsigned thread, uint64_t operations);
    bool (*finish)(void *state);
    void (*destroy)(void *state);
    uint64_t most; /* operations between prepare() and finish(); 0: any number */
    bool by_two;   /* measured by two threads at once, too */
    /* In place of run(): a figure that is no time, and its unit; the counter is NAME_UNIT. */
    double (*figure)(void *state); /* below 0: it went wrong; not a number: nobody can tell here */
    const char *unit;
} bench_contender;

/* Contenders that are measured in turn. */
typedef struct bench_group {
    const char *name;
    const bench_contender *contenders;
    size_t count;
} bench_group;

/* What is in memory must have been written by here, and is read again. */
#define BENCH_FENCE() __asm__ volatile("" : : : "memory")

#define BENCH_COUNT(array) (sizeof(array) / sizeof *(array))

TA_END_DECLS

#endif
