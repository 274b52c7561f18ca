/* SPDX-License-Identifier: MIT
 *
 * The word of a storage's slot, which holds a value or nothing, and the count of those who keep the
 * value. Private; what a value is, and until when a reader may count after it has found one, is the
 * user's (storage.h). This header needs atomics only.
 *
 * Labelled edges:
 *   W1 the exchange of a word, release -> W2 a reader's load of it, and W1 of the next replacer;
 *                                    acquire: what was put in is whole
 *   C1 an end, release            -> C2 the one that finds none left, acquire: what was done by who
 *                                    kept the value happens before it is destroyed
 */
#ifndef TA_SRC_VALUE_WORD_H
#define TA_SRC_VALUE_WORD_H

#include "ta/detail/atomic.h"

/* Puts a value in, or NULL; returns what was there. Wait-free. */
static inline void *ta_value_exchange(uint64_t *word, void *value) {
    /* W1: pairs with W2 in ta_value_load(), and with itself. */
    uint64_t before = ta_exchange_acq_rel_u64(word, (uint64_t)(uintptr_t)value);
    return (void *)(uintptr_t)before; /* NOLINT(performance-no-int-to-ptr): it was one */
}

/* What is there, or NULL. Wait-free. */
static inline void *ta_value_load(const uint64_t *word) {
    /* W2: pairs with W1 in ta_value_exchange(). */
    uint64_t there = ta_load_acquire_u64(word);
    return (void *)(uintptr_t)there; /* NOLINT(performance-no-int-to-ptr): it was one */
}

/* One who keeps the value more: by one who does, or where the value cannot end meanwhile. */
static inline void ta_value_keep(uint64_t *count) {
    ta_fetch_add_relaxed_u64(count, 1); /* relaxed: the count is above 0 and stays so */
}

/* One less; whether it was the last, which then destroys the value. */
static inline bool ta_value_end(uint64_t *count) {
    /* C1, C2: pairs with itself. */
    return ta_fetch_add_acq_rel_u64(count, UINT64_MAX) == 1;
}

#endif
