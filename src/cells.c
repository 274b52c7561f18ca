/* SPDX-License-Identifier: MIT
 *
 * Cells: which is an affinity's, by the strategy; the block that they stand in; the memory of what
 * they hold. Who keeps the block alive is counted as shares.h says.
 */
#include "cells.h"

#include "error.h"
#include "registry.h"
#include "shares.h"

#include <string.h>

static size_t round_up(size_t size, size_t alignment) {
    return (size + alignment - 1) & ~(alignment - 1);
}

/* How far the first multiple of `alignment` at or behind `memory` is. */
static size_t padding(const void *memory, size_t alignment) {
    return (size_t)(-(uintptr_t)memory & (alignment - 1));
}

/* ---- making ----------------------------------------------------------------------------------- */

const char *ta_cells_fault(const ta_per_affinity_options *options) {
    if ((options->registry == NULL) == ta_affinity_is_unknown(options->shape))
        return "either a registry or a shape is needed, and not both";
    if ((unsigned)options->strategy.per > TA_PER_CUSTOM) return "there is no such strategy";
    if (options->strategy.per == TA_PER_CUSTOM &&
        (options->strategy.index == NULL || options->strategy.count == NULL))
        return "a strategy of one's own needs both of its functions";
    for (size_t i = 0; i < sizeof options->reserved / sizeof *options->reserved; i++)
        if (options->reserved[i] != 0) return "the reserved words must be 0";
    return NULL;
}

ta_affinity ta_cells_any_place(const ta_per_affinity_options *options) {
    return options->registry == NULL ? options->shape : ta_registry_affinity(options->registry, 0);
}

static uint32_t strategy_count(const ta_strategy *strategy, ta_affinity any) {
    switch (strategy->per) {
    case TA_PER_CORE:
        return ta_affinity_processor_count(any);
    case TA_PER_CACHE:
        return ta_affinity_cache_count(any);
    case TA_PER_REGION:
        return ta_affinity_region_count(any);
    case TA_PER_PROCESS:
        return 1;
    case TA_PER_CUSTOM:
        return strategy->count(any, strategy->context);
    }
    return 0;
}

ta_status ta_cells_count(const ta_per_affinity_options *options, const char *function,
                         uint32_t *out) {
    *out = strategy_count(&options->strategy, ta_cells_any_place(options));
    if (*out == 0 || *out > TA_AFFINITY_MAX)
        return ta_fail_(TA_E_RANGE, function, "%u slots, where 1 to %u would do", *out,
                        TA_AFFINITY_MAX);
    return TA_OK;
}

static const ta_allocator *block_allocator(const ta_per_affinity_options *options) {
    if (options->allocator != NULL) return options->allocator;
    if (options->registry == NULL) return ta_allocator_default();
    return ta_registry_allocator(options->registry, TA_AFFINITY_UNKNOWN);
}

/* The block, zeroed up to the extra room; NULL without memory. No sum overflows: all the parts are
 * smaller than memory that exists. */
static ta_cells *allocate(const ta_allocator *allocator, uint32_t slot_count,
                          const ta_cells_room *room) {
    size_t first = round_up(room->own, sizeof(ta_slot_cell));
    size_t cells_end = first + slot_count * sizeof(ta_slot_cell);
    size_t end = cells_end;
    size_t alignment = sizeof(ta_slot_cell);
    if (room->extra > 0) {
        if (room->extra_alignment > alignment) alignment = room->extra_alignment;
        end = round_up(end, room->extra_alignment);
    }
    size_t size = end + room->extra + alignment - TA_PLAIN_ALIGNMENT;
    char *memory = allocator->allocate(allocator->context, size, TA_PLAIN_ALIGNMENT);
    if (memory == NULL) return NULL;

    char *block = memory + padding(memory, alignment);
    memset(block, 0, cells_end);
    ta_cells *cells = (ta_cells *)(void *)block;
    cells->memory = memory;
    cells->size = size;
    cells->allocator = allocator;
    cells->extra = room->extra > 0 ? block + end : NULL;
    cells->face.cells = (ta_slot_cell *)(void *)(block + first);
    return cells;
}

ta_status ta_cells_create(const ta_per_affinity_options *options, const ta_type *type,
                          uint32_t slot_count, const ta_cells_room *room, const char *function,
                          ta_cells **out) {
    ta_affinity any = ta_cells_any_place(options);
    ta_cells *cells = allocate(block_allocator(options), slot_count, room);
    if (cells == NULL)
        return ta_fail_(TA_E_NOMEM, function, "no memory for an array of %u slots", slot_count);
    any.processor = any.cache = any.region = 0;
    cells->shape = any;
    cells->strategy = options->strategy;
    cells->registry = options->registry;
    cells->type = type;
    cells->total = TA_SHARES_OPEN;
    cells->face.shape = options->strategy.per == TA_PER_CUSTOM
                            ? UINT64_MAX
                            : ta_affinity_shape(any) | (uint64_t)options->strategy.per
                                                           << TA_SHAPE_FREE;
    cells->face.slot_count = slot_count;
    *out = cells;
    return TA_OK;
}

void ta_cells_release(ta_cells *cells) {
    cells->allocator->release(cells->allocator->context, cells->memory, cells->size,
                              TA_PLAIN_ALIGNMENT);
}

/* ---- finding ---------------------------------------------------------------------------------- */

/* The affinity's index by the strategy, not checked. */
static uint32_t strategy_index(const ta_strategy *strategy, ta_affinity affinity) {
    switch (strategy->per) {
    case TA_PER_CORE:
        return ta_affinity_processor(affinity);
    case TA_PER_CACHE:
        return ta_affinity_cache(affinity);
    case TA_PER_REGION:
        return ta_affinity_region(affinity);
    case TA_PER_PROCESS:
        return 0;
    case TA_PER_CUSTOM:
        return strategy->index(affinity, strategy->context);
    }
    return TA_NO_SLOT;
}

