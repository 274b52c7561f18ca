/* SPDX-License-Identifier: MIT
 *
 * Counting shares, closing and teardown (src/shares.h), for Spin, with the slots that are taken at
 * the teardown: an array of slots is what the shares are of.
 *
 * THREADS threads hold SHARES shares that were made before the closing, each counted in any part.
 * As long as CLONES last, who holds a share clones it, in any part; as long as PASSES last, a
 * share goes to another thread. Who holds one may make the value of any slot. Every share is
 * dropped at last, in any part: moving one from part to part is not counted, so it needs no step
 * here. All that goes on while the owner closes part by part.
 *
 * Safety (assertions): one teardown; none while somebody holds a share; nobody touches a word of
 * the object after the teardown began, but who tears down; every value that was published is
 * destroyed once, when nobody can reach it; and no end state without a teardown. Liveness
 * (torn_down, under weak fairness): it comes.
 *
 * Spin interleaves in program order; the orders H1 to H4 themselves are shares_genmc.c's.
 * models/run wants each of these to fail:
 *   NO_BIAS           the total begins with 0
 *   BIAS_GOES_EARLY   the bias goes before the last part is closed
 *   MARK_IN_TWO       closing a part is a load and a store
 *   SUM_FIRST         a part is collected before it is marked
 *   BEGIN_IN_TWO      a clone looks for the mark before it counts
 *   END_IN_TWO        a drop looks for the mark before it counts
 *   BEGIN_NOT_IN_TOTAL  a clone that finds the mark does not count in the total
 *   GIVE_EARLY        a clone goes to another thread before it is counted in the total
 *   CLONE_LATE        a share is dropped before its clone is counted
 *   MAKE_WHILE_CLOSING  a thread without a share makes one while the owner closes
 *   LAST_IN_TWO       a drop subtracts from the total, then looks whether it is 0
 *   DROP_TOUCHES      a thread touches the object after a drop that found no 0
 *   CLOSER_TOUCHES    the owner touches the object after the bias went, and it found no 0
 *   TAKE_WHILE_CLOSING  the owner takes the slots, before the last share is dropped
 *   PUBLISH_LATE      a thread publishes a value after it dropped the share that it claimed with
 *   STOP_AT_EMPTY     the teardown ends at the first slot without a value
 *   END_NOT_IN_TOTAL  a drop that finds the mark does not count in the total   (liveness)
 *   CLOSER_IS_DEAF    the owner does not look for 0 when the bias goes          (liveness)
 */
#define PARTS 2
#define THREADS 3
#define SHARES 2
#ifndef CLONES
#define CLONES 2
#endif
#define PASSES 1

/* Far from what the few shares here come to. */
#define CLOSED 32
#define IS_CLOSED(value) ((value) >= CLOSED / 2)
#ifdef NO_BIAS
#define OPEN 0
#else
#define OPEN 32
#endif

#define EMPTY 0
#define BUILDING 1
#define READY 2

short part[PARTS];
short total = OPEN;
byte word[PARTS]; /* of the slots; a cell has a slot and a part */

/* Not part of the protocol: budgets, and what the assertions know. */
byte clones = CLONES;
byte passes = PASSES;
byte held[THREADS + 1]; /* shares that a thread has and has not begun to drop */
bool gone[THREADS + 1];
byte published = 0, destroyed = 0;
bool tearing_down = false;
bool finished = false;

#define TOUCH assert(!tearing_down)

/* From here on no other step may touch the object, so this is but one. */
inline tear_down_if_last() {
    if
    :: seen ->
       d_step {
           assert(!tearing_down);
           tearing_down = true;
           for (at : 1 .. THREADS) {
               assert(held[at] == 0)
           }
           take_all();
           finished = true;
           seen = 0
       }
    :: else
    fi
}

inline take_all() {
    for (at : 0 .. PARTS - 1) {
        assert(word[at] != BUILDING);
        if
        :: word[at] == READY -> word[at] = EMPTY; destroyed++
#ifdef STOP_AT_EMPTY
        :: word[at] == EMPTY -> break
#endif
        :: else
        fi
    }
    at = 0
}

inline choose() {
    if
    :: cell = 0
    :: cell = PARTS - 1
    fi
}

/* The halves of ta_shares_begin(). */
inline begin_in_part() {
#ifdef BEGIN_IN_TWO
    atomic { TOUCH; choose(); seen = part[cell] };
    atomic {
        TOUCH;
        if
        :: !IS_CLOSED(seen) -> part[cell] = part[cell] + 1
        :: else
        fi
    }
#else
    atomic { TOUCH; choose(); seen = part[cell]; part[cell] = part[cell] + 1 }
#endif
}

inline begin_in_total() {
    cell = 0;
    if
#ifndef BEGIN_NOT_IN_TOTAL
    :: IS_CLOSED(seen) -> atomic { TOUCH; total = total + 1; seen = 0 }
#endif
    :: else -> seen = 0
    fi
}

