/* SPDX-License-Identifier: MIT
 *
 * Deferring what must wait until nobody can be reading any more: ck_epoch, with a pool of records
 * that calls borrow, so that no thread has to register. Private.
 *
 * A call borrows a record (ta_epoch_borrow), is a reader between ta_epoch_enter() and
 * ta_epoch_leave(), and gives the record back. One that has taken a node out of reach defers the
 * node's end on the record, inside the section in which it took it out. ta_epoch_poll() finds what
 * of a record's may end now, and ta_epoch_poll_another() what of another one's, since a record may
 * not be borrowed again for long; ta_epoch_run() ends it, when no record is held any more, because
 * the end of a node may call anything.
 *
 * What is used of ck 0.7.1, and why it is right, on x86-64 and elsewhere:
 *   ck_epoch_begin, _end   without a section: a borrowed record is in one read at a time. They write
 *                          the record alone. begin stores `active` by a locked exchange (or before a
 *                          full fence), so that either a poll sees the reader, or the reader sees
 *                          what was done before the poll. Missing before ck 1faa673: the loads of
 *                          the section stay behind the load of the epoch. F1 adds the fence; it is
 *                          no instruction on x86-64.
 *   ck_epoch_call          files the node under the epoch that it loads, and has no order of its
 *                          own. If the epoch were older than the node's end of reach, a reader of
 *                          the next epoch might still have found the node, and ck_epoch_poll of
 *                          0.7.1 frees at that epoch (later ones wait an epoch longer: ck d1b348c).
 *                          F2, a fence between the exchange and the load, excludes it; on x86-64 the
 *                          exchange itself is that fence. Since ck 20f5a6d the manual demands that
 *                          the call stands in the section of the exchange, as it does here.
 *   ck_epoch_poll_deferred ck_epoch_poll, except that the nodes come back on a stack. It looks at
 *                          each record's `active` with a plain load: F3 stands between those looks
 *                          and the end of a node, and pairs with ck_epoch_end's release fence. Never
 *                          called in a section.
 *   ck_epoch_register, _reclaim, _init
 *                          records are registered when they are made and stay until the end.
 * models/storage.pml has these steps, and EARLY_SNAPSHOT shows what F2 is for.
 *
 * Lists of records, and who has one, are records.h's; the edges B and L there order all that is
 * plain in a record, ck's own words among it. Nothing in ck or here knows threads, so a record may
 * be given back by another one than borrowed it.
 *
 * ThreadSanitizer does not see ck's atomics: leave and poll state their edge by hand, on the epoch.
 */
#ifndef TA_SRC_EPOCH_H
#define TA_SRC_EPOCH_H

#include "records.h"
#include "tsan.h"

#include "ta/memory.h"

#include <ck_epoch.h>

/* Readers read the first line; nobody but polls that move the epoch writes there. */
typedef struct ta_epochs {
    _Alignas(TA_CACHE_LINE) ck_epoch_t global;
    /* Immutable: a list of records for each processor. */
    _Alignas(TA_CACHE_LINE) uint64_t *homes;
    uint32_t home_count;
    const ta_allocator *allocator;
    /* Records on which something waits after a poll of theirs: a hint, so that who replaces where nobody
     * reads need not look for them. */
    _Alignas(TA_CACHE_LINE) uint64_t lingering;
} ta_epochs;

/* A reader at a time. `ck` begins with what polls of others read; the last line is who borrows. */
typedef struct ta_epoch_record {
    _Alignas(2 * TA_CACHE_LINE) ck_epoch_record_t ck;
    _Alignas(TA_CACHE_LINE) ta_record link; /* in the list of its processor, ... */
    uint32_t home;                          /* ... which is this one */
    uint64_t waiting; /* nodes that were deferred here; written by who has borrowed it */
    bool lingers;     /* something waited after the last poll */
    struct ta_epoch_record *turn; /* the other one that was polled last, through this one */
    void *memory;                 /* what was allocated */
} ta_epoch_record;

/* `homes` are `home_count` zeroed words, one per processor, that live as long; so does the
 * allocator, which records come from. */
void ta_epochs_init(ta_epochs *epochs, uint64_t *homes, uint32_t home_count,
                    const ta_allocator *allocator);

/* Ends all that was deferred, and gives the records back. In exclusion, by the caller's own edges;
 * no record is borrowed. */
void ta_epochs_end(ta_epochs *epochs);

/* A record for the calling call alone: one of the current processor's if one is free, else a new
 * one for it, else any free one; NULL when there is none and no memory for one. Wait-free where the
 * processor's first record is free: one exchange. Else lock-free, O(its records), and allocates. */
ta_epoch_record *ta_epoch_borrow(ta_epochs *epochs);

/* Ends what nobody can reach any more, on all records that are free now; the number of nodes that
 * wait still. O(records squared). */
uint64_t ta_epochs_reclaim(ta_epochs *epochs);

static inline void ta_epoch_give_back(ta_epoch_record *record) {
    ta_record_give_back(&record->link);
}

/* What was reachable at some moment since stays whole until ta_epoch_leave(). Wait-free. */
static inline void ta_epoch_enter(ta_epoch_record *record) {
    ck_epoch_begin(&record->ck, NULL);
    ck_pr_fence_load(); /* F1 */
}

static inline void ta_epoch_leave(ta_epoch_record *record) {
    ta_tsan_release(record->ck.global);
    (void)ck_epoch_end(&record->ck, NULL);
}

/* Defers `function(entry)` until all sections that may have found the entry's node are left. In the
 * section that took the node out of reach. */
static inline void ta_epoch_defer(ta_epoch_record *record, ck_epoch_entry_t *entry,
                                  ck_epoch_cb_t *function) {
    ck_pr_fence_atomic_load(); /* F2 */
    ck_epoch_call(&record->ck, entry, function);
    ta_store_relaxed_u64(&record->waiting, record->ck.n_pending); /* for statistics */
}

/* Puts on `ready` what of the record's may end now. In no section of the record. O(records). */
void ta_epoch_poll(ta_epoch_record *record, ck_stack_t *ready);

/* The same for one other record, which is free and on which something waits, if there is one; in
 * turn, so that of n such records each is polled within n calls through one borrowed record. To
 * find it only loads. Lock-free; O(1) if there is none, O(records and processors) else. */
void ta_epoch_poll_another(const ta_epochs *epochs, ta_epoch_record *borrowed, ck_stack_t *ready);

/* Ends what ta_epoch_poll() found. */
void ta_epoch_run(ck_stack_t *ready);

#endif
