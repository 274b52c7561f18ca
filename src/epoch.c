/* SPDX-License-Identifier: MIT
 *
 * The pool of ck_epoch records, and ending what was deferred on them. What is used of ck and why it
 * is right is in epoch.h.
 *
 * Each processor has a list of records, to which new ones are put in front and from which none is
 * taken until the end. Threads of a processor use its first record, unless several of them (or
 * several reads of one thread) are inside at once. So the pool grows to the most reads at once that
 * each processor has had, and cores that keep to themselves share no record.
 */
#include "epoch.h"

#include "slot.h"

#include "ta/registry.h"

#include <string.h>

_Static_assert(sizeof(ta_epoch_record) % ((size_t)2 * TA_CACHE_LINE) == 0,
               "records share no pair of lines");

/* Aligned by hand, as in cells.h. */
enum {
    RECORD_ALIGNMENT = 16,
    RECORD_SIZE = sizeof(ta_epoch_record) + _Alignof(ta_epoch_record) - RECORD_ALIGNMENT
};

static ta_epoch_record *record_of(uint64_t link) {
    return (ta_epoch_record *)(uintptr_t)link; /* NOLINT(performance-no-int-to-ptr): it was one */
}

static ta_epoch_record *follow(const uint64_t *link) {
    /* L2: pairs with L1 in add_record(). */
    return record_of(ta_load_acquire_u64(link));
}

static bool take(ta_epoch_record *record) {
    /* B2: pairs with B1 in ta_epoch_give_back(). Looked at first, relaxed, so that a search does not
     * take the line away from who has it. */
    return ta_load_relaxed_u64(&record->busy) == 0 &&
           ta_exchange_acquire_u64(&record->busy, 1) == 0;
}

/* ---- borrowing -------------------------------------------------------------------------------- */

/* The list of the calling thread's processor; a thread without one is spread by its identity. */
static uint64_t *home_of_caller(const ta_epochs *epochs) {
    ta_affinity here = ta_current_affinity();
    uint32_t index = ta_affinity_processor(here);
    if (ta_affinity_is_unknown(here)) {
        uint64_t mixed = (uint64_t)(uintptr_t)ta_slot_self() * UINT64_C(0x9e3779b97f4a7c15);
        index = (uint32_t)(mixed >> 40);
    }
    return &epochs->homes[index < epochs->home_count ? index : index % epochs->home_count];
}

/* A new record, borrowed already; NULL without memory. */
static ta_epoch_record *add_record(ta_epochs *epochs, uint64_t *home) {
    const ta_allocator *allocator = epochs->allocator;
    char *memory = allocator->allocate(allocator->context, RECORD_SIZE, RECORD_ALIGNMENT);
    if (memory == NULL) return NULL;
    size_t padding = (size_t)(-(uintptr_t)memory & (_Alignof(ta_epoch_record) - 1));
    ta_epoch_record *record = (ta_epoch_record *)(void *)(memory + padding);
    memset(record, 0, sizeof *record);
    record->memory = memory;
    record->busy = 1;
    ck_epoch_register(&epochs->global, &record->ck, NULL);
    /* L1: pairs with L2 in follow(). Two steps without a loop: who follows the list between them
     * finds a shorter one, and the rest of it again after them. */
    uint64_t rest = ta_exchange_release_u64(home, (uint64_t)(uintptr_t)record);
    ta_store_release_u64(&record->next, rest);
    return record;
}

static ta_epoch_record *find_free(const uint64_t *home) {
    for (ta_epoch_record *record = follow(home); record != NULL; record = follow(&record->next))
        if (take(record)) return record;
    return NULL;
}

ta_epoch_record *ta_epoch_borrow(ta_epochs *epochs) {
    uint64_t *home = home_of_caller(epochs);
    ta_epoch_record *record = find_free(home);
    if (__builtin_expect(record != NULL, 1)) return record;
    record = add_record(epochs, home);
    for (uint32_t i = 0; record == NULL && i < epochs->home_count; i++)
        record = find_free(&epochs->homes[i]);
    return record;
}

/* ---- ending ----------------------------------------------------------------------------------- */

void ta_epoch_poll(ta_epoch_record *record, ck_stack_t *ready) {
    if (record->ck.n_pending == 0) return;
    (void)ck_epoch_poll_deferred(&record->ck, ready);
    ck_pr_fence_acquire(); /* F3 */
    ta_tsan_acquire(record->ck.global);
    ta_store_relaxed_u64(&record->waiting, record->ck.n_pending); /* for statistics */
}

CK_STACK_CONTAINER(ck_epoch_entry_t, stack_entry, entry_of)

void ta_epoch_run(ck_stack_t *ready) {
    ck_stack_entry_t *next = CK_STACK_FIRST(ready);
    while (next != NULL) {
        ck_epoch_entry_t *entry = entry_of(next);
        next = CK_STACK_NEXT(next); /* before the entry ends */
        entry->function(entry);
    }
}

uint64_t ta_epochs_reclaim(ta_epochs *epochs) {
    ck_stack_t ready = CK_STACK_INITIALIZER;
    uint64_t waiting = 0;
    for (uint32_t i = 0; i < epochs->home_count; i++)
        for (ta_epoch_record *record = follow(&epochs->homes[i]); record != NULL;
             record = follow(&record->next)) {
            if (ta_load_relaxed_u64(&record->waiting) == 0) continue; /* for statistics */
            if (take(record)) {
                ta_epoch_poll(record, &ready);
                ta_epoch_give_back(record);
            }
            waiting += ta_load_relaxed_u64(&record->waiting);
        }
    ta_epoch_run(&ready);
    return waiting;
}

/* ---- beginning and end ------------------------------------------------------------------------ */

void ta_epochs_init(ta_epochs *epochs, uint64_t *homes, uint32_t home_count,
                    const ta_allocator *allocator) {
    ck_epoch_init(&epochs->global);
    epochs->homes = homes;
    epochs->home_count = home_count;
    epochs->allocator = allocator;
}

void ta_epochs_end(ta_epochs *epochs) {
    ta_tsan_acquire(&epochs->global);
    for (uint32_t i = 0; i < epochs->home_count; i++)
        for (ta_epoch_record *record = follow(&epochs->homes[i]); record != NULL;
             record = follow(&record->next))
            ck_epoch_reclaim(&record->ck);
    for (uint32_t i = 0; i < epochs->home_count; i++) {
        ta_epoch_record *record = follow(&epochs->homes[i]);
        while (record != NULL) {
            ta_epoch_record *next = follow(&record->next);
            epochs->allocator->release(epochs->allocator->context, record->memory, RECORD_SIZE,
                                       RECORD_ALIGNMENT);
            record = next;
        }
    }
}
