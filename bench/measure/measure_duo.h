/* SPDX-License-Identifier: MIT
 *
 * Two threads, each pinned to a processor of its own, that run the two parts of a measurement at
 * the same time: the caller is `from`, a helper thread is `to`.
 *
 * The helper lives as long as the duo. Between two parts it spins for some ten microseconds, so
 * that a series of parts needs no wake, and then sleeps; on the processor of its own caller
 * (same_processor) it never spins, since that would keep the caller from running.
 *
 * No wait is endless: duo_wait() stands in every spin loop of both parts, and makes both give up
 * when the part's time is over or the program is to stop. A part that was told so returns at once.
 */
#ifndef TA_MEASURE_DUO_H
#define TA_MEASURE_DUO_H

#include "ta/detail/atomic.h"
#include "ta/registry.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>

typedef enum duo_side { DUO_FROM, DUO_TO } duo_side;

typedef struct measure_duo measure_duo;
typedef void duo_part(measure_duo *duo, duo_side side, void *job);

/* What a thread got of its processor while it ran its parts. */
typedef struct duo_usage {
    int64_t wall_ns, cpu_ns;
    int64_t involuntary; /* context switches that it did not ask for */
} duo_usage;

/* A word that one thread writes and the other reads, alone on its cache line. */
typedef struct duo_word {
    _Alignas(TA_CACHE_LINE) atomic_uint value;
} duo_word;

struct measure_duo {
    duo_word order;    /* `from` counts the parts that it gives out; a futex */
    duo_word finished; /* the helper's count of the parts that it ended; a futex */
    duo_word at[2];    /* how often each side has come to duo_meet() in this part */
    _Alignas(TA_CACHE_LINE) atomic_bool gave_up;
    atomic_bool *stop; /* set from outside (a signal): give up */
    /* Written by `from` before a part, while the helper waits; read by both. */
    const ta_registry *registry;
    ta_affinity place[2];
    bool same_processor;
    int64_t deadline_ns;
    duo_part *part;
    void *job;
    struct {
        _Alignas(TA_CACHE_LINE) duo_usage since_taken; /* each side writes its own */
        ta_status pinned;
    } side[2];
    pthread_t helper;
    int helper_stat; /* /proc/self/task/TID/stat of the helper, or -1 */
};

/* Makes a duo, with its helper thread, of threads that are not placed yet. `stop` outlives it.
 * TA_E_NOMEM, TA_E_SYSTEM (no thread). */
ta_status duo_create(const ta_registry *registry, atomic_bool *stop, measure_duo **out);
/* Ends the helper. NULL is allowed. */
void duo_destroy(measure_duo *duo);

/* Pins the caller and the helper. The status of the first pin that failed. */
ta_status duo_place(measure_duo *duo, ta_affinity from, ta_affinity to);

/* Runs `part` on both sides at once; returns when both have returned. False when they gave up. */
bool duo_run(measure_duo *duo, duo_part *part, void *job);

/* What `side` used since the last call. Between parts only. */
duo_usage duo_take_usage(measure_duo *duo, duo_side side);

/* Is the helper asleep in the kernel now? For parts of `from`. False also when nothing can tell
 * (helper_stat is -1). */
bool duo_helper_sleeps(const measure_duo *duo);

/* Both sides leave when both have come; false: give up. */
bool duo_meet(measure_duo *duo, duo_side side);

/* The slow part of duo_wait(). */
bool duo_may_wait(measure_duo *duo);
/* Makes both sides leave their loops. */
void duo_give_up(measure_duo *duo);

/* One turn of a loop that waits for the other side. `tries` counts them, from 0. False: give up. */
static inline bool duo_wait(measure_duo *duo, unsigned *tries) {
    if (duo->same_processor)
        sched_yield(); /* the other one cannot run before */
    else
        ta_cpu_pause();
    return ++*tries % 1024 != 0 || duo_may_wait(duo);
}

/* Spins until the other side has set the word to `value`; false: give up. */
static inline bool duo_await(measure_duo *duo, duo_word *word, unsigned value) {
    unsigned tries = 0;

    /* W1: pairs with W0 in duo_set() */
    while (atomic_load_explicit(&word->value, memory_order_acquire) != value)
        if (!duo_wait(duo, &tries)) return false;
    return true;
}
static inline void duo_set(duo_word *word, unsigned value) {
    /* W0: pairs with W1 in duo_await() */
    atomic_store_explicit(&word->value, value, memory_order_release);
}

/* CLOCK_MONOTONIC in nanoseconds: one clock for all processors. */
int64_t duo_now(void);

#endif
