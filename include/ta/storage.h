/* SPDX-License-Identifier: MIT
 *
 * ta/storage.h - explicit slots per core, cache, region or process: put a value in, read it pinned.
 *
 *     TA_DERIVE(routes, struct routes, ...);
 *     TA_STORAGE(tables, routes);
 *
 *     tables per_core;
 *     ta_per_affinity_options options = {.registry = registry};
 *     ta_status status = tables_create(&per_core, &options);
 *     status = tables_replace(per_core, affinity, fresh, NULL);    // any thread, any time
 *
 *     tables_pin pin = tables_pin_here(per_core);                  // this core's, while pinned
 *     const struct routes *now = tables_pin_get(&pin);
 *     if (now != NULL) look_up(now);
 *     tables_pin_drop(&pin);
 *     tables_destroy(&per_core);
 *
 * Where a slot array (ta/per_affinity.h) makes each value itself, once and for good, storage holds
 * what it is given, and a slot may be given another value while threads read it. A *pin* keeps the
 * value that it found valid for a short while and counts nothing in it; a *stored* reference is
 * counted, keeps its value for as long as it lives, may be held by structs, closures and messages,
 * and is relocated with them.
 *
 * Promises. Readers never wait for who replaces, nor for each other, and who replaces never waits
 * for readers. A pin writes to no memory that another core writes or reads while it is there, save
 * for who replaces or reclaims, and for threads without a place, which share those of some core.
 * References keep the value that they had when its slot is given another one, and
 * so does a move within the slot; a move to another slot takes the value that is there.
 *
 * When a value is destroyed. A replaced value waits until no pin can have found it, and until its
 * last reference is dropped. The thread that finds that to be so destroys it: one that replaces or
 * removes a value (of any slot), calls ta_storage_reclaim(), drops a reference or relocates one, or
 * ends the last share. Dropping a pin destroys nothing. While any pin is held, what is replaced
 * meanwhile, in any slot, waits: their number is bounded by what is replaced during the longest pin
 * and nothing else, so keep pins short, and references for the rest. With no pin held and no other
 * call under way, what a call of ta_storage_replace() itself has replaced does not wait when it
 * returns, nor does what its thread's record kept from before; of the other records on which values
 * wait it looks at one, in turn. So of n such records all are looked at within n calls by one
 * thread, and after ta_storage_reclaim() nothing waits.
 *
 * Memory. A slot takes 128 bytes, a processor 8, all made at once; each value a cache line more
 * than itself, on lines of its own. Pins, and calls that replace, remove, clone or visit, use a
 * record, 368 bytes with what aligns it: one for each processor, made when first used there, and
 * more when its threads have several pins or calls at once, or make one while another thread looks
 * at what waits on theirs; they are kept for later ones until the end.
 * These are all the allocations: creation one, ta_storage_replace() one, and the records.
 *
 * Thread rules: all functions may be called by any thread at any time between creation and
 * destruction, except that one pin or reference belongs to one thread at a time. Threads need not
 * be registered. Order: what a thread did before it put a value in happens before everything that
 * finds it; what was done under a pin or through a reference happens before the value is destroyed.
 * What threads do with a value that several of them reach is their own affair. An exception (C++),
 * pthread_exit() or a cancellation may pass through what clones or visits a value, but not through
 * what destroys it; longjmp() through neither. After fork() a child
 * may only exec, unless no thread had used the storage before: what another thread had pinned at
 * that moment is pinned in the child for ever.
 */
#ifndef TA_STORAGE_H
#define TA_STORAGE_H

#include "ta/per_affinity.h"

TA_BEGIN_DECLS

/* ---- storage --------------------------------------------------------------------------------- */

typedef struct ta_storage ta_storage;

/* Makes slots for values of `type`, which outlives the storage, all of them empty. The options are
 * those of ta_per_affinity_create(), and so are the failures; a known `source` is TA_E_INVALID,
 * since nothing is captured. The caller owns *out. One allocation. */
TA_API ta_status ta_storage_create(const ta_per_affinity_options *options, const ta_type *type,
                                   ta_storage **out);

