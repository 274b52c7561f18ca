/* SPDX-License-Identifier: MIT
 *
 * ta/per_affinity.h - one value per core, cache, region or process, made on first use.
 *
 *     struct counter { uint64_t requests; };
 *     TA_UNAWARE_TYPE(counter, struct counter);
 *     TA_PER_AFFINITY(counters, counter);
 *
 *     static ta_status start(struct counter *out, const ta_site *site, void *context);
 *
 *     counters per_core;
 *     ta_per_affinity_options options = {.registry = registry};
 *     ta_status status = counters_create(&per_core, &options, start, NULL);
 *     struct counter *mine = counters_get_here(per_core); // this core's, made when first asked for
 *     if (mine != NULL) mine->requests++;
 *     counters_destroy(&per_core);
 *
 * An array has a slot for each place of its strategy. A slot is empty until somebody asks for it;
 * then its value is made, once, for that place, in memory of that place, and stays until the array
 * is torn down. A handle is a value that stands for "the slot where I am": relocating it resolves
 * the destination's slot instead of copying anything, so a struct, a closure or a message may hold
 * one.
 *
 * Promises. A slot has at most one value, and every handle at the slot refers to it; a move within
 * a slot changes nothing; what a move declares as its source is not looked at. A constructor
 * succeeds at most once per slot. One that fails leaves the slot empty and reports to its caller
 * alone: other callers that waited for it try for themselves, and so may the same one again. One
 * that asks for its own slot gets TA_E_REENTERED, and so does one whose wait would close a circle
 * of constructors that wait for each other, in whichever arrays. One that does not return, because
 * an exception (C++) or the end of its thread (pthread_exit(), a deferred cancellation; glibc)
 * passes through it, counts as failed: the slot is empty, and what was cloned for it is destroyed.
 * Reaching a value that is there writes nothing shared, takes no lock and counts nothing.
 *
 * Memory. 128 bytes per slot, made at once: what readers read stands apart from what handles count
 * in. A value begins a cache line and shares none with another value.
 *
 * Thread rules: all functions may be called by any thread at any time between creation and
 * destruction, except that one handle belongs to one thread at a time. What threads do with a value
 * that several of them reach is their own affair. Order: what a constructor did happens before
 * everything that reaches its value; what a thread did before it dropped a handle happens before
 * the values are destroyed. Constructors run on the thread that asks, wherever that is. Progress:
 * each function says; "resolves" means: wait-free where the value is there, otherwise blocking,
 * as long as constructors of that slot run. After fork() a child may only exec, unless no thread had
 * used the array before: a slot whose constructor another thread ran at that moment would wait for
 * it for ever.
 *
 * Wrong affinities. Where a value is to be made, and by ta_per_affinity_resolve() and
 * ta_per_affinity_index_of() always, all of the affinity must be right: it is known, of the array's
 * machine, its indices are below their counts, and with a registry it is one of that. Where the
 * value is there, get, peek and relocation compare the counts and the one index by which the strategy
 * goes, and no more: of affinities that the library made the rest cannot be out of range.
 */
#ifndef TA_PER_AFFINITY_H
#define TA_PER_AFFINITY_H

#include "ta/closure.h"
#include "ta/detail/slot.h"

TA_BEGIN_DECLS

/* ---- what shares a slot ---------------------------------------------------------------------- */

typedef enum ta_per {
    TA_PER_CORE = 0, /* each processor has a slot of its own */
    TA_PER_CACHE,    /* processors under one last-level cache share one */
    TA_PER_REGION,   /* those of one memory region */
    TA_PER_PROCESS,  /* all of them */
    TA_PER_CUSTOM    /* as the strategy's own functions say */
} ta_per;

/* All zero: per core. For CUSTOM, `count` says how many slots a machine has (it is called once,
 * when the array is made, with the first place of a registry, or the shape), and `index` which one
 * is an affinity's: below the count, the same at each call. `index` is called by any thread, with
 * known affinities of the machine. The strategy is copied; `context` must outlive the array. */
