/* SPDX-License-Identifier: MIT
 *
 * A bound for queues that have none of their own: the sender is at most PAIR_CAPACITY messages
 * ahead. The receiver says how far it is four times per capacity.
 */
#ifndef TA_BENCH_PEERS_WINDOW_H
#define TA_BENCH_PEERS_WINDOW_H

#include "pair.h"

/* An attribute, since C++ writes _Alignas otherwise. */
#define WINDOW_LINES_ __attribute__((aligned(2 * TA_CACHE_LINE)))

typedef struct window {
    struct {
        uint64_t taken, seen;
    } WINDOW_LINES_ sender;
    struct {
        uint64_t taken;
    } WINDOW_LINES_ receiver;
    uint64_t released WINDOW_LINES_; /* R0: release -> R1: acquire */
} window;

/* Is there room for so many more? */
static inline bool window_has_room(window *self, uint64_t count) {
    if (self->sender.taken + count - self->sender.seen <= PAIR_CAPACITY) return true;
    self->sender.seen = ta_load_acquire_u64(&self->released); /* R1 */
    return self->sender.taken + count - self->sender.seen <= PAIR_CAPACITY;
}

/* The receiver has taken one. */
static inline void window_release(window *self) {
    if (++self->receiver.taken % (PAIR_CAPACITY / 4) == 0)
        ta_store_release_u64(&self->released, self->receiver.taken); /* R0 */
}

#endif
