/* SPDX-License-Identifier: MIT
 *
 * The value that the arrays of bench_per_affinity hold: eight bytes, made of the slot's index, so
 * that sums tell whether the right ones were reached.
 */
#ifndef TA_BENCH_PER_AFFINITY_VALUE_H
#define TA_BENCH_PER_AFFINITY_VALUE_H

#include "ta/derive.h"
#include "ta/per_affinity.h"

typedef struct bench_value {
    uint64_t number;
} bench_value;
TA_UNAWARE_TYPE(bench_number, bench_value);
TA_PER_AFFINITY(bench_numbers, bench_number);

static inline uint64_t bench_number_of(uint32_t slot) { return 2 * (uint64_t)slot + 1; }

static inline ta_status bench_make(bench_value *out, const ta_site *site, void *context) {
    (void)context;
    out->number = bench_number_of(site->slot);
    return TA_OK;
}

/* An array with a slot for each of the registry's processors; {NULL} when it cannot be made. */
static inline bench_numbers bench_numbers_for(const ta_registry *registry) {
    bench_numbers made = {NULL};
    ta_per_affinity_options options = {.registry = registry};
    if (bench_numbers_create(&made, &options, bench_make, NULL) != TA_OK) made.array = NULL;
    return made;
}

/* The same with all its values. */
static inline bench_numbers bench_numbers_filled(const ta_registry *registry) {
    bench_numbers made = bench_numbers_for(registry);
    if (made.array != NULL && bench_numbers_fill(made, ta_registry_affinities(registry),
                                                 ta_registry_processor_count(registry)) != TA_OK)
        bench_numbers_destroy(&made);
    return made;
}

#endif
