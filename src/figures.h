/* SPDX-License-Identifier: MIT
 *
 * Figures that take more than adding: how deep a lane is, and how long messages wait.
 */
#ifndef TA_SRC_FIGURES_H
#define TA_SRC_FIGURES_H

#include "port.h"

/* The rare part of what follows. */
void ta_link_raise_mark(ta_link *link, uint32_t taken, bool has_more);

/* The receiver, after a visit that took so many cells: notes how deep the lane was. `has_more`: the
 * visit did not end with an empty lane. The sender's line, which tells how much there is, is looked
 * at only when the cell that would make it a new mark is written; one that is not, is in the
 * receiver's cache from the lap before. */
static inline void ta_link_note_depth(ta_link *link, uint32_t taken, bool has_more) {
    uint64_t mark = ta_load_relaxed_u64(&link->in.high_water); /* this thread's own */
    if (__builtin_expect(taken <= mark, 1)) {
        if (__builtin_expect(!has_more, 1) || mark > link->lane->receiver.mask) return;
        if (!ta_lane_holds(link->lane, (uint32_t)mark - taken + 1)) return;
    }
    ta_link_raise_mark(link, taken, has_more);
}

#endif
