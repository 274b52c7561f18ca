/* SPDX-License-Identifier: MIT
 *
 * Explicit storage: putting values into slots and reading them there. References to values are in
 * stored.c; when a value may be destroyed is in storage.h and epoch.h.
 */
#include "storage.h"

#include "error.h"

#include <string.h>

_Static_assert(sizeof(ta_node) <= TA_CACHE_LINE, "a node fits in front of its value");

/* ---- nodes ------------------------------------------------------------------------------------ */

/* A node with the value in it, in the memory of the slot's place; NULL without memory. */
static ta_node *make_node(ta_storage *storage, uint32_t slot, ta_affinity affinity,
                          const void *value) {
    const ta_type *type = storage->base.type;
    const ta_allocator *allocator = ta_cells_allocator(&storage->base, affinity);
    void *memory;
    void *room = ta_cells_allocate_value(type, TA_NODE_PREFIX, allocator, &memory);
    if (room == NULL) return NULL;
    memcpy(room, value, type->size);
    ta_node *node = ta_node_of(room);
    *node = (ta_node){
        .count = 1, .storage = storage, .allocator = allocator, .memory = memory, .slot = slot};
    return node;
}

static void *value_of(ta_node *node) { return (char *)node + TA_NODE_PREFIX; }

static void release_node(ta_node *node) {
    ta_cells_release_value(node->storage->base.type, TA_NODE_PREFIX, node->allocator, node->memory);
}

void ta_node_let_go(ta_node *node) {
    if (!ta_value_end(&node->count)) return;
    ta_destroy(node->storage->base.type, value_of(node));
    release_node(node);
}

CK_EPOCH_CONTAINER(ta_node, waiting, node_that_waited)

/* The slot's reference to what it held. */
static void give_up(ck_epoch_entry_t *entry) { ta_node_let_go(node_that_waited(entry)); }

/* ---- putting values in ------------------------------------------------------------------------ */

/* Exchanges the word of a slot, and gives the record back. */
static void exchange(ta_storage *storage, ta_epoch_record *record, uint32_t slot, void *value,
                     ta_stored *previous) {
    ck_stack_t ready = CK_STACK_INITIALIZER;
    uint64_t *word = &storage->base.face.cells[slot].slot.word;
    ta_epoch_enter(record);
    void *old = ta_value_exchange(word, value);
    if (old != NULL) {
        ta_node *node = ta_node_of(old);
        if (previous != NULL) ta_stored_refer(node, previous);
        ta_epoch_defer(record, &node->waiting, give_up);
    }
    ta_epoch_leave(record);
    ta_epoch_poll(record, &ready);
    ta_epoch_poll_another(&storage->epochs, record, &ready);
    ta_epoch_give_back(record);
    ta_epoch_run(&ready);
}

ta_status ta_storage_replace(ta_storage *storage, ta_affinity affinity, void *value,
                             ta_stored *previous) {
    uint32_t slot;
    if (previous != NULL) *previous = (ta_stored){NULL, NULL};
    if (storage == NULL || value == NULL)
        return ta_fail(TA_E_INVALID, "NULL as the storage or as the value");
    /* All of the affinity: memory of its place is asked for. */
    ta_status status = ta_cells_find(&storage->base, affinity, &slot);
    if (status != TA_OK) return ta_cells_explain(&storage->base, affinity, status, __func__);
    ta_node *node = make_node(storage, slot, affinity, value);
    ta_epoch_record *record = node == NULL ? NULL : ta_epoch_borrow(&storage->epochs);
    if (record == NULL) {
        if (node != NULL) release_node(node);
        return ta_cells_explain(&storage->base, affinity, TA_E_NOMEM, __func__);
    }
    exchange(storage, record, slot, value_of(node), previous);
    return TA_OK;
}

