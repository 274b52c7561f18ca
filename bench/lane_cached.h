/* SPDX-License-Identifier: MIT
 *
 * The lane as ck lays it out, but each side keeps a copy of the other's index, which it looks at
 * anew only when the copy says full or empty, and publishes its own in bulk: the sender by a flush,
 * or per commit, the receiver per quarter of the ring and by a release. What src/lane.h is compared
 * with; the interface is that of src/lane.h, as far as the benchmark needs it.
 *
 *   D0 the sender stores `committed`, release -> D1 the receiver loads it, acquire
 *   F0 the receiver stores `freed`, release -> F1 the sender loads it, acquire
 */
#ifndef TA_BENCH_LANE_CACHED_H
#define TA_BENCH_LANE_CACHED_H

#include "lane.h"
#include "lanes.h"

typedef struct cached_lane {
    _Alignas(TA_CACHE_LINE) struct { uint32_t tail, published, seen, mask; } sender;
    _Alignas(TA_CACHE_LINE) struct { uint32_t head, released, seen, mask; } receiver;
    _Alignas(TA_CACHE_LINE) uint32_t committed;
    _Alignas(TA_CACHE_LINE) uint32_t freed;
    ta_cell cells[];
} cached_lane;

static inline cached_lane *cached_lane_create(uint32_t cells) {
    cached_lane *lane = ta_allocate_zeroed(
        pair_memory(), 1, sizeof(cached_lane) + cells * sizeof(ta_cell), _Alignof(cached_lane));
    if (lane != NULL) lane->sender.mask = lane->receiver.mask = cells - 1;
    return lane;
}

static inline void cached_lane_destroy(cached_lane *lane) {
    if (lane != NULL)
        ta_release(pair_memory(), lane, sizeof *lane + (lane->sender.mask + 1) * sizeof(ta_cell),
                   _Alignof(cached_lane));
}

static inline ta_cell *cached_lane_reserve(cached_lane *lane) {
    if (lane->sender.tail - lane->sender.seen > lane->sender.mask) {
        lane->sender.seen = ta_load_acquire_u32(&lane->freed); /* F1 */
        if (lane->sender.tail - lane->sender.seen > lane->sender.mask) return NULL;
    }
    return &lane->cells[lane->sender.tail & lane->sender.mask];
}

static inline void cached_lane_flush(cached_lane *lane) {
    if (lane->sender.published == lane->sender.tail) return;
    lane->sender.published = lane->sender.tail;
    ta_store_release_u32(&lane->committed, lane->sender.tail); /* D0 */
}

/* Visible to the receiver after a flush. */
static inline void cached_lane_stage(cached_lane *lane, uint64_t head) {
    lane->cells[lane->sender.tail++ & lane->sender.mask].head = head;
}

static inline void cached_lane_commit(cached_lane *lane, uint64_t head) {
    cached_lane_stage(lane, head);
    cached_lane_flush(lane);
}

static inline void cached_lane_release(cached_lane *lane) {
    if (lane->receiver.released == lane->receiver.head) return;
    lane->receiver.released = lane->receiver.head;
    ta_store_release_u32(&lane->freed, lane->receiver.head); /* F0 */
}

static inline bool cached_lane_is_empty(const cached_lane *lane) {
    return lane->receiver.head == lane->receiver.seen &&
           lane->receiver.head == ta_load_relaxed_u32(&lane->committed); /* relaxed: a hint */
}

static inline bool cached_lane_receive(cached_lane *lane, ta_cell *out) {
    if (lane->receiver.head == lane->receiver.seen) {
        lane->receiver.seen = ta_load_acquire_u32(&lane->committed); /* D1 */
        if (lane->receiver.head == lane->receiver.seen) {
            cached_lane_release(lane);
            return false;
        }
    }
    *out = lane->cells[lane->receiver.head++ & lane->receiver.mask];
    if (lane->receiver.head - lane->receiver.released > lane->receiver.mask / 4)
        cached_lane_release(lane);
    return true;
}

#endif
