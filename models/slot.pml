/* SPDX-License-Identifier: MIT
 *
 * The protocol of one slot (src/slot.h), for Spin: creation, failure and retry, re-entry, parking,
 * teardown. Waits that form a cycle over several slots: slot_cycle.pml.
 *
 * THREADS threads ask for the slot, one of them twice; as long as FAILURES last, any construction
 * may fail, and as long as SPURIOUS last, a parked thread may wake for no reason. When all have ended,
 * the slot is torn down.
 *
 * Safety (assertions): one construction at a time, one success in all; whoever gets the value gets
 * it whole, before teardown; a constructor that asks for its own slot is told so; nobody touches
 * the slot after teardown; and no end state with a thread still asleep. Liveness (all_end, under
 * weak fairness): every call returns. Bounded failures are part of that: there is no queue, so a
 * waiter may be overtaken by as many failing constructions as there are.
 *
 * As in lane.pml, Spin interleaves in program order, and an order that the code would lack is a
 * variant. models/run wants each of these to fail:
 *   PUBLISH_EARLY     S1: the word is ready before the value is whole
 *   READ_EARLY        S2, S3: the value is read before the word
 *   ABANDON_EARLY     A1, A2: the slot is empty before the failed constructor is done
 *   EVENT_EARLY       E1: the event is counted before the word is exchanged
 *   EVENT_LATE        E2: a waiter looks at the event after it looked at the word
 *   CLAIM_IN_TWO      the claim is a load and a store
 *   MARK_IN_TWO       the waiter's mark is a load and a store
 *   END_IN_TWO        the owner loads the word and stores the new one
 *   NO_MARK           a waiter parks without a mark
 *   NO_EVENT          a wake without a new event
 *   NO_COMPARE        parking does not compare the event
 *   WAKE_FIRST        the wake comes before the new event
 *   WAKE_ONE          publish wakes one waiter
 *   NO_WAKE_PUBLISH   publish wakes nobody
 *   NO_WAKE_ABANDON   abandon wakes nobody
 *   WOKEN_IS_READY    a woken waiter does not look again
 *   NO_REENTRY        a claimer does not compare owners
 *   TEARDOWN_EARLY    teardown does not wait for calls to return, only for the value to be had
 *   RETRIES           who failed tries again, and constructors may fail for ever   (liveness)
 */
#define THREADS 3
#define GETS (THREADS + 1)
#define FAILURES 2
#define SPURIOUS 1

/* The word: EMPTY, READY, or an owner 1..THREADS, with WAITED or without. */
#define EMPTY 0
#define WAITED 16
#define READY 128
#define OWNER(value) ((value) & 15)
#define BUILDING(value) ((value) != EMPTY && (value) != READY)

/* The event wraps, further than a waiter can be overtaken by bounded failures. */
#define NEXT(count) (((count) + 1) % 8)

#define NOTHING 0
#define HALF 1
#define WHOLE 2

byte word = EMPTY;
byte event = 0;
bool asleep[THREADS + 1];
byte payload = NOTHING;

/* Not part of the protocol: budgets, and what the assertions know. */
byte failures = FAILURES;
byte spurious = SPURIOUS;
byte constructing = 0;
byte successes = 0;
byte served = 0; /* calls that have their answer, returned or not */
byte ended = 0;  /* threads */
bool torn_down = false;

/* The owner's exchange, and what follows it. */
inline end(new) {
    assert(!torn_down);
#ifdef EVENT_EARLY
    event = NEXT(event);
#endif
#ifdef END_IN_TWO
    old = word;
    assert(OWNER(old) == me);
    word = new;
#else
    atomic { old = word; assert(OWNER(old) == me); word = new }
#endif
    if
    :: (old & WAITED) != 0 ->
       assert(!torn_down);
#ifdef WAKE_FIRST
       wake(new);
#endif
#if !defined(EVENT_EARLY) && !defined(NO_EVENT)
       event = NEXT(event); /* E1 */
#endif
#ifndef WAKE_FIRST
       wake(new)
#endif
    :: else
    fi
}

