/* SPDX-License-Identifier: MIT
 *
 * Handles: where they are, and who tears the array down. A handle is a share of the array
 * (shares.h); the count has a part in each cell. One that is made or cloned is counted where it is,
 * and so is the end of one where that is then (unplaced: in the first cell). Moves count nothing.
 */
#include "per_affinity.h"

#include "error.h"

void ta_per_affinity_destroy(ta_per_affinity *array) {
    if (array == NULL) return;
    ta_slots *slots = ta_slots_of(array);
    if (ta_cells_end_owner(&slots->base)) ta_slots_tear_down(slots);
}

uint64_t ta_per_affinity_handle_count(const ta_per_affinity *array) {
    return array == NULL ? 0 : ta_cells_share_count(&ta_slots_of(array)->base);
}

/* ---- handles ---------------------------------------------------------------------------------- */

ta_status ta_handle_make(ta_per_affinity *array, ta_affinity affinity, ta_handle *out) {
    ta_slot_cell *cell = NULL;
    if (out != NULL) *out = (ta_handle){NULL, NULL};
    if (array == NULL || out == NULL)
        return ta_fail(TA_E_INVALID, "NULL as the array or as the result");
    ta_slots *slots = ta_slots_of(array);
    if (!ta_affinity_is_unknown(affinity)) {
        ta_status status = ta_slots_settle(slots, affinity, __func__, &cell);
        if (status != TA_OK) return status;
    }
    ta_cells_begin_share(&slots->base, cell);
    *out = (ta_handle){array, cell};
    return TA_OK;
}

void ta_handle_count_clone(const ta_handle *handle) {
    ta_cells_begin_share(&ta_slots_of(handle->array)->base, handle->cell);
}

void ta_handle_drop(ta_handle *handle) {
    ta_handle dropped = ta_handle_take(handle);
    if (dropped.array == NULL) return;
    ta_slots *slots = ta_slots_of(dropped.array);
    if (ta_cells_end_share(&slots->base, dropped.cell)) ta_slots_tear_down(slots);
}

ta_status ta_handle_relocate_or_make(ta_handle *handle, const ta_move *move) {
    ta_slot_cell *cell;
    if (handle == NULL || move == NULL) return TA_E_INVALID;
    ta_status status = ta_move_status(move);
    if (status != TA_OK || handle->array == NULL) return status;
    status = ta_slots_settle(ta_slots_of(handle->array), move->destination, NULL, &cell);
    if (status == TA_OK) handle->cell = cell;
    return status;
}

/* ---- descriptors ------------------------------------------------------------------------------ */

static ta_status relocate_handle(const ta_type *type, void *value, const ta_move *move) {
    (void)type;
    return ta_handle_relocate(value, move);
}

static ta_status clone_handle(const ta_type *type, const void *value, void *out,
                              const ta_allocator *allocator) {
    (void)type;
    (void)allocator;
    *(ta_handle *)out = ta_handle_clone(value);
    return TA_OK;
}

static void drop_handle(const ta_type *type, void *value) {
    (void)type;
    ta_handle_drop(value);
}

const ta_type ta_handle_type = {"ta_handle",
                                sizeof(ta_handle),
                                _Alignof(ta_handle),
                                (uint32_t)ta_handle_traits,
                                0,
                                NULL,
                                relocate_handle,
                                clone_handle,
                                drop_handle,
                                NULL};

/* The same functions serve both. */
_Static_assert(sizeof(ta_pinned) == sizeof(ta_handle) && offsetof(ta_pinned, handle) == 0,
               "a pinned handle is a handle");

const ta_type ta_pinned_type = {"ta_pinned",
                                sizeof(ta_pinned),
                                _Alignof(ta_pinned),
                                (uint32_t)ta_pinned_traits,
                                0,
                                NULL,
                                NULL,
                                clone_handle,
                                drop_handle,
                                NULL};

/* ---- the symbols of the inline functions ------------------------------------------------------ */

extern inline void *ta_handle_get(const ta_handle *handle);
extern inline uint32_t ta_handle_slot(const ta_handle *handle);
extern inline ta_handle ta_handle_clone(const ta_handle *handle);
extern inline ta_handle ta_handle_take(ta_handle *handle);
extern inline ta_status ta_handle_relocate(ta_handle *handle, const ta_move *move);
extern inline ta_pinned ta_handle_pin(ta_handle *handle);
extern inline ta_handle ta_pinned_unpin(ta_pinned *pinned);
extern inline void *ta_pinned_get(const ta_pinned *pinned);
extern inline ta_pinned ta_pinned_clone(const ta_pinned *pinned);
extern inline void ta_pinned_drop(ta_pinned *pinned);
