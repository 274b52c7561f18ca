/* SPDX-License-Identifier: MIT
 *
 * Explicit storage (src/storage.c, src/epoch.h), for Spin: one slot, a reader that pins its value
 * and may take a counted reference, two replacers, and ck_epoch 0.7.1 underneath, step by step.
 *
 * All three are on one processor, so that they use each other's records: who borrows a record
 * finds there what another one deferred. When all have ended, the storage is torn down.
 *
 * Safety (assertions): no value is used, counted or deferred after it was destroyed, none is
 * destroyed twice, and at the end each of them was, with its count at 0.
 * Steps on what no other process can touch at the time are joined to their neighbours.
 *
 * As in lane.pml, Spin interleaves in program order, and an order that the code would lack is a
 * variant. models/run wants each of these to fail:
 *   NO_BEGIN_FENCE    ck_epoch_begin: the word is loaded before the record is seen active
 *   EARLY_EPOCH       F1: the word is loaded before the epoch
 *   EARLY_SNAPSHOT    F2: the epoch of the deferral is loaded before the exchange
 *   EARLY_END         ck_epoch_end: the record is seen inactive before the last use
 *   FREE_AT_ONCE      what is replaced is given up without waiting
 *   COUNT_AFTER_UNPIN a reference is counted when the pin is gone
 *   COUNT_IN_TWO      a count is a load and a store
 *   TWO_IN_ONE_RECORD a borrowed record is not taken
 *   EPOCH_LESS_NOW    a poll ends what was deferred in the epoch that all readers are in
 *   EPOCH_LESS_BEFORE a poll ends what was deferred one epoch before, without looking at readers
 * and these, which are other versions of the same, to pass:
 *   NEWER_CK          the poll since ck d1b348c
 *   CALL_OUTSIDE      the deferral comes after the section, but still after F2
 *   MORE              a third replacement, by a thread that replaced before: ten times the states
 */
#define RECORDS 3
#ifdef MORE
#define NODES 4
#else
#define NODES 3
#endif
#define NOTHING 0

/* Nodes are bits of a mask when they wait. */
#define BIT(node) (1 << (node))

byte word = 1;
byte global = 1;

bool busy[RECORDS];
byte inside[RECORDS];   /* ck's record->active */
byte observed[RECORDS]; /* ck's record->epoch */
byte pending[12];       /* RECORDS times four lists */

byte count[NODES + 1];
bool destroyed[NODES + 1];
byte ended = 0;

/* ---- nodes ------------------------------------------------------------------------------------ */

