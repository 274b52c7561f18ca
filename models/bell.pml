/* SPDX-License-Identifier: MIT
 *
 * Resting, bells, sleep and room (src/bell.h, src/poll.c, src/sleep.c, src/room.c), for Spin.
 *
 * SENDERS send MESSAGES each to one receiver, through lanes of CELLS; a sender flushes when it
 * likes, but before it waits and at its end, and waits for room when its lane is full. The
 * receiver polls, has lanes rest that it found empty PATIENCE times, and when it likes goes to
 * sleep: on a descriptor, or with FUTEX on the word of its bells. The lanes themselves are
 * lane.pml's, and the bell for room is one flag: whoever waits for it does as the receiver does
 * here.
 *
 * Safety: who is told to wake the receiver is told so while it sleeps and at no other time (no
 * system call otherwise); and no end state but the one where all has arrived: so nothing is
 * overlooked by a receiver that sleeps, and nobody waits for room for ever. Liveness (all_arrive,
 * under weak fairness): it does not poll for ever beside a message, either.
 *
 * As in lane.pml, Spin interleaves in program order: that each step on a word is a
 * read-modify-write is for bell_genmc.c. models/run wants each of these to fail:
 *   LOOK_BEFORE_REST       R2: the lane is looked at before the rest word is set, and not after
 *   LOOK_BEFORE_PUBLISH    R1: the sender looks at the rest word before it publishes
 *   NO_R1                  R1: the sender does not look
 *   DROPS_AT_END           the lane is dropped although RESTING was still there
 *   RUNG_BEFORE_BIT        B2 before B1
 *   TAKE_BITS_BEFORE_RUNG  B4 before B3
 *   RING_IN_TWO            B2 is a load and a store
 *   SLEEP_WITHOUT_RECHECK  B5: RUNG is not looked at
 *   SLEEP_IN_TWO           B5: RUNG is looked at before ASLEEP is set
 *   NO_WAKE                B2: ASLEEP is not looked at
 *   KEEP_ASLEEP            B5: a sleep that is called off leaves ASLEEP behind
 *   NO_WANTED_RECHECK      W1: no look for room after it
 *   NO_TELL_AT_REST        W2: WANTED is not looked at when the lane rests
 *   TELL_BY_HINT           W2: WANTED is only looked at on the way, where it may be missed
 *   PARK_WITHOUT_COMPARE   parking does not compare the word             (with FUTEX)
 * and this to pass, at the price of bells that nobody needs:
 *   R1_LEAVES_RESTING      R1: the sender loads, and takes nothing away
 */
#define SENDERS 2
#define CELLS 1
#define PATIENCE 1
#define MESSAGES 2

/* Of each lane: counters, and the rest word's bits. */
byte tail[SENDERS], head[SENDERS];
bool resting[SENDERS] = true;
bool wanted[SENDERS];
bool told[SENDERS]; /* the sender's bell for room */

/* The receiver's bells, and what it sleeps on. */
bool bits[SENDERS];
bool rung, asleep;
bool signalled; /* the descriptor is readable; with FUTEX: not parked */

/* What the assertions know. */
bool sleeps;
byte arrived;

#define EMPTY(s) (head[s] == tail[s])
#define FULL(s) (tail[s] - head[s] == CELLS)
#define ALL_ARRIVED (arrived == SENDERS * MESSAGES)

/* ---- senders ---------------------------------------------------------------------------------- */

/* B2, and the wake. */
inline set_rung() {
#ifdef RING_IN_TWO
    wake = asleep && !rung;
    rung = true;
#else
    atomic {
        wake = asleep && !rung;
        assert(!asleep || sleeps);
        rung = true
    }
#endif
#ifdef NO_WAKE
    wake = false;
#endif
    if
    :: wake -> signalled = true; wake = false
    :: else
    fi
}

inline ring() {
#ifdef RUNG_BEFORE_BIT
    set_rung();
    bits[me] = true /* B1 */
#else
    bits[me] = true; /* B1 */
    set_rung()
#endif
}

/* R1 */
inline look_at_rest_word() {
#if defined(NO_R1)
    rings = false
#elif defined(R1_LEAVES_RESTING)
    rings = resting[me]
#else
    atomic { rings = resting[me]; resting[me] = false }
#endif
}

inline flush() {
    if
    :: staged ->
#ifndef LOOK_BEFORE_PUBLISH
       look_at_rest_word();
#endif
       if
       :: rings -> ring(); rings = false
       :: else
       fi;
       staged = false
    :: else
    fi
}

inline wait_for_room() {
#ifdef NO_WANTED_RECHECK
    wanted[me] = true;
#else
    wanted[me] = true; /* W1 */
    if
    :: !FULL(me) ->
       atomic {
           if
           :: wanted[me] -> wanted[me] = false; told[me] = true
           :: else
           fi
       }
    :: else
    fi;
#endif
    /* Its own poll. */
    flush();
    atomic { told[me] -> told[me] = false }
}

