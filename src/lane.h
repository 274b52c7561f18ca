/* SPDX-License-Identifier: MIT
 *
 * A lane: a bounded first-in first-out queue of cache-line cells from one sender thread to one
 * receiver thread, on ck's typed ring. Private until ports are built on it; C only, because ck's
 * header is not C++.
 *
 * Thread rules: at any time at most one thread sends (reserve, commit) and at most one receives;
 * the two need no further agreement. Handing an end to another thread needs an edge of the
 * caller's own (a join, a message). Create and destroy: when nobody else is in a call.
 *
 * Progress: reserve, commit and receive are wait-free, a bounded number of steps with no loop and
 * no system call. Full and empty are answers, not waits.
 *
 * Order: cells arrive in the order of their commits, each exactly once. Everything that the sender
 * did before a commit happens before the receive that returns that cell. In the other direction
 * only this much is promised: the receiver has finished reading a cell before reserve() gives it
 * out again.
 *
 * ThreadSanitizer: see tsan.h. A write to a cell after its commit, or to an object that a message
 * gave away, is reported like any race (tests/planted/lane_race.c).
 *
 * Facts of ck 0.7.1 that the code below depends on: a ring of `size` holds size - 1; size must be a
 * power of two and nothing checks it; an offset into the buffer is a 32-bit product, so the buffer
 * must not exceed 4 GiB (TA_LANE_CELLS_MAX); ck_ring_valid() is wrong after the counters wrap at
 * 2^32 and is never called; what the ring leaves unordered on other processors than x86:
 * atomic_ck.h.
 */
#ifndef TA_SRC_LANE_H
#define TA_SRC_LANE_H

#include "atomic_ck.h"
#include "tsan.h"

#include "ta/memory.h"

#include <ck_ring.h>

#define TA_LANE_CELLS_MIN 2u
#define TA_LANE_CELLS_MAX (1u << 26)

typedef struct ta_cell {
    _Alignas(TA_CACHE_LINE) unsigned char bytes[TA_CACHE_LINE];
} ta_cell;

CK_RING_PROTOTYPE(ta_cell, ta_cell)

/* Three lines and the cells, in one allocation:
 *   ring.c_head             written by the receiver, read by both
 *   ring.p_tail, p_head     written by the sender, read by both (p_head: not used)
 *   ring.size, mask         and the rest: read only
 * Invariant, on the counters modulo 2^32: 0 <= p_tail - c_head <= size - 1. The receiver owns the
 * cells [c_head, p_tail), the sender all others. */
typedef struct ta_lane {
    _Alignas(TA_CACHE_LINE) ck_ring_t ring;
    ta_allocator allocator;
    ta_cell cells[];
} ta_lane;

/* A lane that holds cells - 1 messages. `cells`: a power of two, TA_LANE_CELLS_MIN to
 * TA_LANE_CELLS_MAX. `allocator` (NULL: the default one) is copied and must outlive the lane. The
 * caller owns *out. On failure *out is NULL and nothing stays allocated:
 *   TA_E_INVALID  cells is not a power of two, or out is NULL;
 *   TA_E_RANGE    cells is out of range;
 *   TA_E_NOMEM.
 * Progress: that of the allocator. Cells are not touched: pages arrive as the sender first
 * writes. */
ta_status ta_lane_create(uint32_t cells, const ta_allocator *allocator, ta_lane **out);

/* Frees the lane; NULL is allowed. Messages that were not received are gone: they are bytes to the
 * lane, and what they refer to is the caller's to drain first. */
void ta_lane_destroy(ta_lane *lane);

/* Sender: the next free cell, to be written in place; NULL when the lane is full. Its content is
 * indeterminate. Reserving again before a commit gives the same cell, so a reservation is given up
 * by doing nothing. Wait-free. */
static inline ta_cell *ta_lane_reserve(ta_lane *lane) {
    ta_tsan_ignore_begin();
    /* F1: ck loads c_head; pairs with F0 in ta_lane_receive(). The branch on it orders the sender's
     * later writes to the cell. */
    ta_cell *cell = ck_ring_enqueue_reserve_spsc_ta_cell(&lane->ring, lane->cells);
    ta_tsan_ignore_end();
    if (cell != NULL) ta_tsan_acquire(cell);
    return cell;
}

/* Sender: publishes the cell that the last reserve() gave; only after a reserve() that gave one,
 * and once. The cell is the receiver's from here on. Wait-free. */
static inline void ta_lane_commit(ta_lane *lane) {
    /* p_tail plain: only this thread writes it. */
    if (TA_TSAN) ta_tsan_release(&lane->cells[lane->ring.p_tail & lane->ring.mask]);
    ta_tsan_ignore_begin();
    ta_ck_release_before_commit();
    /* D0: ck stores p_tail; pairs with D1 in ta_lane_receive(). */
    ck_ring_enqueue_commit_spsc(&lane->ring);
    ta_tsan_ignore_end();
}

/* Receiver: what ck is about to do, for the sanitizer. The edge of the free cell must be stated
 * before ck frees it, so emptiness is looked up first: it cannot come back while the only receiver
 * is here. */
static inline bool ta_lane_tsan_receive_(ta_lane *lane, ta_cell *out) {
    ta_tsan_ignore_begin();
    bool empty = ck_ring_size(&lane->ring) == 0;
    ta_cell *cell = &lane->cells[lane->ring.c_head & lane->ring.mask];
    ta_tsan_ignore_end();
    if (empty) return false;
    ta_tsan_acquire(cell);
    ta_tsan_read(cell, sizeof *cell);
    ta_tsan_write(out, sizeof *out);
    ta_tsan_release(cell);
    return true;
}

/* Receiver: copies the oldest cell to *out and frees it; false when the lane is empty, *out is then
 * untouched. Wait-free. */
static inline bool ta_lane_receive(ta_lane *lane, ta_cell *out) {
    if (TA_TSAN && !ta_lane_tsan_receive_(lane, out)) return false;
    ta_tsan_ignore_begin();
    /* D1: ck loads p_tail; pairs with D0 in ta_lane_commit(). F0: then it stores c_head; pairs with
     * F1 in ta_lane_reserve(). */
    bool received = ck_ring_dequeue_spsc_ta_cell(&lane->ring, lane->cells, out);
    ta_tsan_ignore_end();
    return received;
}

#endif