ta_status ta_cells_find(const ta_cells *cells, ta_affinity affinity, uint32_t *out) {
    if (ta_affinity_is_unknown(affinity)) return TA_E_UNKNOWN_AFFINITY;
    if (!ta_affinity_same_shape(affinity, cells->shape)) return TA_E_FOREIGN_AFFINITY;
    /* Those that the strategy does not use, too: memory of the place is asked for by all. */
    if (ta_affinity_processor(affinity) >= ta_affinity_processor_count(affinity) ||
        ta_affinity_cache(affinity) >= ta_affinity_cache_count(affinity) ||
        ta_affinity_region(affinity) >= ta_affinity_region_count(affinity))
        return TA_E_RANGE;
    /* Made by hand, or by another machine that has as many of everything. */
    if (cells->registry != NULL && ta_registry_judge(cells->registry, affinity) != TA_OK)
        return TA_E_FOREIGN_AFFINITY;
    *out = strategy_index(&cells->strategy, affinity);
    return *out < cells->face.slot_count ? TA_OK : TA_E_RANGE;
}

ta_status ta_cells_explain(const ta_cells *cells, ta_affinity affinity, ta_status status,
                           const char *function) {
    const ta_affinity shape = cells->shape;
    if (function == NULL) return status;
    switch (status) {
    case TA_E_UNKNOWN_AFFINITY:
        return ta_fail_(status, function, "the affinity is unknown: the thread is not pinned");
    case TA_E_FOREIGN_AFFINITY:
        if (ta_affinity_same_shape(affinity, shape))
            return ta_registry_complain(cells->registry, affinity, function);
        return ta_fail_(status, function,
                        "an affinity of %u processors, %u caches and %u regions, where the array "
                        "is of %u, %u and %u",
                        ta_affinity_processor_count(affinity), ta_affinity_cache_count(affinity),
                        ta_affinity_region_count(affinity), ta_affinity_processor_count(shape),
                        ta_affinity_cache_count(shape), ta_affinity_region_count(shape));
    case TA_E_RANGE:
        return ta_fail_(status, function,
                        "the index of the affinity's slot is out of range: 0 to %u would do",
                        cells->face.slot_count - 1);
    case TA_E_REENTERED:
        return ta_fail_(status, function,
                        "a constructor asked for a slot that waits, or would wait, for it");
    case TA_E_EMPTY:
        return ta_fail_(status, function, "the affinity's slot has no value");
    case TA_E_NOMEM:
        return ta_fail_(status, function, "no memory for the value of a slot");
    default:
        return status; /* none of what is said here */
    }
}

const ta_allocator *ta_cells_allocator(const ta_cells *cells, ta_affinity affinity) {
    if (cells->registry == NULL) return cells->allocator;
    return &cells->registry->memories[affinity.processor].allocator; /* as ta_cells_find() judged */
}

/* ---- the memory of values --------------------------------------------------------------------- */

/* Values begin a cache line and fill whole ones, so no two of them share one; the alignment is made
 * by hand, as in cells.h. */
static size_t value_alignment(const ta_type *type) {
    return type->alignment > TA_CACHE_LINE ? type->alignment : TA_CACHE_LINE;
}

/* From memory aligned to 16 to the first boundary that leaves room for the prefix. False on
 * overflow. */
static bool value_total(const ta_type *type, size_t prefix, size_t *total) {
    size_t alignment = value_alignment(type);
    size_t before = round_up(prefix, TA_PLAIN_ALIGNMENT) + alignment - TA_PLAIN_ALIGNMENT;
    if (__builtin_add_overflow(type->size, before + alignment, total)) return false;
    *total = before + round_up(type->size, alignment);
    return true;
}

void *ta_cells_allocate_value(const ta_type *type, size_t prefix, const ta_allocator *allocator,
                              void **memory) {
    size_t total;
    if (!value_total(type, prefix, &total)) return NULL;
    *memory = allocator->allocate(allocator->context, total, TA_PLAIN_ALIGNMENT);
    if (*memory == NULL) return NULL;
    char *value = (char *)*memory + prefix;
    return value + padding(value, value_alignment(type));
}

void ta_cells_release_value(const ta_type *type, size_t prefix, const ta_allocator *allocator,
                            void *memory) {
    size_t total;
    (void)value_total(type, prefix, &total); /* no overflow: it was allocated */
    allocator->release(allocator->context, memory, total, TA_PLAIN_ALIGNMENT);
}

/* ---- shares ----------------------------------------------------------------------------------- */

static uint64_t *part_of(ta_cells *cells, ta_slot_cell *cell) {
    return cell == NULL ? &cells->face.cells[0].handles : &cell->handles;
}

void ta_cells_begin_share(ta_cells *cells, ta_slot_cell *cell) {
    ta_shares_begin(part_of(cells, cell), &cells->total);
}

bool ta_cells_end_share(ta_cells *cells, ta_slot_cell *cell) {
    return ta_shares_end(part_of(cells, cell), &cells->total);
}

bool ta_cells_end_owner(ta_cells *cells) {
    for (uint32_t i = 0; i < cells->face.slot_count; i++)
        ta_shares_close_part(&cells->face.cells[i].handles, &cells->total);
    return ta_shares_close(&cells->total);
}

uint64_t ta_cells_share_count(const ta_cells *cells) {
    uint64_t sum = ta_shares_of_total(&cells->total);
    for (uint32_t i = 0; i < cells->face.slot_count; i++)
        sum += ta_shares_of_part(&cells->face.cells[i].handles);
    return (int64_t)sum < 0 ? 0 : sum; /* possible while others count */
}
