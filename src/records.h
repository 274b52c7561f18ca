/* SPDX-License-Identifier: MIT
 *
 * Lists of records that calls borrow, so that no thread has to register: who takes a record has it
 * alone until it is given back, by whichever thread. Private; what else a record is, and where its
 * memory comes from, is the user's (epoch.h). This header is the whole protocol and needs atomics
 * only.
 *
 * A list is a word, the address of its first record or 0. New records are put in front, and none
 * leaves the list until the end.
 *
 * Labelled edges:
 *   B1 give-back's store, release -> B2 take's exchange, acquire: the record's plain words belong
 *                                    to who has taken it
 *   L1 a new record's links, release -> L2 the load of a link, and L1 of the next new record, which
 *                                    leads to this one; acquire: the record is whole
 * A record may be given back by another thread than took it, if it is handed over with an edge of
 * the caller's own.
 */
#ifndef TA_SRC_RECORDS_H
#define TA_SRC_RECORDS_H

#include "ta/detail/atomic.h"

/* Zeroed; whoever makes one sets `busy`, if it is taken from the beginning. */
typedef struct ta_record {
    uint64_t busy;
    uint64_t next; /* of the same list; written once */
} ta_record;

/* The record that a list, or a record's `next`, leads to; NULL at the end. Wait-free. */
static inline ta_record *ta_record_follow(const uint64_t *link) {
    /* L2: pairs with L1 in ta_record_add(). */
    uint64_t word = ta_load_acquire_u64(link);
    return (ta_record *)(uintptr_t)word; /* NOLINT(performance-no-int-to-ptr): it was one */
}

/* Puts a record in front of a list. Wait-free. */
static inline void ta_record_add(ta_record *record, uint64_t *list) {
    /* L1: pairs with L2 in ta_record_follow(), and with itself. Two steps without a loop: who follows
     * the list between them finds a shorter one, and the rest of it again after them. */
    uint64_t rest = ta_exchange_acq_rel_u64(list, (uint64_t)(uintptr_t)record);
    ta_store_release_u64(&record->next, rest);
}

/* Whether the record was free, and is the caller's now. Wait-free. */
static inline bool ta_record_take(ta_record *record) {
    /* B2: pairs with B1 in ta_record_give_back(). Looked at first, relaxed, so that a search does
     * not take the line away from who has it. */
    return ta_load_relaxed_u64(&record->busy) == 0 &&
           ta_exchange_acquire_u64(&record->busy, 1) == 0;
}

static inline void ta_record_give_back(ta_record *record) {
    /* B1: pairs with B2 in ta_record_take(). */
    ta_store_release_u64(&record->busy, 0);
}

/* Takes the first record of a list that is free; NULL if none is. Lock-free, O(the list). */
static inline ta_record *ta_record_take_first(const uint64_t *list) {
    ta_record *record = ta_record_follow(list);
    while (record != NULL && !ta_record_take(record)) record = ta_record_follow(&record->next);
    return record;
}

#endif