inline wake(new) {
    atomic {
#ifdef NO_WAKE_PUBLISH
        if
        :: new == READY -> goto woke
        :: else
        fi;
#endif
#ifdef NO_WAKE_ABANDON
        if
        :: new == EMPTY -> goto woke
        :: else
        fi;
#endif
        other = 1;
        do
        :: other > THREADS -> break
        :: else ->
#ifdef WAKE_ONE
           if
           :: asleep[other] && new == READY -> asleep[other] = false; break
           :: asleep[other] && new == EMPTY -> asleep[other] = false
           :: else
           fi;
#else
           asleep[other] = false;
#endif
           other++
        od;
#if defined(NO_WAKE_PUBLISH) || defined(NO_WAKE_ABANDON)
woke:
#endif
        other = 0
    }
}

/* The system's part: compare and fall asleep in one step; then whatever wakes. */
inline park() {
    atomic {
        if
#ifdef NO_COMPARE
        :: true -> asleep[me] = true
#else
        :: event == seen -> asleep[me] = true
        :: else
#endif
        fi
    }
    do
    :: !asleep[me] -> break
    :: atomic { asleep[me] && spurious > 0 -> spurious--; asleep[me] = false }
    od
}

inline wait() {
#ifndef EVENT_LATE
    seen = event; /* E2 */
#endif
    value = word;
    if
    :: BUILDING(value) ->
#if defined(NO_MARK)
       marked = true;
#elif defined(MARK_IN_TWO)
       word = value | WAITED;
       marked = true;
#else
       atomic {
           marked = (value & WAITED) != 0 || word == value;
           if
           :: marked && (value & WAITED) == 0 -> word = value | WAITED
           :: else
           fi
       }
#endif
#ifdef EVENT_LATE
       seen = event;
#endif
       if
       :: marked -> park()
       :: else
       fi
    :: else
    fi;
    seen = 0;
    marked = false
}

inline read_value() {
    assert(!torn_down);
    assert(payload == WHOLE)
}

inline construct() {
    constructing++;
    assert(constructing == 1);
    /* It may ask for its own slot. */
    if
    :: true ->
#ifdef NO_REENTRY
       do
       :: wait()
       od
#else
       value = word;
       assert(BUILDING(value) && OWNER(value) == me)
#endif
    :: true
    fi;
    if
#ifdef RETRIES
    :: failed = true;
#else
    :: atomic { failures > 0 -> failures-- };
#endif
#ifdef ABANDON_EARLY
       end(EMPTY);
       constructing--;
#else
       constructing--;
       end(EMPTY);
#endif
    :: true ->
       payload = HALF;
#ifdef PUBLISH_EARLY
       constructing--;
       successes++;
       end(READY);
       payload = WHOLE;
#else
       payload = WHOLE;
       constructing--;
       successes++;
       assert(successes == 1);
       served++;
       end(READY);
       served--;
#endif
    fi
}

proctype thread(byte me; byte gets) {
    byte value = 0, seen = 0, old = 0, other = 0;
    bool marked = false, early = false, failed = false;
    do
    :: gets == 0 -> break
    :: else ->
       /* A claim. A peek is its first step, and stands in it. */
again:
       do
       ::
#ifdef READ_EARLY
          early = (payload == WHOLE);
#endif
          value = word; /* S3 */
          if
          :: value == EMPTY ->
#ifdef CLAIM_IN_TWO
             word = me;
             construct();
             break
#else
             atomic {
                 value = word; /* A2, S4 */
                 if
                 :: value == EMPTY -> word = me
                 :: else
                 fi
             }
             if
             :: value == EMPTY ->
                construct();
                if
                :: !failed -> break
                :: else -> failed = false; goto again
                fi
             :: else
             fi
#endif
          :: else
          fi;
          if
          :: value == READY ->
#ifdef READ_EARLY
             assert(early);
#endif
             read_value();
             break
          :: else -> assert(OWNER(value) != me)
          fi;
          wait();
#ifdef WOKEN_IS_READY
          read_value();
          break
#endif
       od;
       atomic { served++; gets--; value = 0; old = 0 }
    od;
    ended++
}

active proctype teardown() {
#ifdef TEARDOWN_EARLY
    atomic { served == GETS && word == READY -> torn_down = true }
#else
    ended == THREADS;
    atomic {
        assert(word == EMPTY || word == READY);
        assert((word == READY) == (successes == 1));
        torn_down = true
    }
#endif
    word = EMPTY /* ta_slot_take() */
}

init {
    atomic {
        run thread(1, 2);
        run thread(2, 1);
        run thread(3, 1)
    }
}

ltl all_end { <> torn_down }
