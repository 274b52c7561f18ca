/* SPDX-License-Identifier: MIT
 *
 * Relocation, cloning, changing and destruction with everything checked that must hold, for any
 * value of any type, under any failures.
 */
#ifndef TA_TESTS_FOREST_CHECKS_H
#define TA_TESTS_FOREST_CHECKS_H

#include "forest.h"

enum { PLACES = 4, REGIONS = 2 };

/* An invented machine of two regions with two processors each, each region with memory of its own,
 * and one type with values. */
typedef struct world {
    ta_affinity places[PLACES];
    pool pools[REGIONS];
    forest wood;
    const tree *t;
    size_t values; /* that live; of a single one it is known what memory and probes are its own */
} world;

void world_open(world *w, choices *from);
/* All memory must be back, and no probe alive. */
void world_close(world *w);

/* A new value, in storage of its own. */
void *world_value(world *w, choices *from, unsigned region);
/* Destroys it, and releases the storage. */
void checked_drop(world *w, void *value);

/* What goes wrong during an operation: calls [memory_at, memory_at + memory_count) of the allocator
 * that it uses get nothing, and the probes' call `probe_at` fails; counted from 1, 0: none. */
typedef struct failures {
    size_t memory_at, memory_count, probe_at;
} failures;

/* From a place (PLACES: unknown) to another; `in` and `out`, which is all zero, may be the same. On
 * failure *in holds the value. The calls of the destination's allocator are in its pool then. */
ta_status checked_relocate(world *w, void *out, void *in, unsigned source, unsigned destination,
                           const failures *wrong);

/* In storage of its own; NULL when there is none. */
void *checked_clone(world *w, const void *value, unsigned region, const failures *wrong);

/* Somewhere in it, with memory of a region. */
void checked_change(world *w, void *value, choices *from, unsigned region);

#endif
