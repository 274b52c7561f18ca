/* SPDX-License-Identifier: MIT
 *
 * One pinned thread per processor that this process may use; each says where it is.
 */
#include <ta.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static ta_registry *registry; /* immutable once made: threads share it without a lock */

typedef struct worker {
    pthread_t thread;
    ta_affinity place;
} worker;

static void *work(void *argument) {
    const worker *self = argument;
    if (ta_registry_pin(registry, self->place) != TA_OK) {
        fprintf(stderr, "%s\n", ta_last_error());
        exit(EXIT_FAILURE);
    }
    ta_affinity here = ta_current_affinity(); /* one thread-local load, no call */
    printf("processor %u of %u, cache %u, region %u\n", ta_affinity_processor(here),
           ta_affinity_processor_count(here), ta_affinity_cache(here), ta_affinity_region(here));
    return NULL;
}

int main(void) {
    if (ta_registry_create(NULL, &registry) != TA_OK) { /* NULL: this machine, what is usable */
        fprintf(stderr, "%s\n", ta_last_error());
        return EXIT_FAILURE;
    }
    uint32_t count = ta_registry_processor_count(registry);
    worker *workers = calloc(count, sizeof *workers);
    if (workers == NULL) return EXIT_FAILURE;

    for (uint32_t i = 0; i < count; i++) {
        workers[i].place = ta_registry_affinity(registry, i);
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0) {
            fprintf(stderr, "thread %u of %u does not start\n", i, count);
            return EXIT_FAILURE;
        }
    }
    for (uint32_t i = 0; i < count; i++) pthread_join(workers[i].thread, NULL);

    free(workers);
    ta_registry_destroy(registry);
    return EXIT_SUCCESS;
}
