/* SPDX-License-Identifier: MIT
 *
 * Slot arrays: which slot is an affinity's, and how its value is made. When a slot gets its value,
 * and who waits, is the slot protocol's (slot.h); who keeps an array alive is in handles.c.
 */
#include "per_affinity.h"

#include "error.h"
#include "shares.h"

#include <string.h>

/* Constructors of one array may ask for slots of another, so that circles of waits go through
 * several: hence one list for the process. It is empty but while a constructor waits for another.
 * */
static ta_slot_waits waits = TA_SLOT_WAITS_INIT;

static size_t round_up(size_t size, size_t alignment) {
    return (size + alignment - 1) & ~(alignment - 1);
}

/* How far the first multiple of `alignment` at or behind `memory` is. */
static size_t padding(const void *memory, size_t alignment) {
    return (size_t)(-(uintptr_t)memory & (alignment - 1));
}

/* ---- the memory of values --------------------------------------------------------------------- */

/* In front of a value. Values begin a cache line and fill whole ones, so no two of them share one;
 * the alignment is made by hand, as in per_affinity.h. */
typedef struct value_header {
    const ta_allocator *allocator;
    void *memory;
} value_header;

/* What an allocator aligns to without more ado, and a header needs no more. */
enum { PLAIN_ALIGNMENT = 16 };
_Static_assert(sizeof(value_header) <= PLAIN_ALIGNMENT, "a header fits below any line");

static size_t value_alignment(const ta_type *type) {
    return type->alignment > TA_CACHE_LINE ? type->alignment : TA_CACHE_LINE;
}

/* From memory aligned to 16 to the first boundary that leaves room for a header: at most one
 * alignment. False on overflow. */
static bool value_total(const ta_type *type, size_t *total) {
    size_t alignment = value_alignment(type);
    if (__builtin_add_overflow(type->size, 2 * alignment, total)) return false;
    *total = alignment + round_up(type->size, alignment);
    return true;
}

static void *value_create(const ta_type *type, const ta_allocator *allocator) {
    size_t total;
    if (!value_total(type, &total)) return NULL;
    char *memory = allocator->allocate(allocator->context, total, PLAIN_ALIGNMENT);
    if (memory == NULL) return NULL;
    char *value = memory + sizeof(value_header);
    value += padding(value, value_alignment(type));
    value_header header = {allocator, memory};
    memcpy(value - sizeof header, &header, sizeof header);
    return value;
}

static void value_release(const ta_type *type, void *value) {
    size_t total;
    value_header header;
    memcpy(&header, (char *)value - sizeof header, sizeof header);
    (void)value_total(type, &total); /* no overflow: it was created */
    header.allocator->release(header.allocator->context, header.memory, total, PLAIN_ALIGNMENT);
}

/* ---- constructing ----------------------------------------------------------------------------- */

/* The captured value, cloned and taken to the site. */
static ta_status clone_captured(const ta_slots *slots, const ta_site *site, void *out) {
    const ta_type *captured = slots->maker.captured;
    ta_status status = ta_clone(captured, slots->maker.context, out, site->allocator);
    if (status != TA_OK || slots->maker.stays) return status;
    ta_move move = ta_move_between(slots->source, site->affinity, site->allocator);
    status = ta_relocate(captured, out, &move);
    if (status != TA_OK) ta_destroy(captured, out);
    return status;
}

/* A constructor that works with a clone: on the stack where it is small, as most are. */
static ta_status construct_with_clone(const ta_slots *slots, const ta_site *site, void *value) {
    union {
        max_align_t alignment;
        char bytes[256];
    } local;
    const ta_type *captured = slots->maker.captured;
    bool fits = captured->size <= sizeof local && captured->alignment <= _Alignof(max_align_t);
    void *clone = fits ? local.bytes : ta_box_allocate(captured, site->allocator);
    if (clone == NULL) return TA_E_NOMEM;
    ta_status status = clone_captured(slots, site, clone);
    if (status == TA_OK) {
        status = slots->maker.construct(clone, site, value);
        ta_destroy(captured, clone);
    }
    if (!fits) ta_box_release(captured, clone);
    return status;
}

