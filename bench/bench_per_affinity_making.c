/* SPDX-License-Identifier: MIT
 *
 * Making arrays and values: what creation and the first relocation cost beside malloc and free of
 * 64 bytes, what a slot's first get costs, and what memory an array takes before it is used.
 */
#include "bench_per_affinity.h"
#include "bench_per_affinity_value.h"

#include <stdlib.h>

enum {
    WARM = 6, /* arrays whose memory malloc has at hand: its caches hold seven of a size */
    BATCH = 256
};

/* ---- create, and relocate a handle for the first time ---------------------------------------- */

typedef struct making {
    ta_per_affinity_options options;
    ta_move move; /* from nowhere to the last place */
    uint64_t number;
    uint64_t made;
    bench_numbers arrays[BATCH];
    bench_numbers_handle handles[BATCH];
} making;

static void *making_create(const ta_registry *registry, bool with_registry) {
    making *s = calloc(1, sizeof *s);
    if (s == NULL) return NULL;
    uint32_t last = ta_registry_processor_count(registry) - 1;
    ta_affinity place = ta_registry_affinity(registry, last);
    if (with_registry)
        s->options.registry = registry;
    else
        s->options.shape = place;
    s->move = ta_registry_move(registry, TA_AFFINITY_UNKNOWN, place);
    s->number = bench_number_of(last);
    return s;
}

static void *making_here(const bench_world *world) { return making_create(world->here, true); }
static void *making_shape(const bench_world *world) { return making_create(world->here, false); }

/* Constructor, array, unplaced handle, relocation: the value is there afterwards. */
static inline bool make_one(const making *s, bench_numbers *array, bench_numbers_handle *handle) {
    return bench_numbers_create(array, &s->options, bench_make, NULL) == TA_OK &&
           bench_numbers_handle_make(*array, TA_AFFINITY_UNKNOWN, handle) == TA_OK &&
           bench_numbers_handle_relocate(handle, &s->move) == TA_OK;
}

static uint64_t making_run(void *state, unsigned thread, uint64_t operations) {
    making *s = state;
    uint64_t wrong = 0;
    (void)thread;
    for (uint64_t r = 0; r < operations; r++) wrong += !make_one(s, &s->arrays[r], &s->handles[r]);
    s->made = operations;
    return wrong;
}

static bool making_finish(void *state) {
    making *s = state;
    bool right = true;
    for (uint64_t r = 0; r < s->made; r++) {
        bench_value *value = bench_numbers_handle_get(&s->handles[r]);
        right = right && value != NULL && value->number == s->number;
        bench_numbers_handle_drop(&s->handles[r]);
        bench_numbers_destroy(&s->arrays[r]);
    }
    s->made = 0;
    return right;
}

/* One after the other, each taken down before the next. */
static uint64_t whole_run(void *state, unsigned thread, uint64_t operations) {
    making *s = state;
    uint64_t wrong = 0;
    (void)thread;
    for (uint64_t r = 0; r < operations; r++) {
        wrong += !make_one(s, &s->arrays[0], &s->handles[0]);
        wrong += bench_numbers_handle_get(&s->handles[0])->number != s->number;
        bench_numbers_handle_drop(&s->handles[0]);
        bench_numbers_destroy(&s->arrays[0]);
    }
    return wrong;
}

static uint64_t malloc_run(void *state, unsigned thread, uint64_t operations) {
    uint64_t wrong = 0;
    (void)state;
    (void)thread;
    for (uint64_t r = 0; r < operations; r++) {
        void *block = malloc(64);
        __asm__ volatile("" : "+r"(block) : : "memory"); /* or there would be neither call */
        wrong += block == NULL;
        free(block);
    }
    return wrong;
}

/* ---- first get of a slot --------------------------------------------------------------------- */

typedef struct misses {
    const ta_registry *registry;
    bench_numbers array;
    uint64_t sums[BENCH_THREADS], counts[BENCH_THREADS];
} misses;

static void *misses_create(const bench_world *world) {
    misses *s = calloc(1, sizeof *s);
    if (s != NULL) s->registry = world->many;
    return s;
}

static void misses_prepare(void *state) {
    misses *s = state;
    s->array = bench_numbers_for(s->registry);
    for (unsigned i = 0; i < BENCH_THREADS; i++) s->sums[i] = s->counts[i] = 0;
}

/* Both threads go through the slots in one order: who is behind catches up, since what is there is
 * reached sooner than made, so they meet at each slot anew. */
