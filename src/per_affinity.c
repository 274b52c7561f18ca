/* SPDX-License-Identifier: MIT
 *
 * Slot arrays: how a slot's value is made. Which slot is an affinity's is in cells.c; when a slot
 * gets its value, and who waits, is the slot protocol's (slot.h); handles are in handles.c.
 */
#include "per_affinity.h"

#include "error.h"

#include <string.h>

/* Constructors of one array may ask for slots of another, so that circles of waits go through
 * several: hence one list for the process. It is empty but while a constructor waits for another.
 * */
static ta_slot_waits waits = TA_SLOT_WAITS_INIT;

/* ---- the memory of values --------------------------------------------------------------------- */

/* In front of a value. */
typedef struct value_header {
    const ta_allocator *allocator;
    void *memory;
} value_header;

static void *value_create(const ta_type *type, const ta_allocator *allocator) {
    value_header header = {allocator, NULL};
    char *value = ta_cells_allocate_value(type, sizeof header, allocator, &header.memory);
    if (value != NULL) memcpy(value - sizeof header, &header, sizeof header);
    return value;
}

static void value_release(const ta_type *type, void *value) {
    value_header header;
    memcpy(&header, (char *)value - sizeof header, sizeof header);
    ta_cells_release_value(type, sizeof header, header.allocator, header.memory);
}

/* ---- constructing ----------------------------------------------------------------------------- */

/* Constructors may leave by an exception, by pthread_exit() or by being cancelled, and so may what
 * clones and relocates: hence ends that the compiler runs however a function is left. */
#define ENDED_BY(function) __attribute__((cleanup(function)))

/* A clone of the captured value. */
typedef struct copy {
    const ta_type *type;
    void *value; /* memory for it */
    bool whole;  /* there is one to destroy */
    bool boxed;  /* and memory to release */
} copy;

static void end_copy(copy *c) {
    if (c->whole) ta_destroy(c->type, c->value);
    if (c->boxed) ta_box_release(c->type, c->value);
}

/* The captured value, cloned and taken to the site. */
static ta_status make_copy(const ta_slots *slots, const ta_site *site, copy *out) {
    ta_status status = ta_clone(out->type, slots->maker.context, out->value, site->allocator);
    out->whole = status == TA_OK;
    if (status != TA_OK || slots->maker.stays) return status;
    ta_move move = ta_move_between(slots->source, site->affinity, site->allocator);
    return ta_relocate(out->type, out->value, &move);
}

/* A constructor that works with a clone: on the stack where it is small, as most are. */
static ta_status construct_with_copy(const ta_slots *slots, const ta_site *site, void *value) {
    union {
        max_align_t alignment;
        char bytes[256];
    } local;
    const ta_type *captured = slots->maker.captured;
    bool fits = captured->size <= sizeof local && captured->alignment <= _Alignof(max_align_t);
    void *memory = fits ? local.bytes : ta_box_allocate(captured, site->allocator);
    if (memory == NULL) return TA_E_NOMEM;
    ENDED_BY(end_copy) copy clone = {captured, memory, false, !fits};
    ta_status status = make_copy(slots, site, &clone);
    return status == TA_OK ? slots->maker.construct(memory, site, value) : status;
}

static ta_status construct(const ta_slots *slots, const ta_site *site, void *value) {
    if (slots->maker.captured == NULL)
        return slots->maker.construct(slots->maker.context, site, value);
    if (slots->maker.construct != NULL) return construct_with_copy(slots, site, value);
    ENDED_BY(end_copy) copy clone = {slots->maker.captured, value, false, false};
    ta_status status = make_copy(slots, site, &clone);
    if (status == TA_OK) clone.whole = false; /* it is the slot's */
    return status;
}

/* A slot that the calling thread has claimed, and what it is to hold. */
typedef struct claim {
    const ta_type *type;
    ta_slot *slot;
    ta_slot_thread *self;
    void *value; /* memory for it, or NULL */
    bool made;
} claim;

static void end_claim(claim *c) {
    if (c->made) {
        ta_slot_publish(c->slot, c->self, c->value);
        return;
    }
    if (c->value != NULL) value_release(c->type, c->value);
    ta_slot_abandon(c->slot, c->self);
}