ta_status ta_storage_remove(ta_storage *storage, ta_affinity affinity, ta_stored *previous) {
    uint32_t slot;
    if (previous != NULL) *previous = (ta_stored){NULL, NULL};
    if (storage == NULL) return ta_fail(TA_E_INVALID, "NULL as the storage");
    ta_status status = ta_storage_find(storage, affinity, &slot);
    if (status != TA_OK) return ta_cells_explain(&storage->base, affinity, status, __func__);
    ta_epoch_record *record = ta_epoch_borrow(&storage->epochs);
    if (record == NULL) return ta_fail(TA_E_NOMEM, "no memory for a record of a reader");
    exchange(storage, record, slot, NULL, previous);
    return TA_OK;
}

uint64_t ta_storage_reclaim(ta_storage *storage) {
    return storage == NULL ? 0 : ta_epochs_reclaim(&storage->epochs);
}

/* ---- reading ---------------------------------------------------------------------------------- */

/* In a section, if the value is to be used. */
static void *load_value(const ta_storage *storage, uint32_t slot) {
    return ta_value_load(&storage->base.face.cells[slot].slot.word);
}

ta_status ta_storage_pin_slot(ta_storage *storage, uint32_t slot, ta_pin *out) {
    *out = (ta_pin){NULL, NULL};
    if (load_value(storage, slot) == NULL) return TA_E_EMPTY;
    ta_epoch_record *record = ta_epoch_borrow(&storage->epochs);
    if (record == NULL) return TA_E_NOMEM;
    ta_epoch_enter(record);
    void *value = load_value(storage, slot);
    if (value != NULL) {
        *out = (ta_pin){record, value};
        return TA_OK;
    }
    ta_epoch_leave(record);
    ta_epoch_give_back(record);
    return TA_E_EMPTY;
}

ta_status ta_pin_make(ta_storage *storage, ta_affinity affinity, ta_pin *out) {
    uint32_t slot;
    if (out != NULL) *out = (ta_pin){NULL, NULL};
    if (storage == NULL || out == NULL)
        return ta_fail(TA_E_INVALID, "NULL as the storage or as the result");
    ta_status status = ta_storage_find(storage, affinity, &slot);
    if (status == TA_OK) status = ta_storage_pin_slot(storage, slot, out);
    return status == TA_OK ? TA_OK : ta_cells_explain(&storage->base, affinity, status, __func__);
}

ta_pin ta_pin_at(ta_storage *storage, ta_affinity affinity) {
    uint32_t slot;
    ta_pin pin = {NULL, NULL};
    if (storage != NULL && ta_storage_find(storage, affinity, &slot) == TA_OK)
        (void)ta_storage_pin_slot(storage, slot, &pin);
    return pin;
}

void ta_pin_drop(ta_pin *pin) {
    if (pin == NULL || pin->record == NULL) return;
    ta_epoch_record *record = pin->record;
    *pin = (ta_pin){NULL, NULL};
    ta_epoch_leave(record);
    ta_epoch_give_back(record);
}

ta_status ta_storage_get_clone(ta_storage *storage, ta_affinity affinity, void *out,
                               const ta_allocator *allocator) {
    /* Also where cloning does not return. */
    __attribute__((cleanup(ta_pin_drop))) ta_pin pin = {NULL, NULL};
    uint32_t slot;
    if (storage == NULL || out == NULL)
        return ta_fail(TA_E_INVALID, "NULL as the storage or as the result");
    ta_status status = ta_storage_find(storage, affinity, &slot);
    if (status == TA_OK) status = ta_storage_pin_slot(storage, slot, &pin);
    if (status != TA_OK) return ta_cells_explain(&storage->base, affinity, status, __func__);
    status = ta_clone(storage->base.type, pin.value, out, allocator);
    if (status != TA_OK)
        return ta_fail(status, "cloning a %s: %s", storage->base.type->name,
                       ta_status_message(status));
    return TA_OK;
}

/* A record for visits, of which each is a section: a long one keeps few values waiting. */
typedef struct tour {
    ta_epoch_record *record;
    bool inside;
} tour;

