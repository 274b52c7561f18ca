/* SPDX-License-Identifier: MIT
 *
 * Making and freeing a lane; its hot paths are inline, in lane.h.
 */
#include "lane.h"

#include "error.h"

_Static_assert(sizeof(ta_cell) == TA_CACHE_LINE, "a cell is one cache line");
_Static_assert(offsetof(ck_ring_t, p_tail) / TA_CACHE_LINE !=
                   offsetof(ck_ring_t, c_head) / TA_CACHE_LINE,
               "the sender's and the receiver's words need a line each");
_Static_assert(offsetof(ck_ring_t, p_head) / TA_CACHE_LINE !=
                   offsetof(ck_ring_t, mask) / TA_CACHE_LINE,
               "the words that nobody writes need a line of their own");
_Static_assert((uint64_t)TA_LANE_CELLS_MAX * sizeof(ta_cell) <= UINT64_C(1) << 32,
               "ck computes an offset into the buffer in 32 bits");

static size_t lane_bytes(uint32_t cells) {
    return sizeof(ta_lane) + (size_t)cells * sizeof(ta_cell);
}

ta_status ta_lane_create(uint32_t cells, const ta_allocator *allocator, ta_lane **out) {
    if (out == NULL) return ta_fail(TA_E_INVALID, "out is NULL");
    *out = NULL;
    if (cells < TA_LANE_CELLS_MIN || cells > TA_LANE_CELLS_MAX)
        return ta_fail(TA_E_RANGE, "%u cells; %u to %u are possible", cells, TA_LANE_CELLS_MIN,
                       TA_LANE_CELLS_MAX);
    if ((cells & (cells - 1)) != 0)
        return ta_fail(TA_E_INVALID, "%u cells; a power of two is needed", cells);
    if (allocator == NULL) allocator = ta_allocator_default();
    ta_lane *lane = ta_allocate(allocator, lane_bytes(cells), _Alignof(ta_lane));
    if (lane == NULL) return ta_fail(TA_E_NOMEM, "no memory for %u cells", cells);
    ck_ring_init(&lane->ring, cells);
    lane->allocator = *allocator;
    *out = lane;
    return TA_OK;
}

void ta_lane_destroy(ta_lane *lane) {
    if (lane == NULL) return;
    ta_allocator allocator = lane->allocator; /* the call frees the memory that holds it */
    ta_release(&allocator, lane, lane_bytes(lane->ring.size), _Alignof(ta_lane));
}
