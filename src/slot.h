/* SPDX-License-Identifier: MIT
 *
 * A slot: one cell that gets its value once, lazily, by whichever thread comes first. Private; what
 * a value is, how it is made and who frees it is the caller's. This header is the whole protocol
 * and needs atomics, a lock and two functions that park and wake (os/park.h); slot.c adds only the
 * thread's identity. docs/slot.md has the table of operations and the argument.
 *
 * The word of a slot:
 *   0                         empty
 *   an even pointer           ready
 *   owner | BUILDING          the owner runs the constructor, nobody waits
 *   owner | BUILDING | WAITED somebody may be parked on `event`
 * where the owner is the address of a ta_slot_thread, one per thread. Steps:
 *   empty -> building by compare-and-swap, by a claimer
 *   building -> building, waited by compare-and-swap, by a waiter
 *   building -> ready (publish) or empty (abandon) by exchange, by the owner, which learns from it
 *                     whether to wake
 *   ready -> empty by ta_slot_take(), in exclusion
 *
 * Labelled edges (who pairs with whom):
 *   S1 publish's exchange, release  -> S2 the load of peek and of TA_SLOT_WORD_, S3 try_claim's
 *                                      load, S4 its compare-and-swap when that fails; all acquire:
 *                                      the value is whole
 *   A1 abandon's exchange, release  -> A2 try_claim's compare-and-swap, acquire: what the failed
 *                                      constructor did happens before the next one
 *   E1 the increment of event, release -> E2 the waiter's load of it, acquire: who sees the new
 *                                      count sees the word that came before it, and does not park
 *                                      on a release that is past
 *   L  the lock of ta_slot_waits: the list, and with it the words of slots that listed threads
 *                                      build
 *
 * A thread must not exit, and a process must not fork to go on in the child, between a claim and
 * its end. Nothing here may be called from a signal handler, except peek.
 */
#ifndef TA_SRC_SLOT_H
#define TA_SRC_SLOT_H

#include "os/park.h"

#include "ta/detail/slot.h"

#include <pthread.h>

/* How often a waiter looks before it parks: a constructor that only allocates is done by then.
 * Some microseconds, about what parking costs. */
#ifndef TA_SLOT_SPINS
#define TA_SLOT_SPINS 64u
#endif

#define TA_SLOT_WAITED UINT64_C(2)
#define TA_SLOT_OWNER (~UINT64_C(7))

/* A thread, as slots know it: its address is unique among the living, its content is the thread's
 * own and nobody else reads it. All zeros at first. */
typedef struct ta_slot_thread {
    _Alignas(8) uint64_t building; /* claims that it has not ended yet */
} ta_slot_thread;

/* A thread that waits for a slot while it builds others. On the waiter's stack. */
typedef struct ta_slot_wait {
    struct ta_slot_wait *next;
    const ta_slot_thread *thread;
    const ta_slot *slot;
} ta_slot_wait;

/* Who waits while it builds, so that a cycle of waits is an answer and not a hang. All slots whose
 * constructors may ask for each other must share one. Only such nested waits touch it: neither a
 * hit, nor a construction, nor a wait of a thread that builds nothing. */
typedef struct ta_slot_waits {
    pthread_mutex_t lock;
    ta_slot_wait *first; /* under the lock, as are the records */
} ta_slot_waits;

#define TA_SLOT_WAITS_INIT                                                                         \
    { .lock = PTHREAD_MUTEX_INITIALIZER, .first = NULL }

typedef enum ta_slot_outcome {
    TA_SLOT_READY,     /* there is a value */
    TA_SLOT_CLAIMED,   /* the caller builds: it must publish or abandon, exactly once, itself */
    TA_SLOT_BUSY,      /* another thread builds (try_claim only) */
    TA_SLOT_REENTERED, /* the calling thread builds this very slot */
    TA_SLOT_DEADLOCK,  /* waiting would close a cycle of threads that wait for each other */
} ta_slot_outcome;

/* The calling thread's own, thread-local; never NULL. Wait-free. */
ta_slot_thread *ta_slot_self(void);

/* A ready word's pointer. The word is a number for the sake of its bits. */
static inline void *ta_slot_pointer_(uint64_t word) {
    return (void *)(uintptr_t)word; /* NOLINT(performance-no-int-to-ptr): it was one */
}