typedef struct ta_strategy {
    ta_per per;
    uint32_t (*index)(ta_affinity affinity, void *context);
    uint32_t (*count)(ta_affinity any, void *context);
    void *context;
} ta_strategy;

/* ---- how a value is made --------------------------------------------------------------------- */

/* Where a value is made, for its constructor. */
typedef struct ta_site {
    ta_affinity affinity;          /* the place that was asked for */
    uint32_t slot;                 /* the index of the slot */
    const ta_allocator *allocator; /* memory near that place; never NULL; outlives the array */
} ta_site;

/* A constructor and what it works with. `construct` makes *out, uninitialised; on failure *out is
 * as good as uninitialised, nothing of it is destroyed, and the caller gets the constructor's
 * status, and the text that it left (ta_set_last_error()). It returns, or leaves by an exception or by
 * the end of its thread, never by longjmp(): its slot would be waited for for ever.
 *   captured == NULL   `construct` gets `context`.
 *   captured != NULL   `context` is a value of that type, which the array takes. For each slot it
 *                      is cloned with the site's allocator, the clone is relocated from
 *                      options.source to the site (unless `stays`), `construct` gets the clone, and
 *                      what it leaves of the clone is destroyed. Without `construct` the clone
 *                      becomes the value: then `captured` is the array's own type. Several threads
 *                      may be cloning the one value at the same time. */
typedef struct ta_maker {
    ta_status (*construct)(void *context, const ta_site *site, void *out);
    void *context;
    const ta_type *captured;
    bool stays; /* clones are not relocated */
} ta_maker;

/* ---- arrays ---------------------------------------------------------------------------------- */

/* All zero is not enough: it takes either a registry or a shape. */
typedef struct ta_per_affinity_options {
    const ta_registry *registry; /* the machine, and memory near each place; outlives the array */
    ta_affinity shape;           /* any affinity of the machine, where there is no registry */
    ta_strategy strategy;
    ta_affinity source;            /* where a captured value is at home; may be unknown */
    const ta_allocator *allocator; /* for the array, and for values where there is no registry;
                                      NULL: the registry's own, or the default one; outlives the
                                      array */
    uint64_t reserved[4];          /* 0 */
} ta_per_affinity_options;

/* No index of a slot. */
#define TA_NO_SLOT UINT32_MAX

/* A slot in memory: two cache lines, because processors fetch pairs. The first is only read once
 * the value is there; the second is written where handles are made, cloned and dropped. */
typedef struct ta_slot_cell {
    ta_slot slot;
    uint8_t unused[TA_CACHE_LINE - sizeof(ta_slot)];
    uint64_t handles; /* a part of their count: src/shares.h */
    uint8_t unused_too[TA_CACHE_LINE - sizeof(uint64_t)];
} ta_slot_cell;

/* What the inline functions read; immutable, and the beginning of more. Layout is part of the ABI;
 * use the functions. */
typedef struct ta_per_affinity {
    /* ta_affinity_shape() of the machine's places, and a ta_per in the bits that it leaves free; all
     * ones for CUSTOM, whose indices only its function knows. */
    uint64_t shape;
    uint32_t slot_count;
    uint32_t unused;
    ta_slot_cell *cells;
} ta_per_affinity;

/* Makes an array of slots of values of `type`. Nothing is constructed yet. The caller owns *out;
 * the array owns *maker->context, if `captured` says that it is a value, and the caller forgets it.
 * On failure the caller keeps it, *out is NULL, and ta_last_error() tells more:
 *   TA_E_INVALID           neither registry nor shape, or both; no such strategy, CUSTOM without
 *                          functions; a maker that makes nothing; NULL where something is needed;
 *                          `reserved` not 0;
 *   TA_E_FOREIGN_AFFINITY  a known source of another machine;
 *   TA_E_RANGE             a strategy with no slots or more than TA_AFFINITY_MAX;
 *   TA_E_NOMEM.
 * `type` and `captured` outlive the array. Cost: one allocation, 128 bytes per slot and less than 1
 * KiB. */
TA_API ta_status ta_per_affinity_create(const ta_per_affinity_options *options, const ta_type *type,
                                        const ta_maker *maker, ta_per_affinity **out);

