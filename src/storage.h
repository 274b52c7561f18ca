/* SPDX-License-Identifier: MIT
 *
 * Explicit storage: what is behind a ta_storage. Cells (cells.h) whose word is a value's address or
 * 0, and an epoch (epoch.h) for what is replaced. In front of each value stands its node:
 *
 *     count = 1 while the value is in its slot or waits for readers to leave, + its ta_stored
 *
 * Who brings that to 0 destroys the value. The slot's own 1 is given up only when nobody can be
 * between finding the value and counting: so a reader in a section may add to the count.
 *
 * The extra room of the block holds a list of records for each processor.
 *
 * The words of cells and the counts of nodes are value_word.h's, which has the edges W and C.
 */
#ifndef TA_SRC_STORAGE_H
#define TA_SRC_STORAGE_H

#include "cells.h"
#include "epoch.h"
#include "value_word.h"

#include "ta/storage.h"

struct ta_storage {
    ta_cells base; /* first */
    ta_epochs epochs;
};

/* One cache line, right in front of the value. All but the count and `waiting` is immutable. */
typedef struct ta_node {
    uint64_t count;
    ck_epoch_entry_t waiting; /* once it is replaced */
    ta_storage *storage;
    const ta_allocator *allocator;
    void *memory;  /* what was allocated */
    uint32_t slot; /* where it was put */
} ta_node;

#define TA_NODE_PREFIX ((size_t)TA_CACHE_LINE)

static inline ta_node *ta_node_of(void *value) {
    return (ta_node *)(void *)((char *)value - TA_NODE_PREFIX);
}

static inline ta_slot_cell *ta_node_cell(const ta_node *node) {
    return &node->storage->base.face.cells[node->slot];
}

/* One reference more: by who has one, or reads in a section in which it found the node. */
static inline void ta_node_hold(ta_node *node) { ta_value_keep(&node->count); }

/* One reference less; the last one destroys the value and gives its memory back. */
void ta_node_let_go(ta_node *node);

/* The index of an affinity's slot, as ta_cells_find(), but that of its indices only the one by which
 * the strategy goes is looked at, where that is enough to find it. */
static inline ta_status ta_storage_find(const ta_storage *storage, ta_affinity affinity,
                                        uint32_t *out) {
    ta_slot_cell *cell;
    if (__builtin_expect(!ta_per_affinity_find(&storage->base.face, affinity, &cell), 0))
        return ta_cells_find(&storage->base, affinity, out);
    *out = (uint32_t)(cell - storage->base.face.cells);
    return TA_OK;
}

/* Pins the value of a slot; TA_E_EMPTY or TA_E_NOMEM and an empty pin otherwise. No text. */
ta_status ta_storage_pin_slot(ta_storage *storage, uint32_t slot, ta_pin *out);

/* Makes *out another reference to a node that the caller holds or has pinned. */
void ta_stored_refer(ta_node *node, ta_stored *out);

/* All that waits, all values, all memory. Exclusive, by the caller's own edges. */
void ta_storage_tear_down(ta_storage *storage);

#endif
