/* SPDX-License-Identifier: MIT
 *
 * Memory of a place: a block of 64 bytes from the allocator of the thread's own processor, and back,
 * beside malloc() and free(). By one thread, and by two at once.
 */
#include "bench_per_affinity.h"

#include <stdlib.h>

enum { SIZE = 64 };

typedef struct lending {
    const ta_allocator *own[BENCH_THREADS];
} lending;

/* This machine's, two processors of it; of the first one where there are no two. */
static void *lending_create(const bench_world *world) {
    lending *self = malloc(sizeof *self);
    if (self == NULL) return NULL;
    for (uint32_t i = 0; i < BENCH_THREADS; i++) {
        ta_affinity place =
            ta_registry_affinity(world->here, i % ta_registry_processor_count(world->here));
        self->own[i] = ta_registry_allocator(world->here, place);
    }
    return self;
}

static uint64_t own_run(void *state, unsigned thread, uint64_t operations) {
    const ta_allocator *own = ((const lending *)state)->own[thread];
    uint64_t wrong = 0;
    for (uint64_t r = 0; r < operations; r++) {
        uint64_t *block = ta_allocate(own, SIZE, _Alignof(uint64_t));
        if (block == NULL) return operations;
        *block = r;
        BENCH_FENCE();
        wrong += *block != r;
        ta_release(own, block, SIZE, _Alignof(uint64_t));
    }
    return wrong;
}

static uint64_t malloc_run(void *state, unsigned thread, uint64_t operations) {
    uint64_t wrong = 0;
    (void)state;
    (void)thread;
    for (uint64_t r = 0; r < operations; r++) {
        uint64_t *block = malloc(SIZE);
        if (block == NULL) return operations;
        *block = r;
        BENCH_FENCE();
        wrong += *block != r;
        free(block);
    }
    return wrong;
}

static const bench_contender contenders[] = {
    {"own", lending_create, NULL, own_run, NULL, free, 0, true, NULL, NULL},
    {"malloc", lending_create, NULL, malloc_run, NULL, free, 0, true, NULL, NULL},
};

const bench_group bench_allocator_group = {"allocator", contenders, BENCH_COUNT(contenders)};
