/* SPDX-License-Identifier: MIT
 *
 * Slot arrays: what is behind a ta_per_affinity. One block of memory:
 *
 *     ta_slots    what the inline functions read; what making a value needs; the count of handles
 *     cells       slot_count of them, each on a boundary of 128 bytes
 *     captured    the captured value, if there is one
 *
 * The block is aligned by hand inside of what was allocated: malloc's short way serves small
 * alignments only, and making an array ought to be cheap.
 */
#ifndef TA_SRC_PER_AFFINITY_H
#define TA_SRC_PER_AFFINITY_H

#include "slot.h"

#include "ta/per_affinity.h"

/* All but `total` and the cells is immutable once the array is made. */
typedef struct ta_slots {
    _Alignas(TA_CACHE_LINE) ta_per_affinity face; /* first: this is what callers point to */
    ta_affinity shape;                            /* indices 0 */
    ta_affinity source;                           /* where the captured value is at home */
    ta_strategy strategy;
    const ta_registry *registry;   /* NULL: none */
    const ta_allocator *allocator; /* of this block, and of values without a registry; not NULL */
    const ta_type *type;
    ta_maker maker; /* its context is behind the cells, where it is a captured value */
    void *memory;   /* what was allocated, ... */
    size_t size;    /* ... and how much */
    /* The count of handles is in parts, one in each cell, and this: see shares.h. */
    _Alignas(TA_CACHE_LINE) uint64_t total;
} ta_slots;

static inline ta_slots *ta_slots_of(const ta_per_affinity *array) { return (ta_slots *)array; }

/* The affinity's cell, with its value in it: made if need be. On failure *out is untouched and
 * nothing is written to ta_last_error(), except by a constructor. */
ta_status ta_slots_settle(ta_slots *slots, ta_affinity affinity, ta_slot_cell **out);

/* What ta_slots_settle() has just answered to a control path `function`, with a text. */
ta_status ta_slots_explain(const ta_slots *slots, ta_affinity affinity, ta_status status,
                           const char *function);

/* Destroys values, captured value and block. Exclusive, by the caller's own edges. */
void ta_slots_tear_down(ta_slots *slots);

#endif