static uint64_t misses_run(void *state, unsigned thread, uint64_t operations) {
    misses *s = state;
    const ta_affinity *places = ta_registry_affinities(s->registry);
    uint64_t sum = 0;
    if (s->array.array == NULL) return 1;
    for (uint64_t r = 0; r < operations; r++) {
        bench_value *value = bench_numbers_get(s->array, places[r]);
        sum += value == NULL ? 0 : value->number;
    }
    s->sums[thread] = sum;
    s->counts[thread] = operations;
    return 0;
}

static bool misses_finish(void *state) {
    misses *s = state;
    uint64_t most = 0;
    bool right = s->array.array != NULL;
    for (unsigned i = 0; i < BENCH_THREADS; i++) {
        right = right && s->sums[i] == s->counts[i] * s->counts[i]; /* of so many odd numbers */
        if (s->counts[i] > most) most = s->counts[i];
    }
    right = right && bench_numbers_ready_count(s->array) == most;
    bench_numbers_destroy(&s->array);
    return right;
}

/* ---- memory ---------------------------------------------------------------------------------- */

typedef struct counting {
    uint64_t bytes;
} counting;

static void *count_allocate(void *context, size_t size, size_t alignment) {
    ((counting *)context)->bytes += size;
    return ta_allocate(NULL, size, alignment);
}

static void count_release(void *context, void *memory, size_t size, size_t alignment) {
    ((counting *)context)->bytes -= size;
    ta_release(NULL, memory, size, alignment);
}

typedef struct footprint {
    counting counted;
    ta_allocator allocator;
    ta_affinity shape;
} footprint;

static void *footprint_create(const bench_world *world) {
    footprint *s = calloc(1, sizeof *s);
    if (s == NULL) return NULL;
    s->allocator = (ta_allocator){count_allocate, count_release, &s->counted};
    s->shape = ta_registry_affinity(world->many, 0);
    return s;
}

/* The bytes that an array of 1,024 slots asks for, of which none is used. */
static double unused_bytes(void *state) {
    footprint *s = state;
    ta_per_affinity_options options = {.shape = s->shape, .allocator = &s->allocator};
    bench_numbers array;
    if (bench_numbers_create(&array, &options, bench_make, NULL) != TA_OK) return -1;
    double bytes = (double)s->counted.bytes;
    bench_numbers_destroy(&array);
    return s->counted.bytes == 0 ? bytes : -1;
}

static double allowed_bytes(void *state) {
    (void)state;
    return BENCH_MANY * sizeof(ta_slot_cell) + 4096;
}

static double cells_bytes(void *state) {
    (void)state;
    return BENCH_MANY * sizeof(ta_slot_cell);
}

/* ---- all of it ------------------------------------------------------------------------------- */

static const bench_contender create[] = {
    {.name = "malloc_free_64", .create = making_here, .run = malloc_run, .destroy = free},
    {.name = "create_relocate",
     .create = making_here,
     .run = making_run,
     .finish = making_finish,
     .destroy = free,
     .most = WARM},
    {.name = "create_relocate_shape",
     .create = making_shape,
     .run = making_run,
     .finish = making_finish,
     .destroy = free,
     .most = WARM},
    {.name = "create_relocate_256",
     .create = making_here,
     .run = making_run,
     .finish = making_finish,
     .destroy = free,
     .most = BATCH},
    {.name = "create_relocate_destroy", .create = making_here, .run = whole_run, .destroy = free},
};

static const bench_contender first_get[] = {
    {.name = "first_get",
     .create = misses_create,
     .prepare = misses_prepare,
     .run = misses_run,
     .finish = misses_finish,
     .destroy = free,
     .most = BENCH_MANY,
     .by_two = true},
};

static const bench_contender memory[] = {
    {.name = "unused_1024",
     .create = footprint_create,
     .figure = unused_bytes,
     .unit = "bytes",
     .destroy = free},
    {.name = "cells_and_4096",
     .create = footprint_create,
     .figure = allowed_bytes,
     .unit = "bytes",
     .destroy = free},
    {.name = "cells",
     .create = footprint_create,
     .figure = cells_bytes,
     .unit = "bytes",
     .destroy = free},
};

const bench_group bench_making_groups[] = {
    {"create", create, BENCH_COUNT(create)},
    {"first_get", first_get, BENCH_COUNT(first_get)},
    {"memory", memory, BENCH_COUNT(memory)},
};
const size_t bench_making_group_count = BENCH_COUNT(bench_making_groups);