/* The value, or NULL while there is none. Writes nothing. Any thread, any time before teardown.
 * Wait-free: one load. Order: what the constructor did is visible. */
static inline void *ta_slot_peek(const ta_slot *slot) {
    /* S2: pairs with S1 in ta_slot_publish(). */
    uint64_t word = ta_load_acquire_u64(&slot->word);
    return (word & TA_SLOT_BUILDING) != 0 ? NULL : ta_slot_pointer_(word);
}

/* As ta_slot_claim(), but answers BUSY where that would wait, and leaves no trace then. `self` is
 * the calling thread's. Wait-free; READY writes nothing shared. */
static inline ta_slot_outcome ta_slot_try_claim(ta_slot *slot, ta_slot_thread *self, void **ready) {
    uint64_t owner = (uint64_t)(uintptr_t)self;
    /* S3: pairs with S1 in ta_slot_publish(). */
    uint64_t word = ta_load_acquire_u64(&slot->word);
    /* A2: pairs with A1 in ta_slot_abandon(). S4: when it fails, pairs with S1. It fails only where
     * the word is not empty, so no loop is needed. */
    if (word == 0 &&
        ta_compare_exchange_acquire_u64(&slot->word, &word, owner | TA_SLOT_BUILDING)) {
        self->building++;
        return TA_SLOT_CLAIMED;
    }
    if ((word & TA_SLOT_BUILDING) == 0) {
        *ready = ta_slot_pointer_(word);
        return TA_SLOT_READY;
    }
    return (word & TA_SLOT_OWNER) == owner ? TA_SLOT_REENTERED : TA_SLOT_BUSY;
}

/* Whether the end of a spell of looking found the construction ended. */
static inline bool ta_slot_spin_(const ta_slot *slot) {
    for (unsigned i = 0; i < TA_SLOT_SPINS; i++) {
        /* Relaxed: a hint; the claim looks again. */
        if ((ta_load_relaxed_u64(&slot->word) & TA_SLOT_BUILDING) == 0) return true;
        ta_cpu_pause();
    }
    return false;
}

/* Whether `self` would wait for itself if it waited for `slot`: from the slot to its owner, to the
 * slot that the owner waits for, and so on. Under the lock.
 *
 * Exact: a listed thread is inside ta_slot_wait_(), so the slot that it waits for is alive, and
 * what it builds does not change until it leaves the list. Complete: a cycle's last link is a wait
 * (who claims is running, and waits later), of a thread that builds; that wait is listed after all
 * the others, and checked then. Ends: a cycle that `self` is not in would have been refused when its
 * own last wait came. Owners are compared, never followed: they may have exited since.
 *
 * Relaxed loads: the claim of a listed owner, and whatever it ended before, happened before it took
 * the lock (L). Of an owner that is not listed any value will do. */
static inline bool ta_slot_closes_cycle_(const ta_slot_waits *waits, const ta_slot *slot,
                                         const ta_slot_thread *self) {
    for (;;) {
        uint64_t word = ta_load_relaxed_u64(&slot->word);
        uint64_t owner = word & TA_SLOT_OWNER;
        if ((word & TA_SLOT_BUILDING) == 0) return false;
        if (owner == (uint64_t)(uintptr_t)self) return true;
        const ta_slot_wait *wait = waits->first;
        while (wait != NULL && (uint64_t)(uintptr_t)wait->thread != owner) wait = wait->next;
        if (wait == NULL) return false;
        slot = wait->slot;
    }
}

/* Lists a wait; false, and not listed, where it would close a cycle. One step for all others (L):
 * of two threads that are about to wait for each other, the second sees the first. */
static inline bool ta_slot_list_(ta_slot_waits *waits, ta_slot_wait *wait) {
    pthread_mutex_lock(&waits->lock);
    bool closes = ta_slot_closes_cycle_(waits, wait->slot, wait->thread);
    if (!closes) {
        wait->next = waits->first;
        waits->first = wait;
    }
    pthread_mutex_unlock(&waits->lock);
    return !closes;
}

static inline void ta_slot_unlist_(ta_slot_waits *waits, const ta_slot_wait *wait) {
    pthread_mutex_lock(&waits->lock);
    ta_slot_wait **link = &waits->first;
    while (*link != wait) link = &(*link)->next;
    *link = wait->next;
    pthread_mutex_unlock(&waits->lock);
}

