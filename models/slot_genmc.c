/* SPDX-License-Identifier: MIT
 *
 * The slot's protocol itself, src/slot.h, for checkers of weak memory, which Spin is not. As a
 * plain program it runs the same main once; exit 0.
 *
 * Three threads ask for one slot whose first construction fails; then two ask for two slots whose
 * constructors ask for each other. -DONE_ALONE and -DPAIR_ALONE run one of these: for a checker
 * of all executions, both would be the product.
 *
 * Each of these takes an order away:
 *   RELAXED_PUBLISH      S1
 *   RELAXED_ABANDON      A1
 *   RELAXED_LOOK         S2, S3
 *   RELAXED_CLAIM        A2, S4
 *   RELAXED_EVENT        E1
 *   RELAXED_EVENT_LOOK   E2
 * ThreadSanitizer sees the first three as a race in any run. The fourth is one only where another
 * thread claims and ends between a claim's load and its compare-and-swap; the last two are a wait
 * without end, on processors that reorder. Those are for a checker of all executions.
 *
 * script/model-check reads what follows. GenMC takes a wait that it assumes to end for one without
 * end where it stands in another loop that writes, hence the second line's other option.
 * genmc: --check-liveness --unroll=6 -DONE_ALONE | RELAXED_PUBLISH RELAXED_ABANDON RELAXED_LOOK
 * genmc: --check-liveness --unroll=4 -DONE_ALONE -DFAILURES=0 | RELAXED_CLAIM RELAXED_EVENT
 * genmc: --check-liveness --unroll=4 -DONE_ALONE -DFAILURES=0 | RELAXED_EVENT_LOOK
 * genmc: --disable-spin-assume --unroll=6 -DPAIR_ALONE | RELAXED_ABANDON RELAXED_CLAIM
 * tsan: | RELAXED_PUBLISH RELAXED_ABANDON RELAXED_LOOK
 */
#undef NDEBUG /* the assertions are what a checker looks at */
#include "ta/detail/atomic.h"

#include <assert.h>
#include <stdlib.h>

/* The protocol is compiled with these in place of what it names. */
#if defined(RELAXED_PUBLISH) || defined(RELAXED_ABANDON)
static inline uint64_t exchange(uint64_t *word, uint64_t value) {
#ifdef RELAXED_PUBLISH
    if (value != 0) return __atomic_exchange_n(word, value, __ATOMIC_RELAXED);
#else
    if (value == 0) return __atomic_exchange_n(word, value, __ATOMIC_RELAXED);
#endif
    return ta_exchange_release_u64(word, value);
}
#define ta_exchange_release_u64 exchange
#endif
#ifdef RELAXED_LOOK
#define ta_load_acquire_u64 ta_load_relaxed_u64
#endif
#ifdef RELAXED_CLAIM
#define ta_compare_exchange_acquire_u64 ta_compare_exchange_relaxed_u64
#endif
#ifdef RELAXED_EVENT
#define ta_fetch_add_acq_rel_u32 ta_fetch_add_relaxed_u32
#endif
#ifdef RELAXED_EVENT_LOOK
#define ta_load_acquire_u32 ta_load_relaxed_u32
#endif

/* Orders nothing, and is an instruction that a checker need not know. */
#define ta_cpu_pause() ((void)0)
static const unsigned spins = 0; /* looking again adds executions and no behaviour */
#define TA_SLOT_SPINS spins
#include "slot.h"

/* The system, with no order of its own. The wake is the new event. */
void ta_os_park(const uint32_t *word, uint32_t expected) {
    while (ta_load_relaxed_u32(word) == expected) continue;
}
void ta_os_wake_all(uint32_t *word) { (void)word; }

#define THREADS 3
#ifndef FAILURES
#define FAILURES 1
#endif

static ta_slot slot, pair[2];
static ta_slot_waits waits = TA_SLOT_WAITS_INIT;
static ta_slot_thread selves[THREADS];
/* Plain: a checker reports a race on them. */
static int value, constructions, pair_constructions[2];

static void build_or_read(ta_slot_thread *self) {
    void *ready = NULL;
    ta_slot_outcome outcome = ta_slot_claim(&slot, &waits, self, &ready);
    if (outcome == TA_SLOT_CLAIMED) {
        if (constructions++ < FAILURES) {
            ta_slot_abandon(&slot, self);
        } else {
            value = 42;
            ta_slot_publish(&slot, self, &value);
        }
    } else {
        assert(outcome == TA_SLOT_READY && ready == &value && value == 42);
    }
}

static void *one_slot(void *argument) {
    ta_slot_thread *self = argument;
    int *seen = ta_slot_peek(&slot);
    assert(seen == NULL || *seen == 42);
    build_or_read(self);
    return NULL;
}

/* Builds the one, and inside it the other; an error goes outwards. */
static void *two_slots(void *argument) {
    ta_slot_thread *self = argument;
    int first = self == &selves[1];
    ta_slot *outer = &pair[first], *inner = &pair[1 - first];
    void *ready = NULL;
    if (ta_slot_claim(outer, &waits, self, &ready) != TA_SLOT_CLAIMED) return NULL;
    pair_constructions[first]++;
    ta_slot_outcome outcome = ta_slot_claim(inner, &waits, self, &ready);
    if (outcome == TA_SLOT_CLAIMED) {
        pair_constructions[1 - first]++;
        /* Its constructor asks for the outer one. */
        assert(ta_slot_claim(outer, &waits, self, &ready) == TA_SLOT_REENTERED);
        ta_slot_abandon(inner, self);
    } else {
        assert(outcome == TA_SLOT_DEADLOCK);
    }
    ta_slot_abandon(outer, self);
    return NULL;
}

static void run(void *(*body)(void *), int threads) {
    pthread_t ids[THREADS];
    for (int i = 0; i < threads; i++)
        if (pthread_create(&ids[i], NULL, body, &selves[i]) != 0) abort();
    for (int i = 0; i < threads; i++) pthread_join(ids[i], NULL);
}

int main(void) {
#ifndef PAIR_ALONE
    run(one_slot, THREADS);
    assert(constructions == FAILURES + 1 && ta_slot_take(&slot) == &value);
#endif
#ifndef ONE_ALONE
    run(two_slots, 2);
    assert(ta_slot_peek(&pair[0]) == NULL && ta_slot_peek(&pair[1]) == NULL);
#endif
    return 0;
}
