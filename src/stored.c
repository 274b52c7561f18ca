/* SPDX-License-Identifier: MIT
 *
 * References to the values of explicit storage. One is a reference of its value's node (storage.h)
 * and a share of the storage (cells.h), which is counted in the cell of the node's slot; unplaced,
 * it is a share alone, in the first cell.
 */
#include "storage.h"

#include "error.h"

void ta_stored_refer(ta_node *node, ta_stored *out) {
    ta_node_hold(node);
    ta_cells_begin_share(&node->storage->base, ta_node_cell(node));
    *out = (ta_stored){node->storage, (char *)node + TA_NODE_PREFIX};
}

ta_status ta_stored_make(ta_storage *storage, ta_affinity affinity, ta_stored *out) {
    uint32_t slot;
    ta_pin pin;
    if (out != NULL) *out = (ta_stored){NULL, NULL};
    if (storage == NULL || out == NULL)
        return ta_fail(TA_E_INVALID, "NULL as the storage or as the result");
    if (ta_affinity_is_unknown(affinity)) {
        ta_cells_begin_share(&storage->base, NULL);
        *out = (ta_stored){storage, NULL};
        return TA_OK;
    }
    ta_status status = ta_storage_find(storage, affinity, &slot);
    if (status == TA_OK) status = ta_storage_pin_slot(storage, slot, &pin);
    if (status != TA_OK) return ta_cells_explain(&storage->base, affinity, status, __func__);
    ta_stored_refer(ta_node_of(pin.value), out);
    ta_pin_drop(&pin);
    return TA_OK;
}

uint32_t ta_stored_slot(const ta_stored *stored) {
    return stored == NULL || stored->value == NULL ? TA_NO_SLOT : ta_node_of(stored->value)->slot;
}

ta_stored ta_stored_clone(const ta_stored *stored) {
    ta_stored clone = {NULL, NULL};
    if (stored == NULL || stored->storage == NULL) return clone;
    if (stored->value != NULL) {
        ta_stored_refer(ta_node_of(stored->value), &clone);
    } else {
        ta_cells_begin_share(&stored->storage->base, NULL);
        clone.storage = stored->storage;
    }
    return clone;
}

void ta_stored_drop(ta_stored *stored) {
    ta_stored dropped = ta_stored_take(stored);
    ta_slot_cell *cell = NULL;
    if (dropped.storage == NULL) return;
    if (dropped.value != NULL) {
        ta_node *node = ta_node_of(dropped.value);
        cell = ta_node_cell(node);
        ta_node_let_go(node);
    }
    if (ta_cells_end_share(&dropped.storage->base, cell)) ta_storage_tear_down(dropped.storage);
}

ta_status ta_stored_relocate(ta_stored *stored, const ta_move *move) {
    uint32_t slot;
    ta_pin pin;
    if (stored == NULL || move == NULL) return TA_E_INVALID;
    ta_status status = ta_move_status(move);
    if (status != TA_OK || stored->storage == NULL) return status;
    status = ta_storage_find(stored->storage, move->destination, &slot);
    /* Within its slot it keeps what it has, replaced or not. */
    if (status != TA_OK || slot == ta_stored_slot(stored)) return status;
    status = ta_storage_pin_slot(stored->storage, slot, &pin);
    if (status != TA_OK) return status;
    void *before = stored->value;
    ta_node_hold(ta_node_of(pin.value));
    stored->value = pin.value;
    ta_pin_drop(&pin);
    if (before != NULL) ta_node_let_go(ta_node_of(before));
    return TA_OK;
}

/* ---- the descriptor --------------------------------------------------------------------------- */

static ta_status relocate_stored(const ta_type *type, void *value, const ta_move *move) {
    (void)type;
    return ta_stored_relocate(value, move);
}

static ta_status clone_stored(const ta_type *type, const void *value, void *out,
                              const ta_allocator *allocator) {
    (void)type;
    (void)allocator;
    *(ta_stored *)out = ta_stored_clone(value);
    return TA_OK;
}

static void drop_stored(const ta_type *type, void *value) {
    (void)type;
    ta_stored_drop(value);
}

const ta_type ta_stored_type = {"ta_stored",
                                sizeof(ta_stored),
                                _Alignof(ta_stored),
                                (uint32_t)ta_stored_traits,
                                0,
                                NULL,
                                relocate_stored,
                                clone_stored,
                                drop_stored,
                                NULL};

/* ---- the symbols of the inline functions ------------------------------------------------------ */

extern inline ta_status ta_stored_make_here(ta_storage *storage, ta_stored *out);
extern inline void *ta_stored_get(const ta_stored *stored);
extern inline ta_stored ta_stored_take(ta_stored *stored);
