/* SPDX-License-Identifier: MIT
 *
 * The lane's protocol (src/lane.h, one sender, one receiver), for Spin: cells that carry the parity
 * of their lap, room that is given back late, and messages of two cells.
 *
 * Small on purpose: SIZE cells of two words each behind the parity, so that a torn copy shows, and
 * counters that wrap at WRAP, two laps, where the real ones wrap at 2^32. Both processes run for
 * ever, so every state of a wrap is met. Message numbers count modulo VALUES, more than the ring
 * can hold.
 *
 * Safety (assertions): a reserved cell holds no unread message; a cell that is read holds one; what
 * is read is the next message, whole; who has found the first cell of two finds the second at once.
 * Together: first in, first out, nothing lost, doubled or torn.
 * Liveness (all_arrive, under weak fairness): message 0 is committed again and again, and each time
 * it is received. So a full lane comes free, also for a sender that needs room for two, and no
 * committed message stays.
 *
 * Spin interleaves statements in program order, so a reordering that a processor or compiler could
 * do if the code lacked an order is a variant here, switched on by its name. models/run wants the
 * model to pass, and each of these to fail:
 *   PUBLISH_BEFORE_WRITE  a cell's parity is stored before its words (D0's order)
 *   READ_EARLY            a cell's words are read before its parity (D1's order)
 *   FREE_EARLY            `freed` is stored before the copy of the cell is complete (F0's order)
 *   NO_PARITY             whether a cell is new is told by a bit that is set and never turns
 *   STALE_LAP             the receiver expects the same parity in each lap
 *   SECOND_CELL_LATE      the first cell of two is published before the second
 *   ONE_TOO_MANY          a cell more than there is, is let in
 *   NO_FULL_CHECK         reserve gives a cell whether or not one is free
 *   SKIP_A_CELL           commit moves by two                                          (liveness)
 *   STALE_ROOM            the sender looks at `freed` only once                        (liveness)
 *   LOST_RELEASE          the receiver gives back whole laps only, not when it finds the lane
 *                         empty: who waits for two cells may wait for ever             (liveness)
 *   NO_PARITY_STEP        the sender writes the same parity in each lap                (liveness)
 */
#ifndef SIZE
#define SIZE 4
#endif
#define WRAP (2 * SIZE)
#define VALUES 16
#define GARBAGE 255

#define SLOT(counter) ((counter) % SIZE)
#define PLUS(counter, n) (((counter) + (n)) % WRAP)
#define LESS(a, b) (((a) + WRAP - (b)) % WRAP)
#ifdef NO_PARITY_STEP
#define WRITTEN_PARITY(counter) 1
#else
#define WRITTEN_PARITY(counter) (1 - (counter) / SIZE)
#endif
#ifdef STALE_LAP
#define PARITY(counter) 1
#else
#define PARITY(counter) (1 - (counter) / SIZE)
#endif

/* Of the sender: tail - seen is what it believes to be held, at most a lap of the two. */
#if defined(NO_FULL_CHECK)
#define NO_ROOM(wanted) false
#elif defined(ONE_TOO_MANY)
#define NO_ROOM(wanted) (LESS(tail, seen) + (wanted) > SIZE + 1)
#else
#define NO_ROOM(wanted) (LESS(tail, seen) + (wanted) > SIZE)
#endif

#ifdef LOST_RELEASE
#define BATCH SIZE
#define GIVES_BACK_WHEN_EMPTY false
#else
#define BATCH 2
#define GIVES_BACK_WHEN_EMPTY true
#endif

byte freed = 0; /* written by the receiver */
bit parity[SIZE] = 0;
byte low[SIZE] = GARBAGE;
byte high[SIZE] = GARBAGE;

/* Not part of the protocol: what the assertions know. */
bool unread[SIZE];
bool first_of_two[SIZE];
bool pending = false; /* message 0 is committed and not received */

inline write_cell(number, value) {
    low[SLOT(number)] = value;
    high[SLOT(number)] = value
}

inline publish(number, value, is_first) {
    atomic { /* D0 */
        unread[SLOT(number)] = true;
        first_of_two[SLOT(number)] = is_first;
        if
        :: value == 0 -> pending = true
        :: else
        fi;
#ifdef NO_PARITY
        parity[SLOT(number)] = 1
#else
        parity[SLOT(number)] = WRITTEN_PARITY(number)
#endif
    }
}

inline put(number, value, is_first) {
#ifdef PUBLISH_BEFORE_WRITE
    publish(number, value, is_first);
    write_cell(number, value)
#else
    write_cell(number, value);
    publish(number, value, is_first)
#endif
}

inline look_for_room(wanted) {
    if
    :: NO_ROOM(wanted) ->
#ifndef STALE_ROOM
       seen = freed /* F1 */
#else
       skip
#endif
    :: else
    fi
}

active proctype sender() {
    byte tail = 0, seen = 0, value = 0, wanted = 1;
    do
    ::
       look_for_room(wanted);
       if
       :: NO_ROOM(wanted) -> skip /* the answer "full"; the caller comes again, for as many */
       :: else ->
          assert(!unread[SLOT(tail)]);
          if
          :: wanted == 1 ->
             if
             :: low[SLOT(tail)] = GARBAGE /* a reservation that is given up */
             :: skip
             fi;
             put(tail, value, false)
          :: else ->
             assert(!unread[SLOT(PLUS(tail, 1))]);
#ifdef SECOND_CELL_LATE
             put(tail, value, true);
             put(PLUS(tail, 1), (value + 1) % VALUES, false)
#else
             put(PLUS(tail, 1), (value + 1) % VALUES, false);
             put(tail, value, true)
#endif
          fi;
          value = (value + wanted) % VALUES;
#ifdef SKIP_A_CELL
          tail = PLUS(tail, 1);
#endif
          tail = PLUS(tail, wanted);
          if
          :: wanted = 1
          :: wanted = 2
          fi
       fi
    od
}

inline give_back() {
    if
    :: released != head -> released = head; freed = head /* F0 */
    :: else
    fi
}

inline copy_cell(slot) {
    first = low[slot];
    second = high[slot]
}

inline check_copy(slot) {
    assert(first == expected && second == expected);
    atomic {
        unread[slot] = false;
        if
        :: expected == 0 -> pending = false
        :: else
        fi;
        expected = (expected + 1) % VALUES
    }
}

active proctype receiver() {
    byte head = 0, released = 0, slot = 0, expected = 0, first = 0, second = 0;
    bool is_new = false, is_first = false;
    do
    ::
       slot = SLOT(head);
#ifdef READ_EARLY
       copy_cell(slot);
#endif
#ifdef NO_PARITY
       is_new = (parity[slot] == 1);
#else
       is_new = (parity[slot] == PARITY(head)); /* D1 */
#endif
       if
       :: !is_new ->
          assert(!is_first); /* who found the first of two finds the second */
          if
          :: GIVES_BACK_WHEN_EMPTY -> give_back()
          :: else
          fi
       :: else ->
          assert(unread[slot]);
          is_first = first_of_two[slot];
#ifdef FREE_EARLY
          head = PLUS(head, 1);
          give_back();
          copy_cell(slot);
          check_copy(slot)
#else
#ifndef READ_EARLY
          copy_cell(slot);
#endif
          check_copy(slot);
          head = PLUS(head, 1);
          if
          :: LESS(head, released) >= BATCH -> give_back()
          :: GIVES_BACK_WHEN_EMPTY -> give_back() /* the end of a turn */
          :: else
          fi
#endif
       fi
    od
}

ltl all_arrive { ([]<> pending) && ([]<> !pending) }