/* Ends the owner's share. When no handle is left, now or later, values are destroyed in the order
 * of their slots, then what was captured, then the array, all by the thread that ended the last
 * share. No thread may be inside a call that names the array, or begin one, unless it holds one of
 * its handles meanwhile. A value that holds a handle of its own array keeps it alive for ever. NULL
 * is allowed. Wait-free, save for what is destroyed. O(slots). */
TA_API void ta_per_affinity_destroy(ta_per_affinity *array);

/* ---- reaching values ------------------------------------------------------------------------- */

/* The three counts of an affinity in one word, and 0 where its processor's index is: TA_SHAPE_FREE is
 * the lowest bit of that. 0 for the unknown affinity, never all ones, and equal for places of one
 * machine alone. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define TA_SHAPE_FREE 0
#else
#define TA_SHAPE_FREE 48
#endif
TA_INLINE uint64_t ta_affinity_shape(ta_affinity affinity) {
    const ta_affinity counts = {0, UINT16_MAX, 0, UINT16_MAX, 0, UINT16_MAX};
    uint64_t first, first_counts;
    uint32_t last, last_counts;
    __builtin_memcpy(&first, &affinity, sizeof first);
    __builtin_memcpy(&last, (const char *)&affinity + sizeof first, sizeof last);
    __builtin_memcpy(&first_counts, &counts, sizeof first_counts);
    __builtin_memcpy(&last_counts, (const char *)&counts + sizeof first, sizeof last_counts);
    /* The last count falls on the cache's index, which is masked out. */
    return (first & first_counts) | (uint64_t)(last & last_counts) << 16;
}

/* Finds the cell of an affinity; false where that takes more: a CUSTOM strategy, or an affinity
 * that is unknown, of another machine, or no affinity at all. One comparison where a core has a
 * slot of its own (TA_PER_CORE is 0). Wait-free. */
TA_INLINE bool ta_per_affinity_find(const ta_per_affinity *array, ta_affinity affinity,
                                    ta_slot_cell **out) {
    uint32_t index = affinity.processor;
    uint64_t difference = ta_affinity_shape(affinity) ^ array->shape;
    if (__builtin_expect(difference != 0, 0)) {
        if (difference == (uint64_t)TA_PER_CACHE << TA_SHAPE_FREE)
            index = affinity.cache;
        else if (difference == (uint64_t)TA_PER_REGION << TA_SHAPE_FREE)
            index = affinity.region;
        else if (difference == (uint64_t)TA_PER_PROCESS << TA_SHAPE_FREE)
            index = 0;
        else
            return false;
    }
    if (__builtin_expect(index >= array->slot_count, 0)) return false;
    *out = &array->cells[index];
    return true;
}

/* What ta_per_affinity_get() does where the value is not there, or not so easily found. */
TA_API void *ta_per_affinity_get_or_make(ta_per_affinity *array, ta_affinity affinity);

/* The value of the affinity's slot, made if the slot is empty; NULL on failure, which
 * ta_per_affinity_resolve() tells apart. The array owns it. Resolves. */
TA_INLINE void *ta_per_affinity_get(ta_per_affinity *array, ta_affinity affinity) {
    ta_slot_cell *cell;
    if (__builtin_expect(array != NULL && ta_per_affinity_find(array, affinity, &cell), 1)) {
        uint64_t word = TA_SLOT_WORD_(&cell->slot);
        if (__builtin_expect(TA_SLOT_IS_READY_(word), 1)) return (void *)(uintptr_t)word;
    }
    return ta_per_affinity_get_or_make(array, affinity);
}

/* The same for the calling thread's current affinity (ta/registry.h). NULL also for a thread that
 * has none. */
TA_INLINE void *ta_per_affinity_get_here(ta_per_affinity *array) {
    return ta_per_affinity_get(array, ta_current_affinity());
}