/* Parks until the slot may have left its state; false instead where that would be a cycle. Returns
 * for no reason, too. */
static inline bool ta_slot_wait_(ta_slot *slot, ta_slot_waits *waits, const ta_slot_thread *self) {
    ta_slot_wait wait = {.next = NULL, .thread = self, .slot = slot};
    /* Nobody waits for a thread that builds nothing: it is in no cycle. */
    bool listed = self->building != 0;
    if (listed && !ta_slot_list_(waits, &wait)) return false;
    /* E2: pairs with E1 in ta_slot_end_(). First the event, then the word: an owner that ends after
     * this look at the word changes the event after this look at the event. */
    uint32_t event = ta_load_acquire_u32(&slot->event);
    uint64_t word = ta_load_relaxed_u64(&slot->word);
    /* Relaxed: nothing is handed over; either the owner's exchange finds the bit, or this fails. */
    if ((word & TA_SLOT_BUILDING) != 0 &&
        ((word & TA_SLOT_WAITED) != 0 ||
         ta_compare_exchange_relaxed_u64(&slot->word, &word, word | TA_SLOT_WAITED)))
        ta_os_park(&slot->event, event);
    if (listed) ta_slot_unlist_(waits, &wait);
    return true;
}

/* The value (READY, *ready set), or the right and the duty to make it (CLAIMED). While another
 * thread builds, waits and looks again: after a failed construction each waiter tries for itself,
 * so that whoever gets an error gets that of its own attempt. REENTERED and DEADLOCK are answered at
 * once and change nothing; *ready is untouched except on READY.
 *
 * Any thread that is not inside another call with this `self`. Blocking as long as constructors of
 * others run; READY is wait-free and writes nothing shared. There is no queue: where constructors
 * keep failing, a waiter may be overtaken. Not seen: a wait by other means, such as a constructor
 * that joins a thread which asks for the same slot. */
static inline ta_slot_outcome ta_slot_claim(ta_slot *slot, ta_slot_waits *waits,
                                            ta_slot_thread *self, void **ready) {
    for (;;) {
        ta_slot_outcome outcome = ta_slot_try_claim(slot, self, ready);
        if (outcome != TA_SLOT_BUSY) return outcome;
        if (!ta_slot_spin_(slot) && !ta_slot_wait_(slot, waits, self)) return TA_SLOT_DEADLOCK;
    }
}

/* After the exchange that ended a construction: wakes who waits, and calls nobody otherwise. */
static inline void ta_slot_end_(ta_slot *slot, ta_slot_thread *self, uint64_t before) {
    self->building--;
    if ((before & TA_SLOT_WAITED) == 0) return;
    /* E1: pairs with E2 in ta_slot_wait_(). The new count is stored before the wake, so that nobody
     * falls asleep between. It may wrap: that needs 2^32 wakes between a look and a park. */
    ta_fetch_add_acq_rel_u32(&slot->event, 1);
    ta_os_wake_all(&slot->event);
}

/* Ends a claim with a value: not NULL, and even. Only the thread that claimed, once. Wait-free; a
 * system call only where somebody waits. The slot is touched after others can see the value: it may
 * be torn down when this has returned. */
static inline void ta_slot_publish(ta_slot *slot, ta_slot_thread *self, void *value) {
    /* S1: pairs with S2 in ta_slot_peek() and TA_SLOT_WORD_, S3 and S4 in ta_slot_try_claim(). */
    ta_slot_end_(slot, self, ta_exchange_release_u64(&slot->word, (uint64_t)(uintptr_t)value));
}

/* Ends a claim without a value: the slot is empty again, and every waiter tries for itself. Else as
 * ta_slot_publish(). */
static inline void ta_slot_abandon(ta_slot *slot, ta_slot_thread *self) {
    /* A1: pairs with A2 in ta_slot_try_claim(). */
    ta_slot_end_(slot, self, ta_exchange_release_u64(&slot->word, 0));
}

/* Teardown: the value or NULL, and the slot is empty. When nobody else is in a call or makes one
 * meanwhile, by an edge of the caller's own (a join), hence the relaxed accesses. Wait-free. */
static inline void *ta_slot_take(ta_slot *slot) {
    void *value = ta_slot_pointer_(ta_load_relaxed_u64(&slot->word));
    ta_store_relaxed_u64(&slot->word, 0);
    return value;
}

#endif
