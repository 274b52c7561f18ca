/* SPDX-License-Identifier: MIT
 *
 * Which processors of a machine a registry takes, and how it numbers their places. Pure: plain
 * data in, plain data out; nothing is asked of the system.
 */
#ifndef TA_SRC_SELECTION_H
#define TA_SRC_SELECTION_H

#include "machine.h"
#include "os/os.h"

/* Invariant: count + left_count is the machine's number of units. */
typedef struct ta_selection {
    uint32_t *chosen;  /* indices into the machine's units, ascending */
    uint32_t count;    /* 1 to TA_AFFINITY_MAX */
    ta_left_out *left; /* ascending by os_processor; NULL when there are none */
    size_t left_count;
} ta_selection;

/* Chooses by the options' rule; `quota` counts for AUTO only. SPREAD deals the processors out one
 * by one: each region in turn, in the machine's order, as long as it has any; within a region the
 * first processor of every core before the second of any. Only what the options list is open to
 * the rule; options->os_processors was checked before. On failure *out is empty and ta_fail()
 * was called: TA_E_TOO_FEW, TA_E_RANGE, TA_E_NOMEM. O(n log n) for n units. */
ta_status ta_select(const ta_machine_units *machine, const ta_registry_options *options,
                    ta_os_quota quota, const ta_allocator *allocator, ta_selection *out);
void ta_selection_free(ta_selection *selection, const ta_allocator *allocator);

/* The places of the chosen units, to out[0..selection->count): caches and regions are numbered in
 * the order of first use. TA_E_NOMEM. */
ta_status ta_selection_places(const ta_machine_units *machine, const ta_selection *selection,
                              const ta_allocator *allocator, ta_affinity *out);

/* Keys sort by `major`, then `minor`, then `index`. In place and without memory of its own, which
 * the C library's qsort() takes from malloc. */
typedef struct ta_sort_key {
    uint32_t major, minor, index;
} ta_sort_key;
void ta_sort_keys(ta_sort_key *keys, size_t count);

#endif
