/* SPDX-License-Identifier: MIT
 *
 * The lane on ck's typed single-producer single-consumer ring: what src/lane.h is compared with.
 * The interface is that of src/lane.h, as far as the benchmark needs it; the ring holds cells - 1.
 */
#ifndef TA_BENCH_LANE_CK_H
#define TA_BENCH_LANE_CK_H

#include "lane.h"
#include "lanes.h"

#include <ck_pr.h>
#include <ck_ring.h>

CK_RING_PROTOTYPE(ta_cell, ta_cell)

typedef struct ck_lane {
    _Alignas(TA_CACHE_LINE) ck_ring_t ring;
    ta_cell cells[];
} ck_lane;

static inline ck_lane *ck_lane_create(uint32_t cells) {
    ck_lane *lane = ta_allocate_zeroed(pair_memory(), 1, sizeof(ck_lane) + cells * sizeof(ta_cell),
                                       _Alignof(ck_lane));
    if (lane != NULL) ck_ring_init(&lane->ring, cells);
    return lane;
}

static inline void ck_lane_destroy(ck_lane *lane) {
    if (lane != NULL)
        ta_release(pair_memory(), lane, sizeof *lane + lane->ring.size * sizeof(ta_cell),
                   _Alignof(ck_lane));
}

static inline ta_cell *ck_lane_reserve(ck_lane *lane) {
    return ck_ring_enqueue_reserve_spsc_ta_cell(&lane->ring, lane->cells);
}

static inline void ck_lane_commit(ck_lane *lane, uint64_t head) {
    lane->cells[lane->ring.p_tail & lane->ring.mask].head = head;
    ck_pr_fence_release(); /* ck orders stores only; on x86-64 it is no instruction */
    ck_ring_enqueue_commit_spsc(&lane->ring);
}

/* ck has no other publication than commit's. */
static inline void ck_lane_flush(ck_lane *lane) { (void)lane; }

static inline bool ck_lane_receive(ck_lane *lane, ta_cell *out) {
    return ck_ring_dequeue_spsc_ta_cell(&lane->ring, lane->cells, out);
}

static inline void ck_lane_release(ck_lane *lane) { (void)lane; }

static inline bool ck_lane_is_empty(const ck_lane *lane) { return ck_ring_size(&lane->ring) == 0; }

#endif