static ta_status construct(const ta_slots *slots, const ta_site *site, void *value) {
    if (slots->maker.captured == NULL)
        return slots->maker.construct(slots->maker.context, site, value);
    if (slots->maker.construct == NULL) return clone_captured(slots, site, value);
    return construct_with_clone(slots, site, value);
}

/* The value of a slot that the calling thread has claimed, in memory of its place. */
static ta_status make_value(const ta_slots *slots, uint32_t slot, ta_affinity affinity,
                            void **out) {
    const ta_allocator *allocator = slots->registry == NULL
                                        ? slots->allocator
                                        : ta_registry_allocator(slots->registry, affinity);
    void *value = value_create(slots->type, allocator);
    if (value == NULL) return TA_E_NOMEM;
    ta_site site = {affinity, slot, allocator};
    ta_status status = construct(slots, &site, value);
    if (status == TA_OK)
        *out = value;
    else
        value_release(slots->type, value);
    return status;
}

/* ---- resolving -------------------------------------------------------------------------------- */

/* The affinity's index by the strategy, not checked. */
static uint32_t strategy_index(const ta_slots *slots, ta_affinity affinity) {
    switch (slots->strategy.per) {
    case TA_PER_CORE:
        return ta_affinity_processor(affinity);
    case TA_PER_CACHE:
        return ta_affinity_cache(affinity);
    case TA_PER_REGION:
        return ta_affinity_region(affinity);
    case TA_PER_PROCESS:
        return 0;
    case TA_PER_CUSTOM:
        return slots->strategy.index(affinity, slots->strategy.context);
    }
    return TA_NO_SLOT;
}

static ta_status find_slot(const ta_slots *slots, ta_affinity affinity, uint32_t *out) {
    if (ta_affinity_is_unknown(affinity)) return TA_E_UNKNOWN_AFFINITY;
    if (!ta_affinity_same_shape(affinity, slots->shape)) return TA_E_FOREIGN_AFFINITY;
    *out = strategy_index(slots, affinity);
    return *out < slots->face.slot_count ? TA_OK : TA_E_RANGE;
}

ta_status ta_slots_settle(ta_slots *slots, ta_affinity affinity, ta_slot_cell **out) {
    uint32_t index;
    void *value;
    ta_status status = find_slot(slots, affinity, &index);
    if (status != TA_OK) return status;
    ta_slot_cell *cell = &slots->face.cells[index];
    ta_slot_thread *self = ta_slot_self();
    switch (ta_slot_claim(&cell->slot, &waits, self, &value)) {
    case TA_SLOT_READY:
        break;
    case TA_SLOT_CLAIMED:
        status = make_value(slots, index, affinity, &value);
        if (status != TA_OK) {
            ta_slot_abandon(&cell->slot, self);
            return status;
        }
        ta_slot_publish(&cell->slot, self, value);
        break;
    case TA_SLOT_BUSY: /* try_claim's alone */
    case TA_SLOT_REENTERED:
    case TA_SLOT_DEADLOCK:
        return TA_E_REENTERED;
    }
    *out = cell;
    return TA_OK;
}

ta_status ta_slots_explain(const ta_slots *slots, ta_affinity affinity, ta_status status,
                           const char *function) {
    const ta_affinity shape = slots->shape;
    switch (status) {
    case TA_E_UNKNOWN_AFFINITY:
        return ta_fail_(status, function, "the affinity is unknown: the thread is not pinned");
    case TA_E_FOREIGN_AFFINITY:
        return ta_fail_(status, function,
                        "an affinity of %u processors, %u caches and %u regions, where the array "
                        "is of %u, %u and %u",
                        ta_affinity_processor_count(affinity), ta_affinity_cache_count(affinity),
                        ta_affinity_region_count(affinity), ta_affinity_processor_count(shape),
                        ta_affinity_cache_count(shape), ta_affinity_region_count(shape));
    case TA_E_RANGE:
        return ta_fail_(status, function,
                        "the index of the affinity's slot is out of range: 0 to %u would do",
                        slots->face.slot_count - 1);
    case TA_E_REENTERED:
        return ta_fail_(status, function,
                        "a constructor asked for a slot that waits, or would wait, for it");
    case TA_E_NOMEM:
        return ta_fail_(status, function, "no memory for the value of a slot");
    default:
        return status; /* a constructor's own, with its own text */
    }
}

