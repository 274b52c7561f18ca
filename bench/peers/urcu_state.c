/* SPDX-License-Identifier: MIT
 *
 * liburcu, for state per processor. It has no counters of its own to offer, and what it keeps inside
 * its hash table is done here in the same way: a counter on a line of its own for each processor,
 * found by sched_getcpu() and added to atomically (uatomic), since a thread may be moved in between.
 * And a table whose values are replaced while they are read, under RCU: readers of the `memb` kind,
 * registered, who enter and leave for each read.
 */
#include "peers.h"

#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#define _LGPL_SOURCE /* its functions inline */
#include <urcu/urcu-memb.h>

/* ---- counters -------------------------------------------------------------------------------- */

typedef struct counter {
    _Alignas(2 * TA_CACHE_LINE) unsigned long value;
} counter;

typedef struct split {
    struct {
        _Alignas(2 * TA_CACHE_LINE) uint64_t value;
    } expected[BENCH_THREADS];
    size_t processors;
    counter counters[];
} split;

static void *split_create(const bench_world *world) {
    size_t processors = (size_t)sysconf(_SC_NPROCESSORS_CONF);
    split *self =
        aligned_alloc(_Alignof(split), sizeof(split) + processors * sizeof(struct counter));
    (void)world;
    if (self == NULL) return NULL;
    *self = (split){.processors = processors};
    for (size_t i = 0; i < processors; i++) self->counters[i].value = 0;
    return self;
}

static uint64_t split_run(void *state, unsigned thread, uint64_t operations) {
    split *self = state;
    for (uint64_t r = 0; r < operations; r++)
        uatomic_add(&self->counters[(size_t)sched_getcpu() % self->processors].value, 1);
    self->expected[thread].value += operations;
    return 0;
}

static bool split_finish(void *state) {
    split *self = state;
    uint64_t sum = 0;
    for (size_t i = 0; i < self->processors; i++) sum += uatomic_read(&self->counters[i].value);
    return sum == self->expected[0].value + self->expected[1].value;
}

const bench_contender *peer_urcu_count(void) {
    static const bench_contender contender = {.name = "urcu_split",
                                              .create = split_create,
                                              .run = split_run,
                                              .finish = split_finish,
                                              .destroy = free,
                                              .by_two = true};
    return &contender;
}

/* ---- values ---------------------------------------------------------------------------------- */

typedef struct table {
    struct {
        _Alignas(2 *
                 TA_CACHE_LINE) uint64_t *value; /* P0: rcu_set_pointer -> P1: rcu_dereference */
    } of[BENCH_THREADS];
} table;

static uint64_t number_of(unsigned thread) { return 2 * (uint64_t)thread + 1; }

static void table_destroy(void *state) {
    table *self = state;
    for (unsigned i = 0; i < BENCH_THREADS; i++) free(self->of[i].value);
    free(self);
}

static void *table_create(const bench_world *world) {
    table *self = aligned_alloc(_Alignof(table), sizeof *self);
    (void)world;
    if (self == NULL) return NULL;
    *self = (table){0};
    for (unsigned i = 0; i < BENCH_THREADS; i++) {
        uint64_t *value = aligned_alloc(TA_CACHE_LINE, TA_CACHE_LINE);
        if (value == NULL) {
            table_destroy(self);
            return NULL;
        }
        *value = number_of(i);
        rcu_set_pointer(&self->of[i].value, value); /* P0 */
    }
    return self;
}

/* Registering is part of the thread's life, not of a read: once per run. */
static uint64_t table_run(void *state, unsigned thread, uint64_t operations) {
    table *self = state;
    uint64_t wrong = 0;
    urcu_memb_register_thread();
    for (uint64_t r = 0; r < operations; r++) {
        urcu_memb_read_lock();
        const uint64_t *value = rcu_dereference(self->of[thread].value); /* P1: pairs with P0 */
        wrong += *value != number_of(thread);
        urcu_memb_read_unlock();
    }
    urcu_memb_unregister_thread();
    return wrong;
}

const bench_contender *peer_urcu_read(void) {
    static const bench_contender contender = {.name = "urcu_read",
                                              .create = table_create,
                                              .run = table_run,
                                              .destroy = table_destroy,
                                              .by_two = true};
    return &contender;
}