proctype sender(byte me) {
    bool rings = false, staged = false, wake = false;
    do
    :: tail[me] == MESSAGES -> break
    :: else ->
       if
       :: FULL(me) -> wait_for_room()
       :: else ->
#ifdef LOOK_BEFORE_PUBLISH
          look_at_rest_word();
#endif
          tail[me]++; /* D0 */
          staged = true;
          if
          :: true -> flush()
          :: true
          fi
       fi
    od;
    flush()
}

/* ---- the receiver ----------------------------------------------------------------------------- */

/* W2 */
inline tell_room(s) {
    atomic {
        if
        :: wanted[s] -> wanted[s] = false; told[s] = true
        :: else
        fi
    }
}

inline activate(s) {
    if
    :: !watched[s] -> watched[s] = true; idle[s] = 0
    :: else
    fi
}

inline take_bits(s) {
    atomic { taken = bits[s]; bits[s] = false } /* B4 */
    if
    :: taken -> taken = false; activate(s)
    :: else
    fi
}

/* The set's words one after the other, as if each lane had a word of its own. */
inline answer_bells() {
    if
    :: rung ->
#ifdef TAKE_BITS_BEFORE_RUNG
       take_bits(0);
       take_bits(1);
       rung = false /* B3 */
#else
       rung = false; /* B3 */
       take_bits(0);
       take_bits(1)
#endif
    :: else
    fi
}

inline rest(s) {
#ifdef LOOK_BEFORE_REST
    found = !EMPTY(s);
    if
    :: !found -> resting[s] = true; watched[s] = false
    :: else -> idle[s] = 0
    fi;
#else
    atomic { hears = wanted[s]; resting[s] = true } /* R2, W2 */
#if !defined(NO_TELL_AT_REST) && !defined(TELL_BY_HINT)
    if
    :: hears -> tell_room(s)
    :: else
    fi;
#endif
    hears = false;
    found = !EMPTY(s);
    if
    :: found ->
       atomic { found = resting[s]; resting[s] = false }
#ifdef DROPS_AT_END
       found = false
#endif
    :: else
    fi;
    if
    :: found -> idle[s] = 0
    :: else -> watched[s] = false; idle[s] = 0
    fi;
#endif
    found = false
}

inline visit(s) {
    if
    :: watched[s] ->
       if
       :: EMPTY(s) ->
          idle[s]++;
          if
          :: idle[s] > PATIENCE -> rest(s)
          :: else
          fi
       :: else ->
          atomic { head[s]++; arrived++ } /* F0 */
          idle[s] = 0;
          /* The hint, a relaxed look, may miss what is there. */
#ifndef NO_TELL_AT_REST
          if
          :: true -> tell_room(s)
          :: true
          fi
#endif
       fi
    :: else
    fi
}

inline sleep() {
#ifdef SLEEP_IN_TWO
    found = rung;
    atomic { asleep = true; sleeps = true }
#else
    atomic { asleep = true; sleeps = true; found = rung } /* B5 */
#endif
#ifdef SLEEP_WITHOUT_RECHECK
    found = false;
#endif
    if
    :: found ->
#ifdef KEEP_ASLEEP
       sleeps = false
#else
       atomic { asleep = false; sleeps = false }
#endif
    :: else ->
#ifdef FUTEX
       /* Parks if the word is as it was; the wake finds who is parked, and is lost on others. */
       atomic {
           signalled = false;
#ifndef PARK_WITHOUT_COMPARE
           if
           :: rung || !asleep -> signalled = true
           :: else
           fi
#endif
       }
#endif
       atomic { signalled || ALL_ARRIVED -> found = rung; asleep = false; sleeps = false }
#ifndef FUTEX
       /* A signal that is still on its way is found by the next sleep. */
       if
       :: found -> signalled = false
       :: else
       fi
#endif
    fi;
    found = false
}

inline poll() {
    answer_bells();
    visit(0);
    visit(1)
}

proctype receiver() {
    bool watched[SENDERS] = false, taken = false, found = false, hears = false;
    byte idle[SENDERS] = 0;
    do
    :: ALL_ARRIVED -> break
    :: else ->
       poll();
       if
       :: true
       :: true -> /* goes to sleep, if it can */
          if
          :: watched[0] -> rest(0)
          :: else
          fi;
          if
          :: watched[1] -> rest(1)
          :: else
          fi;
          if
          :: !watched[0] && !watched[1] && !rung -> sleep()
          :: else
          fi
       fi
    od
}

init {
    atomic {
        run sender(0);
        run sender(1);
        run receiver()
    }
}

ltl all_arrive { <> ALL_ARRIVED }