ta_status ta_per_affinity_resolve(ta_per_affinity *array, ta_affinity affinity, void **out) {
    ta_slot_cell *cell;
    if (out != NULL) *out = NULL;
    if (array == NULL || out == NULL)
        return ta_fail(TA_E_INVALID, "NULL as the array or as the result");
    ta_slots *slots = ta_slots_of(array);
    ta_status status = ta_slots_settle(slots, affinity, &cell);
    if (status != TA_OK) return ta_slots_explain(slots, affinity, status, __func__);
    *out = ta_slot_peek(&cell->slot);
    return TA_OK;
}

void *ta_per_affinity_get_or_make(ta_per_affinity *array, ta_affinity affinity) {
    ta_slot_cell *cell;
    if (array == NULL || ta_slots_settle(ta_slots_of(array), affinity, &cell) != TA_OK) return NULL;
    return ta_slot_peek(&cell->slot);
}

void *ta_per_affinity_peek(const ta_per_affinity *array, ta_affinity affinity) {
    return ta_per_affinity_at(array, ta_per_affinity_index_of(array, affinity));
}

uint32_t ta_per_affinity_index_of(const ta_per_affinity *array, ta_affinity affinity) {
    uint32_t index;
    if (array == NULL || find_slot(ta_slots_of(array), affinity, &index) != TA_OK)
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
        ta_status status = ta_slots_settle(slots, affinities[i], &cell);
        if (status != TA_OK) return ta_slots_explain(slots, affinities[i], status, __func__);
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

static uint32_t count_slots(const ta_strategy *strategy, ta_affinity any) {
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

/* Why these cannot make an array; NULL when they can. */
static const char *find_fault(const ta_per_affinity_options *options, const ta_type *type,
                              const ta_maker *maker) {
    if (options == NULL || type == NULL || maker == NULL)
        return "NULL as the options, the type or the maker";
    if ((options->registry == NULL) == ta_affinity_is_unknown(options->shape))
        return "either a registry or a shape is needed, and not both";
    if ((unsigned)options->strategy.per > TA_PER_CUSTOM) return "there is no such strategy";
    if (options->strategy.per == TA_PER_CUSTOM &&
        (options->strategy.index == NULL || options->strategy.count == NULL))
        return "a strategy of one's own needs both of its functions";
    for (size_t i = 0; i < sizeof options->reserved / sizeof *options->reserved; i++)
        if (options->reserved[i] != 0) return "the reserved words must be 0";
    if (maker->captured == NULL)
        return maker->construct == NULL ? "the maker has neither a constructor nor a value" : NULL;
    if (maker->context == NULL) return "there is no value to capture";
    if (maker->construct == NULL && maker->captured != type &&
        !ta_closure_results_alike(maker->captured, type))
        return "without a constructor, the captured value must be of the array's type";
    return NULL;
}

/* Any place of the machine, with indices. */
static ta_affinity any_place(const ta_per_affinity_options *options) {
    return options->registry == NULL ? options->shape : ta_registry_affinity(options->registry, 0);
}

static const ta_allocator *array_allocator(const ta_per_affinity_options *options) {
    if (options->allocator != NULL) return options->allocator;
    if (options->registry == NULL) return ta_allocator_default();
    return ta_registry_allocator(options->registry, TA_AFFINITY_UNKNOWN);
}

/* The block, with cells and captured value in it; NULL without memory. No sum overflows: all the
 * parts are smaller than memory that exists. */
static ta_slots *allocate(const ta_allocator *allocator, uint32_t slot_count,
                          const ta_type *captured) {
    size_t cells = round_up(sizeof(ta_slots), sizeof(ta_slot_cell));
    size_t end = cells + slot_count * sizeof(ta_slot_cell);
    size_t alignment = sizeof(ta_slot_cell);
    if (captured != NULL) {
        if (captured->alignment > alignment) alignment = captured->alignment;
        end = round_up(end, captured->alignment);
    }
    size_t size = end + (captured == NULL ? 0 : captured->size) + alignment - PLAIN_ALIGNMENT;
    char *memory = allocator->allocate(allocator->context, size, PLAIN_ALIGNMENT);
    if (memory == NULL) return NULL;

    char *block = memory + padding(memory, alignment);
    memset(block, 0, cells + slot_count * sizeof(ta_slot_cell));
    ta_slots *slots = (ta_slots *)(void *)block;
    slots->memory = memory;
    slots->size = size;
    slots->allocator = allocator;
    slots->maker.context = captured == NULL ? NULL : block + end;
    slots->face.cells = (ta_slot_cell *)(void *)(block + cells);
    return slots;
}

ta_status ta_per_affinity_create(const ta_per_affinity_options *options, const ta_type *type,
                                 const ta_maker *maker, ta_per_affinity **out) {
    if (out == NULL) return ta_fail(TA_E_INVALID, "NULL as the result");
    *out = NULL;
    const char *fault = find_fault(options, type, maker);
    if (fault != NULL) return ta_fail(TA_E_INVALID, "%s", fault);
    ta_affinity any = any_place(options);
    if (!ta_affinity_is_unknown(options->source) && !ta_affinity_same_shape(options->source, any))
        return ta_fail(TA_E_FOREIGN_AFFINITY, "the source is of another machine than the array");
    uint32_t slot_count = count_slots(&options->strategy, any);
    if (slot_count == 0 || slot_count > TA_AFFINITY_MAX)
        return ta_fail(TA_E_RANGE, "%u slots, where 1 to %u would do", slot_count, TA_AFFINITY_MAX);
    ta_slots *slots = allocate(array_allocator(options), slot_count, maker->captured);
    if (slots == NULL) return ta_fail(TA_E_NOMEM, "no memory for an array of %u slots", slot_count);

    any.processor = any.cache = any.region = 0;
    slots->shape = any;
    slots->source = options->source;
    slots->strategy = options->strategy;
    slots->registry = options->registry;
    slots->type = type;
    void *captured = slots->maker.context;
    slots->maker = *maker;
    if (captured != NULL) {
        memcpy(captured, maker->context, maker->captured->size);
        slots->maker.context = captured;
    }
    slots->total = TA_SHARES_OPEN;
    slots->face.shape = options->strategy.per == TA_PER_CUSTOM
                            ? UINT64_MAX
                            : ta_affinity_shape(any) | (uint64_t)options->strategy.per
                                                           << TA_SHAPE_FREE;
    slots->face.slot_count = slot_count;
    *out = &slots->face;
    return TA_OK;
}

void ta_slots_tear_down(ta_slots *slots) {
    for (uint32_t i = 0; i < slots->face.slot_count; i++) {
        void *value = ta_slot_take(&slots->face.cells[i].slot);
        if (value == NULL) continue;
        ta_destroy(slots->type, value);
        value_release(slots->type, value);
    }
    ta_destroy(slots->maker.captured, slots->maker.context);
    slots->allocator->release(slots->allocator->context, slots->memory, slots->size,
                              PLAIN_ALIGNMENT);
}

/* ---- the symbols of the inline functions ------------------------------------------------------ */

extern inline uint64_t ta_affinity_shape(ta_affinity affinity);
extern inline bool ta_per_affinity_find(const ta_per_affinity *array, ta_affinity affinity,
                                        ta_slot_cell **out);
extern inline void *ta_per_affinity_get(ta_per_affinity *array, ta_affinity affinity);
extern inline void *ta_per_affinity_get_here(ta_per_affinity *array);
extern inline void *ta_per_affinity_at(const ta_per_affinity *array, uint32_t slot);