/* Ends the owner's share. When no reference is left, now or later, the values that wait are
 * destroyed, then the slots' in their order, then the storage, all by the thread that ended the
 * last share. No thread may be inside a call that names the storage, or hold a pin of it, or begin
 * either, unless it holds a reference meanwhile. A value that holds a reference of its own storage
 * keeps it alive for ever. NULL is allowed. Wait-free, save for what is destroyed. O(slots). */
TA_API void ta_storage_destroy(ta_storage *storage);

/* A counted reference to a value, which it keeps, as it keeps the storage. Without a value it is
 * unplaced: made where the place is unknown, it gets a value by relocation. All zero is empty: it
 * is relocated, cloned and dropped without effect. Moved by memcpy; the original is then forgotten.
 * One that is not changed meanwhile may be read and cloned by several threads at once. */
typedef struct ta_stored {
    ta_storage *storage;
    void *value;
} ta_stored, ta_stored_value;

/* Puts *value into the affinity's slot, in memory near that place, and forgets what was *value: the
 * storage owns it now. *previous, uninitialised, becomes a reference to the value that was there,
 * empty if there was none; `previous` may be NULL. On failure nothing has changed, the caller keeps
 * *value, and *previous is empty:
 *   TA_E_UNKNOWN_AFFINITY, TA_E_FOREIGN_AFFINITY, TA_E_INVALID (NULL);
 *   TA_E_RANGE  an index that is not below its count, of the affinity or of a CUSTOM strategy;
 *   TA_E_NOMEM.
 * All of the affinity must be right, as where an array makes a value; the others look at the counts
 * and at the index by which the strategy goes. May destroy values. Lock-free, save for the
 * allocator and what is destroyed. O(records and processors). */
TA_API ta_status ta_storage_replace(ta_storage *storage, ta_affinity affinity, void *value,
                                    ta_stored *previous);

/* The same without another value: the slot is empty then. */
TA_API ta_status ta_storage_remove(ta_storage *storage, ta_affinity affinity, ta_stored *previous);

/* Makes *out, uninitialised, a clone of the value of the affinity's slot, by its type, with memory
 * from `allocator` (NULL: the default one). On failure *out is uninitialised: as
 * ta_pin_make(), or what ta_clone() says. Holds a pin meanwhile. */
TA_API ta_status ta_storage_get_clone(ta_storage *storage, ta_affinity affinity, void *out,
                                      const ta_allocator *allocator);

/* Calls `visit` with each value, pinned, in the order of slots, until it returns false. Returns
 * false when it did, for a NULL, and without memory for a record. What is replaced meanwhile is
 * visited as before or after. O(slots). */
TA_API bool ta_storage_each(ta_storage *storage,
                            bool (*visit)(void *context, uint32_t slot, void *value),
                            void *context);

/* Destroys what nobody can be reading any more; for idle times, after the last of many replacements
 * or when memory is short. Returns how many replaced values wait still: 0 if no pin and no other
 * call was there meanwhile. Not counted: those that references keep. Lock-free, save for what is
 * destroyed. */
TA_API uint64_t ta_storage_reclaim(ta_storage *storage);

/* How many slots there are; 0 for NULL. The index of an affinity's slot; TA_NO_SLOT for a wrong
 * affinity. How many slots have a value. How many references there are, unplaced ones included:
 * exact when no other thread makes any. Wait-free; the latter two O(slots). */
TA_API uint32_t ta_storage_slot_count(const ta_storage *storage);
TA_API uint32_t ta_storage_index_of(const ta_storage *storage, ta_affinity affinity);
TA_API uint32_t ta_storage_ready_count(const ta_storage *storage);
TA_API uint64_t ta_storage_stored_count(const ta_storage *storage);

/* ---- pins ------------------------------------------------------------------------------------ */

/* Keeps a value valid: whatever the slot is given meanwhile, it is not destroyed before the pin is
 * dropped. All zero is empty. A thread may hold several. Moved by memcpy; another thread may drop
 * it, if it is handed over as any memory is. Neither copied nor relocated: for the latter, and for
 * keeping, there are references. */
