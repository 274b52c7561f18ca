/* SPDX-License-Identifier: MIT
 *
 * A runtime from its start to its end, with threads of as many logical affinities as asked for.
 */
#include "growth.h"

#include "ta/runtime.h"

bool growth_runtime_run(uint32_t threads, double *start, double *stop) {
    ta_registry *registry;
    ta_runtime *runtime;
    ta_registry_options machine = {
        .machine = TA_MACHINE_COUNTS, .counts = &threads, .counts_length = 1};
    if (ta_registry_create(&machine, &registry) != TA_OK) return false;
    ta_runtime_options options = {.mesh.registry = registry, .unpinned = true};
    const double begin = growth_now();
    bool good = ta_runtime_create(&options, &runtime) == TA_OK;
    const double started = growth_now();
    if (good) {
        ta_runtime_stop(runtime);
        good = ta_runtime_join(runtime, NULL) == TA_OK;
    }
    *start += started - begin;
    *stop += growth_now() - started;
    ta_registry_destroy(registry);
    return good;
}