/* Also where a visit does not return. */
static void end_tour(tour *t) {
    if (t->inside) ta_epoch_leave(t->record);
    if (t->record != NULL) ta_epoch_give_back(t->record);
}

bool ta_storage_each(ta_storage *storage, bool (*visit)(void *context, uint32_t slot, void *value),
                     void *context) {
    if (storage == NULL || visit == NULL) return false;
    __attribute__((cleanup(end_tour))) tour t = {ta_epoch_borrow(&storage->epochs), false};
    if (t.record == NULL) return false;
    bool goes_on = true;
    for (uint32_t i = 0; goes_on && i < storage->base.face.slot_count; i++) {
        ta_epoch_enter(t.record);
        t.inside = true;
        void *value = load_value(storage, i);
        if (value != NULL) goes_on = visit(context, i, value);
        ta_epoch_leave(t.record);
        t.inside = false;
    }
    return goes_on;
}

/* ---- counting --------------------------------------------------------------------------------- */

uint32_t ta_storage_slot_count(const ta_storage *storage) {
    return storage == NULL ? 0 : storage->base.face.slot_count;
}

uint32_t ta_storage_index_of(const ta_storage *storage, ta_affinity affinity) {
    uint32_t slot;
    if (storage == NULL || ta_storage_find(storage, affinity, &slot) != TA_OK) return TA_NO_SLOT;
    return slot;
}

uint32_t ta_storage_ready_count(const ta_storage *storage) {
    uint32_t ready = 0;
    for (uint32_t i = 0; i < ta_storage_slot_count(storage); i++)
        ready += load_value(storage, i) != NULL;
    return ready;
}

uint64_t ta_storage_stored_count(const ta_storage *storage) {
    return storage == NULL ? 0 : ta_cells_share_count(&storage->base);
}

/* ---- making and tearing down ------------------------------------------------------------------ */

static const char *find_fault(const ta_per_affinity_options *options, const ta_type *type) {
    if (options == NULL || type == NULL) return "NULL as the options or the type";
    if (!ta_affinity_is_unknown(options->source)) return "storage captures nothing: no source";
    return ta_cells_fault(options);
}

ta_status ta_storage_create(const ta_per_affinity_options *options, const ta_type *type,
                            ta_storage **out) {
    if (out == NULL) return ta_fail(TA_E_INVALID, "NULL as the result");
    *out = NULL;
    const char *fault = find_fault(options, type);
    if (fault != NULL) return ta_fail(TA_E_INVALID, "%s", fault);
    uint32_t slot_count;
    ta_status status = ta_cells_count(options, __func__, &slot_count);
    if (status != TA_OK) return status;
    uint32_t processors = ta_affinity_processor_count(ta_cells_any_place(options));
    ta_cells_room room = {.own = sizeof(ta_storage),
                          .extra = processors * sizeof(uint64_t),
                          .extra_alignment = TA_CACHE_LINE};
    ta_cells *cells = NULL;
    status = ta_cells_create(options, type, slot_count, &room, __func__, &cells);
    if (status != TA_OK) return status;

    ta_storage *storage = (ta_storage *)(void *)cells;
    memset(cells->extra, 0, room.extra);
    ta_epochs_init(&storage->epochs, cells->extra, processors, cells->allocator);
    *out = storage;
    return TA_OK;
}

void ta_storage_tear_down(ta_storage *storage) {
    ta_epochs_end(&storage->epochs);
    for (uint32_t i = 0; i < storage->base.face.slot_count; i++) {
        void *value = ta_slot_take(&storage->base.face.cells[i].slot);
        if (value != NULL) ta_node_let_go(ta_node_of(value));
    }
    ta_cells_release(&storage->base);
}

void ta_storage_destroy(ta_storage *storage) {
    if (storage != NULL && ta_cells_end_owner(&storage->base)) ta_storage_tear_down(storage);
}

/* ---- the symbols of the inline functions ------------------------------------------------------ */

extern inline ta_pin ta_pin_here(ta_storage *storage);
extern inline void *ta_pin_get(const ta_pin *pin);
