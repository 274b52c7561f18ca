/* SPDX-License-Identifier: MIT
 *
 * Making and freeing a lane; its hot paths are inline, in lane.h.
 */
#include "lane.h"

#include "error.h"

#include <stddef.h>

_Static_assert(sizeof(ta_cell) == TA_CACHE_LINE, "a cell is one cache line");
_Static_assert(offsetof(ta_lane, receiver) - offsetof(ta_lane, sender) == TA_CACHE_LINE &&
                   offsetof(ta_lane, freed) - offsetof(ta_lane, receiver) == TA_CACHE_LINE &&
                   offsetof(ta_lane, cells) - offsetof(ta_lane, freed) == TA_CACHE_LINE,
               "the sender's words, the receiver's and what is between have a line each");

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
    ta_lane *lane = ta_allocate_zeroed(allocator, 1, lane_bytes(cells), _Alignof(ta_lane));
    if (lane == NULL) return ta_fail(TA_E_NOMEM, "no memory for %u cells", cells);
    lane->sender.mask = lane->receiver.mask = cells - 1;
    lane->sender.shift = lane->receiver.shift = (uint32_t)__builtin_ctz(cells);
    lane->allocator = *allocator;
    *out = lane;
    return TA_OK;
}

void ta_lane_destroy(ta_lane *lane) {
    if (lane == NULL) return;
    ta_allocator allocator = lane->allocator; /* the call frees the memory that holds it */
    ta_release(&allocator, lane, lane_bytes(lane->sender.mask + 1), _Alignof(ta_lane));
}
