/* SPDX-License-Identifier: MIT
 *
 * Bells: how a receiver that does not look learns that there is something to look at. Private; this
 * header is the whole protocol and needs atomics alone.
 *
 * A receiver looks at the lanes of senders that sent lately, which costs a look each. A lane that
 * stayed empty for a while it *rests*: it looks no more, until the lane's sender rings. When all
 * rest, it may sleep.
 *
 * Each lane has a word, the rest word:
 *   RESTING  the receiver does not look: set by the receiver, taken away by who will see to it that
 *            it looks again, the sender (which rings then) or the receiver
 *   WANTED   the sender waits for room: set by the sender, taken away by the receiver (which rings
 *            back then) or the sender
 *   DEAD     the receiver will never look again; what is in the lane is the sender's
 * (and above them a number, which changes when a sender gives a dead lane to another receiver) and
 * each receiver a set of bells, one bit for each lane, with a word in front of it:
 *   RUNG     some bit may be set
 *   ASLEEP_* who sets RUNG shall wake the receiver, in that way
 *   GONE     nobody will answer: who rings for a lane gives it up itself
 *
 * All steps are read-modify-writes with acquire and release, so of two steps on one word one sees
 * the other, and all that its thread did before:
 *   R1 the sender's look at the rest word, after it published cells
 *   R2 the receiver's RESTING, before it looks at the lane once more
 *      R1 before R2: the receiver's last look finds the cells. R2 before R1: the sender finds
 *      RESTING, and rings. There is no third case, so no cell is overlooked.
 *   B1 a ringer's bit, then B2 its RUNG
 *   B3 the receiver's taking of RUNG, then B4 its taking of bits
 *      B2 before B3: it finds the bit at B4. B3 before B2: RUNG is set again, for the next time.
 *   B5 the receiver's ASLEEP_*, which it takes back if RUNG was there
 *      B2 before B5: it does not sleep. B5 before B2: the ringer finds ASLEEP_* and wakes it; of
 *      several ringers the first alone, since the others find RUNG.
 *   G1 the receiver's GONE, after which it gives up all lanes that it finds
 *      B2 before G1: it finds the lane, which was made before. G1 before B2: the ringer finds GONE,
 *      and sets DEAD in its place.
 *   W1 the sender's WANTED, before it looks for room once more
 *   W2 the receiver's R2 or R3, after it freed cells, which finds WANTED
 * The price is the sender's: R1 costs it a read-modify-write per flush, on a line that stays its own
 * as long as the receiver does not rest (docs/lane.md has the figures, and those of the
 * alternative, membarrier() by who goes to sleep).
 */
#ifndef TA_SRC_BELL_H
#define TA_SRC_BELL_H

#include "ta/detail/atomic.h"

/* ---- the rest word of a lane ------------------------------------------------------------------ */

#define TA_REST_RESTING 1u
#define TA_REST_WANTED 2u
#define TA_REST_DEAD 4u
#define TA_REST_NUMBER 8u /* one more */

/* Sender, after publishing. True: ring the lane's bell. *dead: whether the lane is. Wait-free. */
static inline bool ta_rest_published(uint32_t *rest, bool *dead) {
    /* R1: pairs with R2. */
    uint32_t before = ta_fetch_and_acq_rel_u32(rest, ~TA_REST_RESTING);
    *dead = (before & TA_REST_DEAD) != 0;
    return (before & TA_REST_RESTING) != 0;
}

/* Receiver: rests the lane. It must look at the lane once more, and call ta_rest_end() if there is
 * anything. Returns whether the sender waits for room, which there is, in an empty lane.
 * Wait-free. */
static inline bool ta_rest_begin(uint32_t *rest) {
    /* R2: pairs with R1. W2: pairs with W1. */
    return (ta_fetch_or_acq_rel_u32(rest, TA_REST_RESTING) & TA_REST_WANTED) != 0;
}

/* Receiver: after all. True: it looks at the lane again. False: the sender was faster, and rings.
 * Wait-free. */
static inline bool ta_rest_end(uint32_t *rest) {
    return (ta_fetch_and_acq_rel_u32(rest, ~TA_REST_RESTING) & TA_REST_RESTING) != 0;
}

/* Receiver: gives the lane up, after its last look. What it freed before, the sender knows by R1.
 * Or the sender, in place of a receiver that is GONE. Wait-free. */
static inline void ta_rest_die(uint32_t *rest) {
    /* R2: pairs with R1. */
    ta_fetch_or_acq_rel_u32(rest, TA_REST_DEAD);
}

/* Has the lane been given to another receiver between two looks at its word? */
static inline bool ta_rest_has_changed(uint32_t one, uint32_t other) {
    return one / TA_REST_NUMBER != other / TA_REST_NUMBER;
}

/* The next receiver: a lane that was meant for an earlier one, and had the rest word `seen`, dies.
 * False: its sender has done so itself, and perhaps given it to somebody else since. Lock-free. */
static inline bool ta_rest_die_if(uint32_t *rest, uint32_t seen) {
    uint32_t now = seen;
    do
        if ((now & TA_REST_DEAD) != 0 || ta_rest_has_changed(now, seen)) return false;
    /* R2: pairs with R1. */
    while (!ta_compare_exchange_acq_rel_u32(rest, &now, now | TA_REST_DEAD));
    return true;
}

/* Sender, of a dead lane: it serves another receiver from here on, and rests. Plain numbers: nobody
 * else writes to the word of a dead lane. Wait-free. */
static inline void ta_rest_revive(uint32_t *rest) {
    uint32_t number = ta_load_relaxed_u32(rest) / TA_REST_NUMBER + 1;
    /* R4: pairs with R1 in ta_rest_look(), by the next receiver. */
    ta_store_release_u32(rest, number * TA_REST_NUMBER | TA_REST_RESTING);
}