/* The same with a reason. On failure *out is NULL, and nothing has changed:
 *   TA_E_UNKNOWN_AFFINITY, TA_E_FOREIGN_AFFINITY, TA_E_INVALID (NULL);
 *   TA_E_RANGE      an index that is not below its count, of the affinity or of a CUSTOM strategy;
 *   TA_E_REENTERED  the caller runs in a constructor that the slot waits for;
 *   TA_E_NOMEM, or what cloning or relocating the captured value said;
 *   else the constructor's own status.
 * In ta_last_error() is the text that the constructor left with that status; if it left none, one
 * that says that the constructor failed. */
TA_API ta_status ta_per_affinity_resolve(ta_per_affinity *array, ta_affinity affinity, void **out);

/* The value if it is there; never makes one. NULL also for a wrong affinity. Wait-free. */
TA_API void *ta_per_affinity_peek(const ta_per_affinity *array, ta_affinity affinity);

/* The value of the slot with an index, if it is there: for visiting. NULL also where there is no
 * such slot. Wait-free. */
TA_INLINE void *ta_per_affinity_at(const ta_per_affinity *array, uint32_t slot) {
    uint64_t word;
    if (array == NULL || slot >= array->slot_count) return NULL;
    word = TA_SLOT_WORD_(&array->cells[slot].slot);
    return TA_SLOT_VALUE_(word);
}

/* Calls `visit` with each value that is there, in the order of slots, until it returns false.
 * Returns false when it did, and for a NULL. A value that is made meanwhile may be visited or not.
 * O(slots). */
TA_API bool ta_per_affinity_each(const ta_per_affinity *array,
                                 bool (*visit)(void *context, uint32_t slot, void *value),
                                 void *context);

/* Makes the values of all these affinities' slots that are not there yet: start-up, before threads
 * need them. The first failure ends it with its status, as of ta_per_affinity_resolve(); what was
 * made stays, and the call may be repeated. Resolves. */
TA_API ta_status ta_per_affinity_fill(ta_per_affinity *array, const ta_affinity affinities[],
                                      size_t count);

/* How many slots there are; 0 for NULL. Wait-free. */
TA_API uint32_t ta_per_affinity_slot_count(const ta_per_affinity *array);

/* The index of an affinity's slot; TA_NO_SLOT for a wrong affinity. Wait-free, save for CUSTOM. */
TA_API uint32_t ta_per_affinity_index_of(const ta_per_affinity *array, ta_affinity affinity);

/* How many slots have a value, and how many handles there are, pinned and unplaced ones included.
 * Exact when no other thread makes any; approximate meanwhile. O(slots), wait-free. */
TA_API uint32_t ta_per_affinity_ready_count(const ta_per_affinity *array);
TA_API uint64_t ta_per_affinity_handle_count(const ta_per_affinity *array);

/* ---- handles --------------------------------------------------------------------------------- */

/* Stands for the slot where it is, whose value is there, and keeps the array alive. Without a cell
 * it is unplaced: it was made where the place is unknown, has no value, and gets one by relocation.
 * All zero is empty: it stands for no array, and is relocated, cloned and dropped without effect.
 * Moved by memcpy; the original is then forgotten. A handle that is not changed meanwhile may be
 * read and cloned by several threads at once. */
typedef struct ta_handle {
    ta_per_affinity *array;
    ta_slot_cell *cell;
} ta_handle, ta_handle_value;

/* A handle that stays at its slot when it is relocated: for a value that is shared by name,
 * wherever its users are. What is said of handles holds for it, too. */
typedef struct ta_pinned {
    ta_handle handle;
} ta_pinned, ta_pinned_value;

/* Their descriptors (ta/type.h). Note there: a move whose declared source is its destination visits
 * nothing, handles in a struct included. */
enum {
    ta_handle_traits = (int)(TA_TRAIT_RELOCATES | TA_TRAIT_RESOURCE),
    ta_pinned_traits = (int)TA_TRAIT_RESOURCE
};
extern TA_API const ta_type ta_handle_type;
extern TA_API const ta_type ta_pinned_type;

/* Makes *out a handle at the affinity's slot, or an unplaced one where the affinity is unknown. The
 * caller drops it. On failure *out is empty; the status is that of ta_per_affinity_resolve().
 * Resolves. */
