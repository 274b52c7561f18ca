/* SPDX-License-Identifier: MIT
 *
 * The pool of ck_epoch records, and ending what was deferred on them. What is used of ck and why it
 * is right is in epoch.h.
 *
 * Each processor has a list of records. Its threads use the first one, unless several of them (or
 * several reads of one thread) are inside at once, or another core polls what waits there. So the
 * pool grows to about the most reads at once that each processor has had, and cores that only read
 * share no record.
 */
#include "epoch.h"

#include "slot.h"

#include "ta/registry.h"

#include <stddef.h>
#include <string.h>

_Static_assert(offsetof(ta_epochs, global) == 0, "a record's `ck.global` leads to the whole");
_Static_assert(sizeof(ta_epoch_record) % ((size_t)2 * TA_CACHE_LINE) == 0,
               "records share no pair of lines");

/* Aligned by hand, as in cells.h. */
enum {
    RECORD_ALIGNMENT = 16,
    RECORD_SIZE = sizeof(ta_epoch_record) + _Alignof(ta_epoch_record) - RECORD_ALIGNMENT
};

/* NULL of NULL. */
static ta_epoch_record *record_of(ta_record *link) {
    if (link == NULL) return NULL;
    return (ta_epoch_record *)(void *)((char *)link - offsetof(ta_epoch_record, link));
}

static ta_epoch_record *first_of(const uint64_t *home) { return record_of(ta_record_follow(home)); }

static ta_epoch_record *next_of(const ta_epoch_record *record) {
    return record_of(ta_record_follow(&record->link.next));
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
    record->home = (uint32_t)(home - epochs->homes);
    record->turn = record;
    record->link.busy = 1;
    ck_epoch_register(&epochs->global, &record->ck, NULL);
    ta_record_add(&record->link, home);
    return record;
}

ta_epoch_record *ta_epoch_borrow(ta_epochs *epochs) {
    uint64_t *home = home_of_caller(epochs);
    ta_epoch_record *record = record_of(ta_record_take_first(home));
    if (__builtin_expect(record != NULL, 1)) return record;
    record = add_record(epochs, home);
    for (uint32_t i = 0; record == NULL && i < epochs->home_count; i++)
        record = record_of(ta_record_take_first(&epochs->homes[i]));
    return record;
}

/* ---- ending ----------------------------------------------------------------------------------- */

void ta_epoch_poll(ta_epoch_record *record, ck_stack_t *ready) {
    if (record->ck.n_pending == 0) return;
    (void)ck_epoch_poll_deferred(&record->ck, ready);
    ck_pr_fence_acquire(); /* F3 */
    ta_tsan_acquire(record->ck.global);
    ta_store_relaxed_u64(&record->waiting, record->ck.n_pending); /* for statistics */
    bool lingers = record->ck.n_pending != 0;
    if (lingers == record->lingers) return;
    record->lingers = lingers;
    ta_epochs *epochs = (ta_epochs *)(void *)record->ck.global; /* which it begins with */
    ta_fetch_add_relaxed_u64(&epochs->lingering, lingers ? 1 : UINT64_MAX);
}

/* Takes the next record behind `last` on which something waits, around all the lists and once more
 * through the one in which it began; NULL if there is none, or others have them. */
static ta_epoch_record *take_waiting(const ta_epochs *epochs, const ta_epoch_record *last) {
    uint32_t home = last->home;
    ta_epoch_record *record = next_of(last);
    for (uint32_t lists = 0;; lists++) {
        for (; record != NULL; record = next_of(record)) {
            if (ta_load_relaxed_u64(&record->waiting) == 0) continue; /* a hint */
            if (ta_record_take(&record->link)) return record;
        }
        if (lists == epochs->home_count) return NULL;
        home = home + 1 == epochs->home_count ? 0 : home + 1;
        record = first_of(&epochs->homes[home]);
    }
}

void ta_epoch_poll_another(const ta_epochs *epochs, ta_epoch_record *borrowed, ck_stack_t *ready) {
    /* Relaxed: a hint; who makes a record linger, looks at others with its next call. */
    if (ta_load_relaxed_u64(&epochs->lingering) == (borrowed->lingers ? 1 : 0)) return;
    ta_epoch_record *other = take_waiting(epochs, borrowed->turn);
    if (other == NULL) return;
    borrowed->turn = other;
    ta_epoch_poll(other, ready);
    ta_epoch_give_back(other);
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
        for (ta_epoch_record *record = first_of(&epochs->homes[i]); record != NULL;
             record = next_of(record)) {
            if (ta_load_relaxed_u64(&record->waiting) == 0) continue; /* for statistics */
            if (ta_record_take(&record->link)) {
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
        for (ta_epoch_record *record = first_of(&epochs->homes[i]); record != NULL;
             record = next_of(record))
            ck_epoch_reclaim(&record->ck);
    for (uint32_t i = 0; i < epochs->home_count; i++) {
        ta_epoch_record *record = first_of(&epochs->homes[i]);
        while (record != NULL) {
            ta_epoch_record *next = next_of(record);
            epochs->allocator->release(epochs->allocator->context, record->memory, RECORD_SIZE,
                                       RECORD_ALIGNMENT);
            record = next;
        }
    }
}