/* Sender: does the receiver rest, perhaps? Relaxed: a hint. */
static inline bool ta_rest_may_rest(const uint32_t *rest) {
    return (ta_load_relaxed_u32(rest) & TA_REST_RESTING) != 0;
}

/* The word as it is: DEAD, or not. Wait-free. */
static inline uint32_t ta_rest_look(const uint32_t *rest) {
    /* R1: pairs with R2 in ta_rest_die(). Only a load: nothing is published. And pairs with R4, by
     * which a sender gives a dead lane to the next receiver. */
    return ta_load_acquire_u32(rest);
}

/* Sender: does it own both ends of the lane by now? Receiver: not yet another one's? Wait-free. */
static inline bool ta_rest_is_dead(const uint32_t *rest) {
    return (ta_rest_look(rest) & TA_REST_DEAD) != 0;
}

/* Sender: waits for room from here on; it must look for room once more. Wait-free. */
static inline void ta_rest_want(uint32_t *rest) {
    /* W1: pairs with W2. */
    ta_fetch_or_acq_rel_u32(rest, TA_REST_WANTED);
}

/* Receiver, that has freed cells: does the sender wait for room? A hint, and relaxed: what it
 * misses ta_rest_begin() finds. */
static inline bool ta_rest_may_be_wanted(const uint32_t *rest) {
    return (ta_load_relaxed_u32(rest) & TA_REST_WANTED) != 0;
}

/* Either: no longer. True: the caller is who took it away. Wait-free. */
static inline bool ta_rest_unwant(uint32_t *rest) {
    /* W2: pairs with W1. */
    return (ta_fetch_and_acq_rel_u32(rest, ~TA_REST_WANTED) & TA_REST_WANTED) != 0;
}

/* ---- the bells of a receiver ------------------------------------------------------------------ */

#define TA_BELLS_RUNG 1u
#define TA_BELLS_ASLEEP_FD 2u
#define TA_BELLS_ASLEEP_FUTEX 4u
#define TA_BELLS_ASLEEP (TA_BELLS_ASLEEP_FD | TA_BELLS_ASLEEP_FUTEX)
#define TA_BELLS_GONE 8u

typedef struct ta_bells {
    uint32_t state; /* also what a receiver parks on */
    uint32_t words; /* of bits; immutable */
    uint64_t *bits; /* immutable pointer */
} ta_bells;

/* Any thread: sets a bell. Returns how the receiver is to be woken: an ASLEEP_*, or 0: not at all;
 * and GONE if it is. Wait-free. */
static inline uint32_t ta_bells_ring(ta_bells *bells, uint32_t bell) {
    /* B1: pairs with B4 in ta_bells_take(). */
    ta_fetch_or_acq_rel_u64(&bells->bits[bell / 64], UINT64_C(1) << (bell % 64));
    /* B2: pairs with B3 in ta_bells_answer(), B5 in ta_bells_sleep() and G1 in ta_bells_leave(). */
    uint32_t before = ta_fetch_or_acq_rel_u32(&bells->state, TA_BELLS_RUNG);
    if ((before & TA_BELLS_RUNG) != 0) return before & TA_BELLS_GONE;
    return before & (TA_BELLS_ASLEEP | TA_BELLS_GONE);
}

/* Receiver: is it worth while to answer? Relaxed: nothing follows from it but another look. */
static inline bool ta_bells_are_rung(const ta_bells *bells) {
    return (ta_load_relaxed_u32(&bells->state) & TA_BELLS_RUNG) != 0;
}

/* Receiver: about to take all bells. Wait-free. */
static inline void ta_bells_answer(ta_bells *bells) {
    /* B3: pairs with B2. */
    ta_fetch_and_acq_rel_u32(&bells->state, ~TA_BELLS_RUNG);
}

/* Receiver: takes the bells of one word. Wait-free. */
static inline uint64_t ta_bells_take(ta_bells *bells, uint32_t word) {
    /* Relaxed: bits that came before B3 are seen for its sake; of others the next answer learns. */
    if (ta_load_relaxed_u64(&bells->bits[word]) == 0) return 0;
    /* B4: pairs with B1. */
    return ta_exchange_acquire_u64(&bells->bits[word], 0);
}

/* Receiver: will not answer any more; it must give up each lane that it finds after this.
 * Wait-free. */
static inline void ta_bells_leave(ta_bells *bells) {
    /* G1: pairs with B2 in ta_bells_ring(). */
    ta_fetch_or_acq_rel_u32(&bells->state, TA_BELLS_GONE);
}

/* The next receiver, before anybody knows of it. Wait-free. */
static inline void ta_bells_return(ta_bells *bells) {
    ta_fetch_and_acq_rel_u32(&bells->state, ~TA_BELLS_GONE);
}

/* Receiver, with every lane at rest: falls asleep in the way `how`, an ASLEEP_*. False: it does not,
 * a bell was rung. Wait-free. */
static inline bool ta_bells_sleep(ta_bells *bells, uint32_t how) {
    /* B5: pairs with B2. */
    if ((ta_fetch_or_acq_rel_u32(&bells->state, how) & TA_BELLS_RUNG) == 0) return true;
    ta_fetch_and_acq_rel_u32(&bells->state, ~TA_BELLS_ASLEEP);
    return false;
}

/* Receiver: is awake. True: a bell was rung, so that a wake came, or is on its way. Wait-free. */
static inline bool ta_bells_wake(ta_bells *bells) {
    return (ta_fetch_and_acq_rel_u32(&bells->state, ~TA_BELLS_ASLEEP) & TA_BELLS_RUNG) != 0;
}

#endif
