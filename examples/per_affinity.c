/* SPDX-License-Identifier: MIT
 *
 * Statistics per core: each thread counts in its own core's struct, without a lock and without
 * sharing a cache line; whoever wants the sum visits them all. A closure that goes elsewhere takes
 * a handle along, and counts where it arrives.
 */
#include <ta.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { REQUESTS = 100000 };

struct counter {
    uint64_t requests;
};
TA_UNAWARE_TYPE(counter, struct counter);
TA_PER_AFFINITY(counters, counter);

static ta_registry *registry;
static counters per_core;

static void expect(ta_status status) {
    if (status == TA_OK) return;
    fprintf(stderr, "%s\n", ta_last_error());
    exit(EXIT_FAILURE);
}

/* Runs once per core, when somebody counts there for the first time. */
static ta_status start(struct counter *out, const ta_site *site, void *context) {
    (void)context;
    printf("core %u begins to count\n", site->slot);
    *out = (struct counter){0};
    return TA_OK;
}

static void *work(void *place) {
    expect(ta_registry_pin(registry, *(const ta_affinity *)place));
    for (int i = 0; i < REQUESTS; i++) {
        struct counter *mine = counters_get_here(per_core);
        if (mine != NULL) mine->requests++;
    }
    return NULL;
}

/* What is captured re-homes itself: the handle stands for the slot of wherever it is. */
static void count_one(const counters_handle *stats) { counters_handle_get(stats)->requests++; }
TA_FN_VOID(counting, counters_handle, count_one);

static bool add_up(struct counter *value, uint32_t slot, void *sum) {
    printf("core %u: %llu\n", slot, (unsigned long long)value->requests);
    *(uint64_t *)sum += value->requests;
    return true; /* go on */
}

int main(void) {
    expect(ta_registry_create(NULL, &registry));
    ta_per_affinity_options options = {.registry = registry};
    expect(counters_create(&per_core, &options, start, NULL));

    uint32_t count = ta_registry_processor_count(registry);
    pthread_t *threads = calloc(count, sizeof *threads);
    ta_affinity *places = calloc(count, sizeof *places);
    if (threads == NULL || places == NULL) return EXIT_FAILURE;
    for (uint32_t i = 0; i < count; i++) {
        places[i] = ta_registry_affinity(registry, i);
        if (pthread_create(&threads[i], NULL, work, &places[i]) != 0) return EXIT_FAILURE;
    }
    for (uint32_t i = 0; i < count; i++) pthread_join(threads[i], NULL);

    counters_handle stats;
    expect(counters_handle_make(per_core, places[0], &stats));
    ta_fn closure;
    expect(counting(&closure, stats, NULL)); /* takes the handle */
    ta_move move = ta_registry_move(registry, places[0], places[count - 1]);
    expect(ta_fn_relocate(&closure, &move)); /* nothing is copied: it finds that core's slot */
    if (!ta_fn_call(&closure, NULL)) return EXIT_FAILURE;
    ta_fn_destroy(&closure);

    uint64_t sum = 0;
    counters_each(per_core, add_up, &sum);
    printf("in all: %llu\n", (unsigned long long)sum);
    bool right = sum == (uint64_t)count * REQUESTS + 1;

    counters_destroy(&per_core);
    ta_registry_destroy(registry);
    free(places);
    free(threads);
    return right ? EXIT_SUCCESS : EXIT_FAILURE;
}
