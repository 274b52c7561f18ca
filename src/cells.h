/* SPDX-License-Identifier: MIT
 *
 * What slot arrays and explicit storage have in common: a block of memory with a cell for each
 * place of a strategy, which cell is an affinity's, the memory of values, and how many shares keep
 * the block alive. What stands in a cell's word is the user's. The block:
 *
 *     the user's own struct, which begins with a ta_cells
 *     cells       slot_count of them, each on a boundary of 128 bytes
 *     extra       room of the user's, if it wants any
 *
 * It is aligned by hand inside of what was allocated: malloc's short way serves small alignments
 * only, and making an array ought to be cheap.
 */
#ifndef TA_SRC_CELLS_H
#define TA_SRC_CELLS_H

#include "slot.h"

#include "ta/per_affinity.h"

/* What an allocator aligns to without more ado. */
#define TA_PLAIN_ALIGNMENT ((size_t)16)

/* All but `total` and the cells is immutable once the block is made. */
typedef struct ta_cells {
    _Alignas(TA_CACHE_LINE) ta_per_affinity face; /* first: what inline functions read */
    ta_affinity shape;                            /* indices 0 */
    ta_strategy strategy;
    const ta_registry *registry;   /* NULL: none */
    const ta_allocator *allocator; /* of this block, and of values without a registry; not NULL */
    const ta_type *type;
    void *extra;
    void *memory; /* what was allocated, ... */
    size_t size;  /* ... and how much */
    /* The count of shares is in parts, one in each cell, and this: see shares.h. */
    _Alignas(TA_CACHE_LINE) uint64_t total;
} ta_cells;

/* How large the user's parts of the block are. */
typedef struct ta_cells_room {
    size_t own; /* its struct */
    size_t extra, extra_alignment;
} ta_cells_room;

/* ---- making ----------------------------------------------------------------------------------- */

/* Why these options cannot make cells; NULL when they can. `options` is not NULL. */
const char *ta_cells_fault(const ta_per_affinity_options *options);

/* Any place of the options' machine, with indices. */
ta_affinity ta_cells_any_place(const ta_per_affinity_options *options);

/* How many slots the options' strategy has; where that is not possible, TA_E_RANGE. The texts of
 * both are of the control path `function`. */
ta_status ta_cells_count(const ta_per_affinity_options *options, const char *function,
                         uint32_t *out);
ta_status ta_cells_create(const ta_per_affinity_options *options, const ta_type *type,
                          uint32_t slot_count, const ta_cells_room *room, const char *function,
                          ta_cells **out);

/* Gives the block back; nothing else. */
void ta_cells_release(ta_cells *cells);

/* ---- finding ---------------------------------------------------------------------------------- */

/* The index of an affinity's slot; on failure *out is as good as uninitialised. An affinity that
 * passes has memory (ta_cells_allocator()). No text. */
ta_status ta_cells_find(const ta_cells *cells, ta_affinity affinity, uint32_t *out);

/* `status`, with a text of the control path `function` (NULL: without): what finding a slot has just
 * answered, or that filling it met a circle, an empty slot, or no memory. Not what a function of the
 * user's answered. */
ta_status ta_cells_explain(const ta_cells *cells, ta_affinity affinity, ta_status status,
                           const char *function);

/* Memory near an affinity that ta_cells_find() has found. */
const ta_allocator *ta_cells_allocator(const ta_cells *cells, ta_affinity affinity);

/* ---- the memory of values --------------------------------------------------------------------- */

/* Memory for a value, on cache lines that it shares with no other one, and at least `prefix` bytes
 * in front of it; *memory is what was allocated. NULL without memory. */
void *ta_cells_allocate_value(const ta_type *type, size_t prefix, const ta_allocator *allocator,
                              void **memory);
void ta_cells_release_value(const ta_type *type, size_t prefix, const ta_allocator *allocator,
                            void *memory);

/* ---- shares ----------------------------------------------------------------------------------- */

/* One share more, or less, counted in the cell (NULL: the first one). By who holds one, or before
 * the owner's is ended. ta_cells_end_share() is true for the last one: the caller tears down. */
void ta_cells_begin_share(ta_cells *cells, ta_slot_cell *cell);
bool ta_cells_end_share(ta_cells *cells, ta_slot_cell *cell);

/* Ends the owner's share, once; answers as ta_cells_end_share(). */
bool ta_cells_end_owner(ta_cells *cells);

/* How many shares there are but the owner's; approximate while others count. */
uint64_t ta_cells_share_count(const ta_cells *cells);

#endif