/* Makes the value of a slot that the calling thread has claimed, in memory of its place, and ends
 * the claim. */
static ta_status make_value(const ta_slots *slots, uint32_t index, ta_affinity affinity,
                            ta_slot_thread *self, const char *function) {
    ENDED_BY(end_claim)
    claim claimed = {slots->base.type, &slots->base.face.cells[index].slot, self, NULL, false};
    ta_site site = {affinity, index, ta_cells_allocator(&slots->base, affinity)};
    claimed.value = value_create(claimed.type, site.allocator);
    if (claimed.value == NULL)
        return ta_cells_explain(&slots->base, affinity, TA_E_NOMEM, function);
    uint64_t texts = ta_error_count();
    ta_status status = construct(slots, &site, claimed.value);
    claimed.made = status == TA_OK;
    if (status != TA_OK && function != NULL && !ta_error_since(texts, status))
        return ta_fail_(status, function, "the constructor failed: %s", ta_status_message(status));
    return status;
}

/* ---- resolving -------------------------------------------------------------------------------- */

ta_status ta_slots_settle(ta_slots *slots, ta_affinity affinity, const char *function,
                          ta_slot_cell **out) {
    uint32_t index;
    void *value;
    ta_status status = ta_cells_find(&slots->base, affinity, &index);
    if (status != TA_OK) {
        (void)ta_cells_explain(&slots->base, affinity, status, function);
        return status;
    }
    ta_slot_cell *cell = &slots->base.face.cells[index];
    ta_slot_thread *self = ta_slot_self();
    switch (ta_slot_claim(&cell->slot, &waits, self, &value)) {
    case TA_SLOT_READY:
        break;
    case TA_SLOT_CLAIMED:
        status = make_value(slots, index, affinity, self, function);
        if (status != TA_OK) return status;
        break;
    case TA_SLOT_BUSY: /* try_claim's alone */
    case TA_SLOT_REENTERED:
    case TA_SLOT_DEADLOCK:
        (void)ta_cells_explain(&slots->base, affinity, TA_E_REENTERED, function);
        return TA_E_REENTERED;
    }
    *out = cell;
    return TA_OK;
}

ta_status ta_per_affinity_resolve(ta_per_affinity *array, ta_affinity affinity, void **out) {
    ta_slot_cell *cell;
    if (out != NULL) *out = NULL;
    if (array == NULL || out == NULL)
        return ta_fail(TA_E_INVALID, "NULL as the array or as the result");
    ta_status status = ta_slots_settle(ta_slots_of(array), affinity, __func__, &cell);
    if (status == TA_OK) *out = ta_slot_peek(&cell->slot);
    return status;
}

void *ta_per_affinity_get_or_make(ta_per_affinity *array, ta_affinity affinity) {
    ta_slot_cell *cell;
    if (array == NULL || ta_slots_settle(ta_slots_of(array), affinity, NULL, &cell) != TA_OK)
        return NULL;
    return ta_slot_peek(&cell->slot);
}

void *ta_per_affinity_peek(const ta_per_affinity *array, ta_affinity affinity) {
    ta_slot_cell *cell;
    if (__builtin_expect(array != NULL && ta_per_affinity_find(array, affinity, &cell), 1))
        return ta_slot_peek(&cell->slot);
    return ta_per_affinity_at(array, ta_per_affinity_index_of(array, affinity));
}

uint32_t ta_per_affinity_index_of(const ta_per_affinity *array, ta_affinity affinity) {
    uint32_t index;
    if (array == NULL || ta_cells_find(&ta_slots_of(array)->base, affinity, &index) != TA_OK)
        return TA_NO_SLOT;
    return index;
}

ta_status ta_per_affinity_fill(ta_per_affinity *array, const ta_affinity affinities[],
                               size_t count) {
    if (array == NULL || (affinities == NULL && count > 0))
        return ta_fail(TA_E_INVALID, "NULL as the array or as the affinities");
    ta_slots *slots = ta_slots_of(array);
    for (size_t i = 0; i < count; i++) {
        ta_slot_cell *cell;
        ta_status status = ta_slots_settle(slots, affinities[i], __func__, &cell);
        if (status != TA_OK) return status;
    }
    return TA_OK;
}

