/* SPDX-License-Identifier: MIT
 *
 * The lane's protocol (src/lane.h on ck_ring, one sender, one receiver), for Spin.
 *
 * Small on purpose: SIZE cells of two words each, so that a torn copy shows, and counters that wrap
 * at WRAP where the real ones wrap at 2^32. Both processes run for ever, so every state of a wrap
 * is met. Message numbers count modulo VALUES, far more than the ring can hold.
 *
 * Safety (assertions): a reserved cell holds no unread message; a cell that is read holds one; what
 * is read is the next message, whole. Together: first in, first out, nothing lost, doubled or torn.
 * Liveness (all_arrive, under weak fairness): message 0 is committed again and again, and each time
 * it is received. So a full lane comes free, and no committed message stays.
 *
 * Spin interleaves statements in program order, so a reordering that a processor or compiler could
 * do if the code lacked an order is a variant here, switched on by its name. models/run wants the
 * model to pass, and each of these to fail:
 *   PUBLISH_EARLY     p_tail is stored before the payload is complete (store-store)
 *   READ_EARLY        the payload is read before p_tail (load-load)
 *   FREE_EARLIER      a cell is copied after the *next* c_head is stored too
 *   ONE_TOO_MANY      size + 1 messages are let in
 *   NO_FULL_CHECK     reserve gives a cell whether or not one is free
 *   RESERVE_COMMITS   reserve publishes the cell at once
 *   SKIP_A_CELL       commit moves by two
 *   FULL_IS_EMPTY     full is tested by equal slots, without the spare cell   (liveness)
 *   STALE_HEAD        the sender looks at c_head only once                    (liveness)
 *   STALE_TAIL        the receiver looks at p_tail only once                  (liveness)
 *   NOT_A_POWER       a ring of 3 cells, mask 2, as ck makes one unchecked    (liveness)
 *
 * And this one to pass, which is what lets the code stand without a further order:
 *   FREE_EARLY        c_head is stored before the copy of that cell is complete (load-store: the
 *                     order that ck 0.7.1 leaves out on arm64). The ring's spare cell absorbs it:
 *                     the sender reaches that cell only after the next c_head, and ck's load fence
 *                     in the next dequeue stands between. With size messages let in (HOLD_SIZE, as
 *                     good a ring by itself) the spare cell is gone, and the two together fail.
 */
#ifdef NOT_A_POWER
#define SIZE 3
#else
#define SIZE 4
#endif
#define WRAP 8
#define VALUES 16
#define GARBAGE 255

#define SLOT(counter) ((counter) & (SIZE - 1))
#define NEXT(counter) (((counter) + 1) % WRAP)

#define HELD(head) ((p_tail + WRAP - (head)) % WRAP)
#if defined(HOLD_SIZE)
#define FULL(head) (HELD(head) == SIZE)
#elif defined(ONE_TOO_MANY)
#define FULL(head) (HELD(head) == SIZE + 1)
#elif defined(NO_FULL_CHECK)
#define FULL(head) false
#elif defined(FULL_IS_EMPTY)
#define FULL(head) (SLOT(p_tail) == SLOT(head))
#else
#define FULL(head) (SLOT(NEXT(p_tail)) == SLOT(head)) /* as ck does it */
#endif

byte c_head = 0; /* written by the receiver */
byte p_tail = 0; /* written by the sender */
byte low[SIZE] = GARBAGE;
byte high[SIZE] = GARBAGE;

/* Not part of the protocol: what the assertions know. */
bool unread[SIZE];
bool pending = false; /* message 0 is committed and not received */

inline publish() {
    atomic { /* D0 */
        unread[slot] = true;
        if
        :: value == 0 -> pending = true
        :: else
        fi;
#ifdef SKIP_A_CELL
        p_tail = NEXT(p_tail);
#endif
        p_tail = NEXT(p_tail)
    }
}

inline free_cell() {
    c_head = NEXT(c_head) /* F0 */
}

active proctype sender() {
    byte head = 0, slot = 0, value = 0;
    bool gave_up = false;
#ifdef STALE_HEAD
    head = c_head;
#endif
    do
    ::
#ifndef STALE_HEAD
       head = c_head; /* F1 */
#endif
       if
       :: FULL(head) -> skip /* the answer "full"; the caller comes again */
       :: else ->
          slot = SLOT(p_tail);
          assert(!unread[slot]);
#ifdef RESERVE_COMMITS
          publish();
#endif
          if
          :: !gave_up -> /* write half of something else and never commit it */
             low[slot] = GARBAGE;
             gave_up = true
          :: true ->
             low[slot] = value;
#ifdef PUBLISH_EARLY
             publish();
             high[slot] = value;
#else
             high[slot] = value;
#ifndef RESERVE_COMMITS
             publish();
#endif
#endif
             value = (value + 1) % VALUES;
             gave_up = false
          fi
       fi
    od
}

inline copy_cell(from) {
    first = low[from];
    second = high[from]
}

inline check_copy(from) {
    assert(first == expected && second == expected);
    atomic {
        unread[from] = false;
        if
        :: expected == 0 -> pending = false
        :: else
        fi;
        expected = (expected + 1) % VALUES
    }
}

active proctype receiver() {
    byte tail = 0, slot = 0, expected = 0, first = 0, second = 0;
#ifdef FREE_EARLIER
    byte previous = GARBAGE;
#endif
#ifdef STALE_TAIL
    tail = p_tail;
#endif
    do
    ::
       slot = SLOT(c_head);
#ifdef READ_EARLY
       copy_cell(slot);
#endif
#ifndef STALE_TAIL
       tail = p_tail; /* D1 */
#endif
       if
       :: tail == c_head -> skip /* the answer "empty" */
       :: else ->
          assert(unread[slot]);
#if defined(FREE_EARLIER)
          free_cell();
          if
          :: previous != GARBAGE -> copy_cell(previous); check_copy(previous)
          :: else
          fi;
          previous = slot
#elif defined(FREE_EARLY)
          free_cell();
          copy_cell(slot);
          check_copy(slot)
#else
#ifndef READ_EARLY
          copy_cell(slot);
#endif
          check_copy(slot);
          free_cell()
#endif
       fi
    od
}

ltl all_arrive { ([]<> pending) && ([]<> !pending) }
