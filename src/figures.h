/* SPDX-License-Identifier: MIT
 *
 * Figures that take more than adding: how deep a lane is, and how long messages wait.
 */
#ifndef TA_SRC_FIGURES_H
#define TA_SRC_FIGURES_H

#include "inbox.h"
#include "port.h"

/* ---- figures.c -------------------------------------------------------------------------------- */

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

/* ---- timing.c --------------------------------------------------------------------------------- */

/* The receiver's histogram of a link; NULL without timing. On lines of its own: stamps are the
 * sender's. */
static inline uint64_t *ta_link_queueing(const ta_link *link) {
    return link->stamps == NULL ? NULL : link->stamps + 2 * (size_t)link->from->mesh->lane_cells;
}

/* With timing, the receiver, of what it has just taken: so many cells with so many messages; or one
 * message of its inbox. */
void ta_link_note_queueing(ta_link *link, uint32_t cells, uint32_t messages);
void ta_inbox_note_queueing(ta_inbox *inbox);

#endif
