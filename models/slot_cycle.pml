/* SPDX-License-Identifier: MIT
 *
 * Constructors that ask for other slots (src/slot.h), for Spin: a cycle of waits is an answer to
 * the thread that would close it, and no other wait is refused. How a wait parks and wakes is in
 * slot.pml; here it is one step that becomes possible when the slot changes.
 *
 * Each slot's constructor needs one other slot or none, drawn at the start, so every graph of needs
 * is met. Each thread asks for one slot, any; what its constructor needs it builds inside, and so
 * on. As long as FAILURES last, any construction may fail. An error ends all constructions that
 * stand around it.
 *
 * Safety: a refused wait would indeed have closed a cycle; the check ends; and no end state with a
 * thread that still waits. Liveness (all_end, under weak fairness): every call returns. models/run
 * wants each of these to fail:
 *   NO_CHECK          waits are not checked
 *   CHECK_IN_TWO      L: the check and the listing are two steps, in this order
 *   ONE_LINK          the check sees cycles of two threads, and no longer ones
 *   LISTED_DEEP       a thread that builds one slot is not listed
 *   STAYS_LISTED      a wait that has ended is still listed
 *   REFUSED_LISTED    a wait that was refused is still listed
 */
#define THREADS 3
#define SLOTS 3
#define FAILURES 1

/* The word: EMPTY, READY, or an owner 1..THREADS. */
#define EMPTY 0
#define READY 9
#define BUILDING(slot) (word[slot] != EMPTY && word[slot] != READY)
#ifdef ONE_LINK
#define LINKS 1
#else
#define LINKS THREADS
#endif
/* Slots are 1..SLOTS. */
#define NONE 0

byte word[SLOTS + 1];
byte needs[SLOTS + 1];
byte listed[THREADS + 1]; /* the slot that a thread in the list waits for, or NONE */

/* Not part of the protocol. */
byte truly[THREADS + 1]; /* the slot that a thread asks for and did not find free or ready */
byte failures = FAILURES;
byte ended = 0;

/* Whether `me` reaches itself from `wanted`, by the list or by the waits as they are. */
#define WALK(waits, links)                                                                         \
    at = wanted;                                                                                   \
    closes = false;                                                                                \
    hops = 0;                                                                                      \
    do                                                                                             \
    :: !BUILDING(at) -> break                                                                      \
    :: BUILDING(at) && word[at] == me -> closes = true; break                                      \
    :: else ->                                                                                     \
       if                                                                                          \
       :: waits[word[at]] == NONE || hops == links -> break                                        \
       :: else -> at = waits[word[at]]; hops++; assert(hops < THREADS)                             \
       fi                                                                                          \
    od;                                                                                            \
    at = NONE;                                                                                     \
    hops = 0

inline list_wait() {
    d_step {
#ifdef NO_CHECK
        closes = false;
#else
        WALK(listed, LINKS);
#endif
#ifndef CHECK_IN_TWO
        if
#ifndef REFUSED_LISTED
        :: closes
#endif
        :: else -> listed[me] = wanted
        fi
#endif
    }
#ifdef CHECK_IN_TWO
    if
    :: closes
    :: else -> listed[me] = wanted
    fi
#endif
}

/* Sets `closes`; returns when the slot was seen in another state, or at once where that would be a
 * cycle. */
inline wait() {
    closes = false;
    if
#ifdef LISTED_DEEP
    :: depth > 1 -> list_wait()
#else
    :: depth > 0 -> list_wait()
#endif
    :: else
    fi;
    if
    :: closes ->
       d_step {
           WALK(truly, THREADS);
           assert(closes);
           truly[me] = NONE
       }
    :: else ->
       word[wanted] != seen; /* parked */
       seen = EMPTY;
#ifndef STAYS_LISTED
       listed[me] = NONE
#endif
    fi
}

/* What stands around: the slots that this thread builds, innermost last. */
#define END_ALL(new)                                                                               \
    do                                                                                             \
    :: depth == 0 -> break                                                                         \
    :: else ->                                                                                     \
       depth--;                                                                                    \
       assert(word[stack[depth]] == me);                                                           \
       word[stack[depth]] = new;                                                                   \
       stack[depth] = NONE                                                                         \
    od

proctype thread(byte me; byte wanted) {
    byte at = NONE, hops = 0, depth = 0, seen = EMPTY;
    byte stack[SLOTS];
    bool closes = false;

    do
    ::
       atomic { /* a claim */
           seen = word[wanted];
           truly[me] = NONE;
           if
           :: seen == EMPTY -> word[wanted] = me; stack[depth] = wanted; depth++
           :: seen != EMPTY && seen != READY && seen != me -> truly[me] = wanted
           :: else
           fi
       }
       if
       :: seen == EMPTY ->
          if
          :: atomic { failures > 0 -> failures-- }; END_ALL(EMPTY); break
          :: needs[wanted] == NONE -> END_ALL(READY); break
          :: needs[wanted] != NONE -> wanted = needs[wanted]
          fi
       :: seen == READY -> END_ALL(READY); break
       :: seen == me -> END_ALL(EMPTY); break /* re-entered */
       :: else ->
          wait();
          if
          :: closes -> END_ALL(EMPTY); break
          :: else
          fi
       fi
    od;
    atomic { wanted = NONE; closes = false; seen = EMPTY; ended++ }
}

/* Threads are alike, and so are slots: what the threads want is all one slot, two or three. */
init {
    byte need;
    atomic {
        select(need : 0 .. SLOTS); needs[1] = need;
        select(need : 0 .. SLOTS); needs[2] = need;
        select(need : 0 .. SLOTS); needs[3] = need;
        need = 0;
        run thread(1, 1);
        if
        :: run thread(2, 1); run thread(3, 1)
        :: run thread(2, 1); run thread(3, 2)
        :: run thread(2, 2); run thread(3, 3)
        fi
    }
}

ltl all_end { <> (ended == THREADS) }