typedef struct ta_pin {
    void *record;
    void *value;
} ta_pin;

/* Pins the value of the affinity's slot. On failure *out is empty:
 *   TA_E_EMPTY  the slot has no value;
 *   TA_E_NOMEM  all records are in use, and there is no memory for another;
 *   else as ta_storage_replace().
 * Wait-free where the processor's first record is free. Another pin or call may have it, of this
 * thread, of another one of the processor or of one without a place; or a call elsewhere that
 * replaces or reclaims, which looks at what waits on it. Otherwise lock-free, O(the processor's
 * records), and may allocate. */
TA_API ta_status ta_pin_make(ta_storage *storage, ta_affinity affinity, ta_pin *out);

/* The same without the reason: an empty pin on failure. */
TA_API ta_pin ta_pin_at(ta_storage *storage, ta_affinity affinity);

/* The same for the calling thread's current affinity (ta/registry.h); empty for a thread that has
 * none. */
TA_INLINE ta_pin ta_pin_here(ta_storage *storage) {
    return ta_pin_at(storage, ta_current_affinity());
}

/* The pinned value; NULL for an empty pin. Wait-free. */
TA_INLINE void *ta_pin_get(const ta_pin *pin) { return pin == NULL ? NULL : pin->value; }

/* Gives the pin up and leaves an empty one. NULL is allowed. Wait-free; destroys nothing. */
TA_API void ta_pin_drop(ta_pin *pin);

/* ---- references ------------------------------------------------------------------------------ */

/* The descriptor of references (ta/type.h). Note there: a move whose declared source is its
 * destination visits nothing, references in a struct included. */
enum { ta_stored_traits = (int)(TA_TRAIT_RELOCATES | TA_TRAIT_RESOURCE) };
extern TA_API const ta_type ta_stored_type;

/* Makes *out a reference to the value of the affinity's slot, or an unplaced one where the affinity
 * is unknown. The caller drops it. On failure *out is empty; the status is that of ta_pin_make().
 * Progress as there. */
TA_API ta_status ta_stored_make(ta_storage *storage, ta_affinity affinity, ta_stored *out);

/* The same for the calling thread's current affinity. */
TA_INLINE ta_status ta_stored_make_here(ta_storage *storage, ta_stored *out) {
    return ta_stored_make(storage, ta_current_affinity(), out);
}

/* The value; NULL for a reference that is unplaced, empty or NULL. Wait-free. */
TA_INLINE void *ta_stored_get(const ta_stored *stored) {
    return stored == NULL ? NULL : stored->value;
}

/* The index of the slot that its value was put into, there now or not; TA_NO_SLOT without a value.
 * Wait-free. */
TA_API uint32_t ta_stored_slot(const ta_stored *stored);

/* A second reference to the same value; of NULL, an empty one. Writes to the value's count and the
 * slot's. Wait-free. */
TA_API ta_stored ta_stored_clone(const ta_stored *stored);

/* Gives the reference up and leaves an empty one. The last one of a replaced value destroys it; the
 * last one of storage whose owner destroyed it tears it down. NULL is allowed. Wait-free, save for
 * what is destroyed. */
TA_API void ta_stored_drop(ta_stored *stored);

/* Moves the reference out and leaves an empty one behind. Wait-free. */
TA_INLINE ta_stored ta_stored_take(ta_stored *stored) {
    ta_stored taken = {NULL, NULL};
    if (stored != NULL) {
        taken = *stored;
        stored->storage = NULL;
        stored->value = NULL;
    }
    return taken;
}

/* Makes the reference one to the value that is in the slot of move->destination now, whatever the
 * move's source; within the slot that its value was put into it stays as it is, replaced or not. On
 * failure it stays as it was: what is wrong with the move, a NULL, or the status of ta_pin_make(),
 * TA_E_EMPTY among them. May destroy the value that it had. Progress as ta_pin_make(). */
TA_API ta_status ta_stored_relocate(ta_stored *stored, const ta_move *move);

TA_END_DECLS

#include "ta/detail/storage_typed.h"

#endif
