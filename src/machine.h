/* SPDX-License-Identifier: MIT
 *
 * A machine as the registry needs it, whoever described it: hwloc (machine_hwloc.c), a list of
 * counts (machine_counts.c), or, in a build without hwloc, the affinity mask alone
 * (machine_flat.c). Plain data, so that choosing and numbering processors (selection.c) knows
 * nothing of where it came from.
 */
#ifndef TA_SRC_MACHINE_H
#define TA_SRC_MACHINE_H

#include "error.h"

#include "ta/memory.h"
#include "ta/registry.h"

/* Whatever fails below ta_registry_create() names the function that the user called. */
#define ta_fail_create(status, ...) ta_fail_((status), "ta_registry_create", __VA_ARGS__)

#define TA_NODE_NONE (-1)

typedef enum ta_unit_state {
    TA_UNIT_USABLE,
    TA_UNIT_OFFLINE,
    TA_UNIT_CPUSET, /* forbidden by the cgroup's cpuset */
    TA_UNIT_MASK    /* not in the thread's affinity mask */
} ta_unit_state;

/* One processor (hwloc: PU). core, cache and region are arbitrary identities, equal exactly when
 * two processors share the thing; the registry makes dense indices of them. An offline processor's
 * are not looked at. */
typedef struct ta_unit {
    uint32_t os_index;
    uint32_t core;
    uint32_t cache;
    uint32_t region;
    int32_t node; /* the operating system's number of the region's NUMA node, or TA_NODE_NONE */
    ta_unit_state state;
} ta_unit;

/* Units stand in the machine's order: region by region, core by core. No two have one os_index. */
typedef struct ta_machine_units {
    ta_unit *units;
    size_t count;
    uint32_t memory_nodes; /* NUMA nodes that have memory; 0 or 1: nothing to place */
    bool described;        /* not the machine that we run on */
    bool mask_alone;       /* units[] has those of the affinity mask; of others nothing is known */
} ta_machine_units;

/* Each fills *out from `allocator`; on failure *out is empty and ta_fail() was called. Options were
 * checked before. */
ta_status ta_machine_read_hwloc(const ta_registry_options *options, const ta_allocator *allocator,
                                ta_machine_units *out);
ta_status ta_machine_read_flat(const ta_registry_options *options, const ta_allocator *allocator,
                               ta_machine_units *out);
ta_status ta_machine_read_counts(const ta_registry_options *options, const ta_allocator *allocator,
                                 ta_machine_units *out);
void ta_machine_free(ta_machine_units *machine, const ta_allocator *allocator);

#endif