TA_API ta_status ta_handle_make(ta_per_affinity *array, ta_affinity affinity, ta_handle *out);

/* The value of the handle's slot; NULL for one that is unplaced, empty or NULL. It stays where it
 * is as long as the array lives. Wait-free. */
TA_INLINE void *ta_handle_get(const ta_handle *handle) {
    uint64_t word;
    if (handle == NULL || handle->cell == NULL) return NULL;
    word = TA_SLOT_WORD_(&handle->cell->slot);
    return TA_SLOT_VALUE_(word);
}

/* The index of the handle's slot; TA_NO_SLOT where it has none. Wait-free. */
TA_INLINE uint32_t ta_handle_slot(const ta_handle *handle) {
    if (handle == NULL || handle->cell == NULL) return TA_NO_SLOT;
    return (uint32_t)(handle->cell - handle->array->cells);
}

/* Counts a handle more where this one is: what a clone needs. */
TA_API void ta_handle_count_clone(const ta_handle *handle);

/* A second handle at the same slot; of NULL, an empty one. Writes to the slot's own count.
 * Wait-free. */
TA_INLINE ta_handle ta_handle_clone(const ta_handle *handle) {
    ta_handle none = {NULL, NULL};
    if (handle == NULL || handle->array == NULL) return none;
    ta_handle_count_clone(handle);
    return *handle;
}

/* Gives the handle up and leaves an empty one; the last one of an array whose owner destroyed it
 * tears it down. NULL is allowed. Wait-free, save for what is destroyed. */
TA_API void ta_handle_drop(ta_handle *handle);

/* Moves the handle out and leaves an empty one behind. Wait-free. */
TA_INLINE ta_handle ta_handle_take(ta_handle *handle) {
    ta_handle taken = {NULL, NULL};
    if (handle != NULL) {
        taken = *handle;
        handle->array = NULL;
        handle->cell = NULL;
    }
    return taken;
}

/* What ta_handle_relocate() does where the value is not there, or not so easily found. */
TA_API ta_status ta_handle_relocate_or_make(ta_handle *handle, const ta_move *move);

/* Places the handle at the slot of move->destination, whose value is made if need be, whatever the
 * move's source. On failure the handle stays as it was: what is wrong with the move, a NULL, or the
 * status of ta_per_affinity_resolve(). Counts nothing. Resolves. */
TA_INLINE ta_status ta_handle_relocate(ta_handle *handle, const ta_move *move) {
    ta_slot_cell *cell;
    if (__builtin_expect(handle != NULL && move != NULL && handle->array != NULL &&
                             ta_move_status(move) == TA_OK &&
                             ta_per_affinity_find(handle->array, move->destination, &cell),
                         1)) {
        uint64_t word = TA_SLOT_WORD_(&cell->slot);
        if (__builtin_expect(TA_SLOT_IS_READY_(word), 1)) {
            handle->cell = cell;
            return TA_OK;
        }
    }
    return ta_handle_relocate_or_make(handle, move);
}

/* A handle pinned to its slot, and let go again; the original is left empty. Wait-free. */
TA_INLINE ta_pinned ta_handle_pin(ta_handle *handle) {
    ta_pinned pinned = {ta_handle_take(handle)};
    return pinned;
}

TA_INLINE ta_handle ta_pinned_unpin(ta_pinned *pinned) {
    return ta_handle_take(pinned == NULL ? NULL : &pinned->handle);
}

/* As of handles. */
TA_INLINE void *ta_pinned_get(const ta_pinned *pinned) {
    return pinned == NULL ? NULL : ta_handle_get(&pinned->handle);
}

TA_INLINE ta_pinned ta_pinned_clone(const ta_pinned *pinned) {
    ta_pinned clone = {ta_handle_clone(pinned == NULL ? NULL : &pinned->handle)};
    return clone;
}

TA_INLINE void ta_pinned_drop(ta_pinned *pinned) {
    if (pinned != NULL) ta_handle_drop(&pinned->handle);
}

TA_END_DECLS

#include "ta/detail/per_affinity_typed.h"

#endif
