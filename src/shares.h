/* SPDX-License-Identifier: MIT
 *
 * Counting the shares of an object that several threads use, so that they do not contend for the
 * count, and the last share after the owner's ends the object. Private; this header is the whole
 * protocol and needs atomics alone.
 *
 * Counting. The count is in parts. A share that is made or cloned adds 1 to any part, one that is
 * dropped subtracts 1 from any part, not always the same: so one part says little, and may be
 * negative; their sum is how many shares there are. Threads that keep to parts of their own share no
 * counter with another.
 *
 * Closing. The owner collects the parts in `total`, which has begun with a bias (TA_SHARES_OPEN) so
 * large that no sum brings it near 0: to each part it adds the mark CLOSED, and what the part was
 * before to the total. Who finds the mark when it counts in a part, counts in the total, too, and
 * what it left in the part is without meaning from then on. When all parts are closed the bias goes.
 * Who brings the total to 0, by that or by dropping a share, tears down. Parts stay within 2^61 of
 * where they began, so a closed one is told from an open one by its size. Linux's percpu_ref counts
 * like this; it waits for a grace period between the closing and the sum, where this has the mark.
 *
 * Labelled edges:
 *   H1 a drop's subtraction in an open part, release -> H2 the closing addition to it, acquire;
 *      other additions between the two do not break the edge (they are read-modify-writes)
 *   H3 a drop's change of the total, or the closer's last one, release -> H4 the change that finds
 *      0, acquire
 * So what a thread did before it dropped a share happens before the teardown (H1 H2 H3 H4, or H3
 * H4). Clones need no order: that is part of the argument.
 *
 * Why 0 is never found too early. Each addition and subtraction is in the total once and only once:
 * by the closer, when it came before the mark in its part, else by its author. Look at the total at
 * any moment after the bias went, and call what is in it counted. All that the closer brought is.
 *   (1) Where a share's end is counted, its beginning is. Its beginning happens before its end. If
 *       the beginning went to an open part, it is counted. If it went to the total: an end that
 *       went to the total comes later in the same word, and an end that went to an open part came
 *       to the closer through H1 H2, so that the beginning is before the closer's next change of
 *       the total. Hence the total is the number of shares with a counted beginning and no counted
 *       end.
 *   (2) A share whose beginning is not counted is a clone of another one, since shares that were
 *       made are from before the closing: nobody makes one then, except beside a share that it
 *       holds, which stands for the original here. The original ends after the clone has begun, so
 *       its end is not counted either, as in (1). If its beginning is not, go on with the one that
 *       it was cloned from; this comes to one that is counted, and whose end is not.
 * So as long as any share's end is to come, the total is above 0.
 *
 * A thread touches nothing after its subtraction, unless that finds 0; the closer touches nothing
 * after it took the bias away, unless that does.
 */
#ifndef TA_SRC_SHARES_H
#define TA_SRC_SHARES_H

#include "ta/detail/atomic.h"

/* What the total begins with. Parts begin with 0. */
#define TA_SHARES_OPEN (UINT64_C(1) << 62)

#define TA_SHARES_CLOSED_ (UINT64_C(1) << 62)
#define TA_SHARES_REACH_ (UINT64_C(1) << 61)

static inline bool ta_shares_is_closed_(uint64_t part) {
    const uint64_t top = TA_SHARES_CLOSED_ << 1 | TA_SHARES_CLOSED_;
    return ((part + TA_SHARES_REACH_) & top) == TA_SHARES_CLOSED_;
}

/* One share more. By who holds another one, or before the closing. Wait-free. */
static inline void ta_shares_begin(uint64_t *part, uint64_t *total) {
    /* Relaxed, both: see (2). */
    if (ta_shares_is_closed_(ta_fetch_add_relaxed_u64(part, 1))) ta_fetch_add_relaxed_u64(total, 1);
}

/* One share less. True when it was the last: the caller tears down. Else the object may be gone.
 * Wait-free. */
static inline bool ta_shares_end(uint64_t *part, uint64_t *total) {
    /* H1: pairs with H2 in ta_shares_close_part(). */
    if (!ta_shares_is_closed_(ta_fetch_add_acq_rel_u64(part, UINT64_MAX))) return false;
    /* H3, H4: pairs with itself, and with the same in ta_shares_close(). */
    return ta_fetch_add_acq_rel_u64(total, UINT64_MAX) == 1;
}

/* The owner, once: first each part, then ta_shares_close(), which answers as ta_shares_end().
 * Wait-free. */
static inline void ta_shares_close_part(uint64_t *part, uint64_t *total) {
    /* H2: pairs with H1 in ta_shares_end(). */
    uint64_t count = ta_fetch_add_acq_rel_u64(part, TA_SHARES_CLOSED_);
    /* Relaxed: ta_shares_close() releases this one, too, and nothing is torn down before it. */
    ta_fetch_add_relaxed_u64(total, count);
}

static inline bool ta_shares_close(uint64_t *total) {
    /* H3: pairs with H4 in ta_shares_end(). H4: pairs with H3 there. */
    return ta_fetch_add_acq_rel_u64(total, -TA_SHARES_OPEN) == TA_SHARES_OPEN;
}

/* What a part and the total add to the number of shares. Exact when nobody counts meanwhile.
 * Relaxed: the words are read one after the other, and fit together only then. */
static inline uint64_t ta_shares_of_part(const uint64_t *part) {
    uint64_t count = ta_load_relaxed_u64(part);
    return ta_shares_is_closed_(count) ? 0 : count;
}

static inline uint64_t ta_shares_of_total(const uint64_t *total) {
    uint64_t count = ta_load_relaxed_u64(total);
    return count >= TA_SHARES_REACH_ ? count - TA_SHARES_OPEN : count;
}

#endif
