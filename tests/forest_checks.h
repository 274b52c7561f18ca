/* SPDX-License-Identifier: MIT
 *
 * Relocation and cloning with everything checked that must hold, for any value of any type, under
 * any failures.
 */
#ifndef TA_TESTS_FOREST_CHECKS_H
#define TA_TESTS_FOREST_CHECKS_H

#include "forest.h"

enum { PLACES = 4, REGIONS = 2 };

/* An invented machine of two regions with two processors each, each region with memory of its own,
 * and one type. */
typedef struct world {
    ta_affinity places[PLACES];
    pool pools[REGIONS];
    forest wood;
    const tree *t;
} world;

void world_open(world *w, choices *from);
/* All memory must be back, and no probe alive. */
void world_close(world *w);

/* What goes wrong during an operation: calls [memory_at, memory_at + memory_count) of the allocator
 * that it uses get nothing, and the probe's call `probe_at` fails; counted from 1, 0: none. */
typedef struct failures {
    size_t memory_at, memory_count, probe_at;
} failures;

/* From a place (PLACES: unknown) to another; `in` and `out` may be the same. `is_alone`: all memory
 * in the pools is this value's. A failed probe's move is made again. Returns how often the
 * destination's allocator was called. */
size_t checked_relocate(world *w, void *out, void *in, unsigned source, unsigned destination,
                        const failures *wrong, bool is_alone);

/* Into uninitialised storage; true when there is a clone now. */
bool checked_clone(world *w, const void *value, void *out, unsigned region, const failures *wrong);

#endif