/* ta_shares_end() */
inline end() {
#ifdef END_IN_TWO
    atomic { TOUCH; choose(); seen = part[cell] };
    atomic {
        TOUCH;
        if
        :: !IS_CLOSED(seen) -> part[cell] = part[cell] - 1 /* H1 */
        :: else
        fi
    }
#else
    atomic { TOUCH; choose(); seen = part[cell]; part[cell] = part[cell] - 1 } /* H1 */
#endif
    cell = 0;
    if
#ifdef END_NOT_IN_TOTAL
    :: IS_CLOSED(seen) -> seen = 0
#elif defined(LAST_IN_TWO)
    :: IS_CLOSED(seen) ->
       atomic { TOUCH; total = total - 1 };
       atomic { TOUCH; seen = (total == 0) }
#else
    :: IS_CLOSED(seen) -> atomic { TOUCH; seen = (total == 1); total = total - 1 } /* H3, H4 */
#endif
    :: else -> seen = 0
    fi;
#ifdef DROP_TOUCHES
    if
    :: !seen -> TOUCH
    :: else
    fi;
#endif
    tear_down_if_last()
}

/* Of the slot that the thread claimed; the next one that it may claim is another. */
inline publish() {
    atomic {
        if
        :: building ->
           TOUCH;
           word[slot] = READY;
           published++;
           building = false;
           slot = PARTS - 1 - slot
        :: else
        fi
    }
}

inline clone() {
    begin_in_part();
#if defined(GIVE_EARLY)
    atomic {
        early = !gone[1 + me % THREADS];
        if
        :: early -> held[1 + me % THREADS]++
        :: else
        fi
    }
    begin_in_total();
    if
    :: early -> early = false
    :: else -> held[me]++
    fi
#elif defined(CLONE_LATE)
    held[me]--;
    end();
    begin_in_part();
    begin_in_total();
    held[me]++
#else
    begin_in_total();
    held[me]++
#endif
}

proctype thread(byte me) {
    byte cell = 0, slot = me % PARTS, at = 0;
    short seen = 0;
    bool building = false, early = false;
    do
    :: atomic { held[me] > 0 && clones > 0 -> clones-- };
       clone()
    :: atomic {
           held[me] > 0 && passes > 0 && !gone[1 + me % THREADS] ->
           passes--;
           held[me]--;
           held[1 + me % THREADS]++
       }
    :: atomic {
           held[me] > 0 && !building && word[slot] == EMPTY ->
           TOUCH;
           word[slot] = BUILDING;
           building = true
       }
#ifndef PUBLISH_LATE
       publish()
#endif
    :: atomic { held[me] > 0 -> held[me]--; assert(destroyed == 0) };
       end();
#ifdef PUBLISH_LATE
       publish()
#endif
#ifdef MAKE_WHILE_CLOSING
    :: atomic { held[me] == 0 && clones > 0 && !tearing_down -> clones-- };
       begin_in_part();
       begin_in_total();
       held[me]++
#endif
    :: atomic { held[me] == 0 -> gone[me] = true }; break
    od
}

proctype owner() {
    byte cell = 0, at = 0;
    short seen = 0;
#ifdef BIAS_GOES_EARLY
    bool last = false;
#endif
    do
    :: cell == PARTS -> break
    :: else ->
#ifdef BIAS_GOES_EARLY
       if
       :: cell == PARTS - 1 -> total = total - OPEN
       :: else
       fi;
#endif
#if defined(MARK_IN_TWO)
       seen = part[cell];
       part[cell] = seen + CLOSED;
       atomic { TOUCH; total = total + seen; seen = 0; cell++ }
#elif defined(SUM_FIRST)
       atomic { seen = part[cell]; total = total + seen; seen = 0 };
       atomic { part[cell] = part[cell] + CLOSED; cell++ }
#else
       atomic { TOUCH; seen = part[cell]; part[cell] = part[cell] + CLOSED }; /* H2 */
       atomic {
           TOUCH;
           total = total + seen;
           seen = 0;
           cell++;
#ifdef BIAS_GOES_EARLY
           last = (cell == PARTS && total == 0)
#endif
       }
#endif
    od;
    cell = 0;
#ifdef TAKE_WHILE_CLOSING
    atomic { take_all() };
#endif
#ifdef BIAS_GOES_EARLY
    seen = last;
#else
    atomic { TOUCH; seen = (total == OPEN); total = total - OPEN }; /* H3, H4 */
#endif
#ifdef CLOSER_IS_DEAF
    seen = 0;
#endif
#ifdef CLOSER_TOUCHES
    if
    :: !seen -> TOUCH
    :: else
    fi;
#endif
    tear_down_if_last()
}

/* No end state without a teardown. */
active proctype judge() {
    atomic { finished; assert(destroyed == published) }
}

init {
    byte me, cell;
    atomic {
        for (me : 1 .. SHARES) {
            choose();
            part[cell] = part[cell] + 1;
            held[me] = 1
        }
        for (me : 1 .. THREADS) {
            run thread(me)
        }
        me = 0;
        cell = 0;
        run owner()
    }
}

ltl torn_down { <> finished }