/* Being destroyed lasts, so it is enough to look at the last moment that counts. */
inline let_go(node) {
#ifdef COUNT_IN_TWO
    left = count[node];
    atomic {
        count[node] = left - 1;
#else
    atomic {
        left = count[node];
        assert(!destroyed[node] && left > 0);
        count[node] = left - 1;
#endif
        if
        :: left == 1 -> assert(!destroyed[node]); destroyed[node] = true
        :: else
        fi;
        left = 0
    }
}

inline hold(node) {
#ifdef COUNT_IN_TWO
    left = count[node];
    atomic { assert(!destroyed[node]); count[node] = left + 1; left = 0 }
#else
    atomic { assert(!destroyed[node]); count[node]++ }
#endif
}

/* ---- the pool --------------------------------------------------------------------------------- */

/* In an atomic step. */
inline borrow() {
    record = 0;
#ifndef TWO_IN_ONE_RECORD
    do
    :: busy[record] -> record++
    :: else -> break
    od;
    busy[record] = true
#endif
}

/* ---- ck --------------------------------------------------------------------------------------- */

/* What only the record's holder writes is read together with what comes next, unless it has two. */
inline begin() {
#ifdef TWO_IN_ONE_RECORD
    was = inside[record];
    if
    :: was == 0 ->
       inside[record] = 1;
       epoch = global;
       observed[record] = epoch
    :: else -> inside[record] = was + 1
    fi;
    was = 0;
#else
    inside[record] = 1;
    epoch = global;
    observed[record] = epoch;
#endif
    epoch = 0
}

inline end() {
#ifdef TWO_IN_ONE_RECORD
    was = inside[record];
#else
    atomic { was = inside[record];
#endif
    inside[record] = was - 1;
    was = 0
#ifndef TWO_IN_ONE_RECORD
    }
#endif
}

inline dispatch(list) {
    ready = ready | pending[record * 4 + (list & 3)];
    pending[record * 4 + (list & 3)] = 0
}

inline poll() {
    atomic {
        epoch = global;
#if defined(EPOCH_LESS_BEFORE)
        dispatch(epoch + 3)
#elif !defined(NEWER_CK)
        dispatch(epoch + 2) /* epoch - 2 */
#endif
    }
    /* The scan: two loads for each record. */
    do
    :: other == RECORDS -> break
    :: else ->
       atomic {
           was = inside[other];
           if
           :: was == 0 -> other++
           :: else
           fi
       }
       if
       :: was == 0
       :: else ->
          atomic {
              was = 0;
              any = true;
              if
              :: observed[other] != epoch -> goto polled
              :: else
              fi;
              other++
          }
       fi
    od;
    atomic {
        if
        :: !any ->
           dispatch(0);
           dispatch(1);
           dispatch(2);
           dispatch(3)
        :: else ->
           if
           :: global == epoch -> global++
           :: else
           fi;
#if defined(NEWER_CK)
           dispatch(epoch + 2)
#elif defined(EPOCH_LESS_NOW)
           dispatch(epoch)
#else
           dispatch(epoch + 3) /* epoch - 1 */
#endif
        fi
    }
polled:
    atomic { other = 0; any = false; epoch = 0; busy[record] = false; record = 0 }
}

/* ---- who calls -------------------------------------------------------------------------------- */

inline use() {
    assert(found == NOTHING || !destroyed[found])
}

proctype reader(byte pins) {
    byte record = 0, was = 0, epoch = 0, found = NOTHING, left = 0;
    do
    :: pins == 0 -> break
    :: else ->
       atomic { borrow() }
#if defined(NO_BEGIN_FENCE)
       found = word;
       begin();
#elif defined(EARLY_EPOCH)
       inside[record] = 1;
       found = word;
       epoch = global;
       observed[record] = epoch;
       epoch = 0;
#else
       begin();
       found = word; /* W2 */
#endif
       if
       :: true -> /* a pin alone */
#ifdef EARLY_END
          end();
          use();
#else
          use();
          end();
#endif
          busy[record] = false
       :: found != NOTHING -> /* a reference */
#ifdef COUNT_AFTER_UNPIN
          end();
          busy[record] = false;
          hold(found);
#else
          hold(found);
          end();
          busy[record] = false;
#endif
          let_go(found)
       fi;
       atomic { found = NOTHING; record = 0; pins-- }
    od;
    ended++
}

/* Puts in `first`, and up to `last` after it. */
proctype replacer(byte first; byte last) {
    byte record = 0, was = 0, epoch = 0, old = 0, filed = 0, other = 0, ready = 0, left = 0;
    bool any = false;
    do
    :: first > last -> break
    :: else ->
       atomic { count[first] = 1; borrow() }
       begin();
#ifdef EARLY_SNAPSHOT
       filed = global;
#endif
       atomic { old = word; word = first; first++ } /* W1; the slot is never empty */
#ifdef CALL_OUTSIDE
       end();
#endif
#ifdef FREE_AT_ONCE
       let_go(old);
       old = 0;
#else
       atomic {
#ifndef EARLY_SNAPSHOT
           filed = global;
#endif
           assert(!destroyed[old]);
           pending[record * 4 + (filed & 3)] = pending[record * 4 + (filed & 3)] | BIT(old);
           filed = 0;
           old = 0
       }
#endif
#ifndef CALL_OUTSIDE
       end();
#endif
       poll();
       do
       :: ready == 0 -> break
       :: else ->
          atomic {
              old = 1;
              do
              :: (ready & BIT(old)) != 0 -> break
              :: else -> old++
              od;
              ready = ready & ~BIT(old)
          }
          let_go(old);
          old = 0
       od
    od;
    ended++
}

/* In exclusion. */
active proctype teardown() {
    byte i = 0, node = 0, left = 0;
    ended == 3;
    atomic {
        do
        :: i < 12 ->
           node = 1;
           do
           :: node <= NODES ->
              if
              :: (pending[i] & BIT(node)) != 0 -> let_go(node)
              :: else
              fi;
              node++
           :: else -> break
           od;
           i++
        :: else -> break
        od;
        if
        :: word != NOTHING -> node = word; let_go(node)
        :: else
        fi;
        node = 1;
        do
        :: node <= NODES -> assert(destroyed[node] && count[node] == 0); node++
        :: else -> break
        od
    }
}

init {
    atomic {
        count[1] = 1;
        run reader(2);
        run replacer(2, NODES - 1);
        run replacer(NODES, NODES)
    }
}