/* ---- all slots -------------------------------------------------------------------------------- */

uint32_t ta_per_affinity_slot_count(const ta_per_affinity *array) {
    return array == NULL ? 0 : array->slot_count;
}

uint32_t ta_per_affinity_ready_count(const ta_per_affinity *array) {
    uint32_t ready = 0;
    for (uint32_t i = 0; i < ta_per_affinity_slot_count(array); i++)
        ready += ta_per_affinity_at(array, i) != NULL;
    return ready;
}

bool ta_per_affinity_each(const ta_per_affinity *array,
                          bool (*visit)(void *context, uint32_t slot, void *value), void *context) {
    if (array == NULL || visit == NULL) return false;
    for (uint32_t i = 0; i < array->slot_count; i++) {
        void *value = ta_per_affinity_at(array, i);
        if (value != NULL && !visit(context, i, value)) return false;
    }
    return true;
}

/* ---- making and tearing down ------------------------------------------------------------------ */

/* Why these cannot make an array; NULL when they can. */
static const char *find_fault(const ta_per_affinity_options *options, const ta_type *type,
                              const ta_maker *maker) {
    if (options == NULL || type == NULL || maker == NULL)
        return "NULL as the options, the type or the maker";
    const char *fault = ta_cells_fault(options);
    if (fault != NULL) return fault;
    if (maker->captured == NULL)
        return maker->construct == NULL ? "the maker has neither a constructor nor a value" : NULL;
    if (maker->context == NULL) return "there is no value to capture";
    if (maker->construct == NULL && maker->captured != type &&
        !ta_closure_results_alike(maker->captured, type))
        return "without a constructor, the captured value must be of the array's type";
    return NULL;
}

ta_status ta_per_affinity_create(const ta_per_affinity_options *options, const ta_type *type,
                                 const ta_maker *maker, ta_per_affinity **out) {
    if (out == NULL) return ta_fail(TA_E_INVALID, "NULL as the result");
    *out = NULL;
    const char *fault = find_fault(options, type, maker);
    if (fault != NULL) return ta_fail(TA_E_INVALID, "%s", fault);
    if (!ta_affinity_is_unknown(options->source) &&
        !ta_affinity_same_shape(options->source, ta_cells_any_place(options)))
        return ta_fail(TA_E_FOREIGN_AFFINITY, "the source is of another machine than the array");
    uint32_t slot_count;
    ta_status status = ta_cells_count(options, __func__, &slot_count);
    if (status != TA_OK) return status;
    const ta_type *captured = maker->captured;
    ta_cells_room room = {.own = sizeof(ta_slots)};
    if (captured != NULL) {
        room.extra = captured->size;
        room.extra_alignment = captured->alignment;
    }
    ta_cells *cells = NULL;
    status = ta_cells_create(options, type, slot_count, &room, __func__, &cells);
    if (status != TA_OK) return status;

    ta_slots *slots = (ta_slots *)(void *)cells;
    slots->source = options->source;
    slots->maker = *maker;
    if (captured != NULL)
        slots->maker.context = memcpy(cells->extra, maker->context, captured->size);
    *out = &cells->face;
    return TA_OK;
}

void ta_slots_tear_down(ta_slots *slots) {
    for (uint32_t i = 0; i < slots->base.face.slot_count; i++) {
        void *value = ta_slot_take(&slots->base.face.cells[i].slot);
        if (value == NULL) continue;
        ta_destroy(slots->base.type, value);
        value_release(slots->base.type, value);
    }
    ta_destroy(slots->maker.captured, slots->maker.context);
    ta_cells_release(&slots->base);
}

/* ---- the symbols of the inline functions ------------------------------------------------------ */

extern inline uint64_t ta_affinity_shape(ta_affinity affinity);
extern inline bool ta_per_affinity_find(const ta_per_affinity *array, ta_affinity affinity,
                                        ta_slot_cell **out);
extern inline void *ta_per_affinity_get(ta_per_affinity *array, ta_affinity affinity);
extern inline void *ta_per_affinity_get_here(ta_per_affinity *array);
extern inline void *ta_per_affinity_at(const ta_per_affinity *array, uint32_t slot);
