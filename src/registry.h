/* SPDX-License-Identifier: MIT
 *
 * The registry's structure, and the check that every function on one of its affinities begins with.
 */
#ifndef TA_SRC_REGISTRY_H
#define TA_SRC_REGISTRY_H

#include "error.h"
#include "os/os.h"
#include "region_memory.h"
#include "selection.h"

#include "ta/registry.h"

/* Immutable after ta_registry_create(), except what is kept for memory. Per processor: places,
 * os_processors, by_os, memories. Per region: nodes. */
struct ta_registry {
    ta_allocator allocator;
    uint32_t processor_count, cache_count, region_count;
    bool described;
    ta_os_quota quota;
    ta_affinity *places;     /* places[i].processor == i */
    uint32_t *os_processors; /* of each place */
    uint16_t *by_os;         /* processor indices in ascending order of os_processors */
    int32_t *nodes;
    ta_region_memory *memories; /* NULL: there are none yet */
    ta_selection selection;     /* for the processors left out */
};

/* Is it one of this registry's affinities? TA_OK, TA_E_UNKNOWN_AFFINITY or TA_E_FOREIGN_AFFINITY,
 * without a message. */
ta_status ta_registry_judge(const ta_registry *registry, ta_affinity affinity);

/* The same with a message, for functions that return the status. */
#define ta_registry_check(registry, affinity) ta_registry_complain((registry), (affinity), __func__)
ta_status ta_registry_complain(const ta_registry *registry, ta_affinity affinity,
                               const char *function);

#endif
