/* SPDX-License-Identifier: MIT
 *
 * The end of a receiver, and the next one on its seat (src/close.c, src/seat.c, src/link.c and
 * src/send.c), for Spin: refuse, drain, die, recover, revive.
 *
 * One sender, one seat for guests. Two guests sit there, one after the other; each polls, closes
 * when it likes, drains, polls on for a while, and leaves. The sender sends to guests that it has
 * heard of, also to the one that has gone; it makes the link at its first message, waits for room
 * when the lane is full, and polls to the end. Its last message it sends to the second guest until
 * that is accepted, and that guest does not close before. The bells are bell.pml's, and one flag
 * each here.
 *
 * Safety: every message that was accepted is run by the guest that it was sent to, while that is
 * not drained, or comes back when that one has closed, exactly once; nothing is left for the mesh to
 * destroy; nobody waits for room for ever. Liveness (all_end, under weak fairness):
 * a guest can be sent to, whoever sat there before.
 *
 * ALONE: nobody follows the first one, and the sender sends until it is refused.
 *
 * models/run wants each of these to fail:
 *   DIE_BEFORE_LAST_LOOK   DEAD is set before the last look at the lane
 *   DIE_AWAKE              a link that is looked at dies
 *   RECOVER_WITHOUT_DEAD   the sender takes back when it sees that the port is closed
 *   NO_ROOM_BELL_ON_DEATH  death does not ring at the sender         (liveness)
 *   NO_INDEX_CHECK         a bell for an earlier guest is answered by the next one
 *   DRAINED_ACTIVATES      a bell is answered as always by a guest that has drained
 *   REVIVE_ALIVE           the sender reuses a link that has not died
 *   REVIVE_WITHOUT_RECOVER a link is used again with what was in it
 *   NO_RING_AT_MISMATCH    a link that was made too late stays the earlier guest's  (liveness)
 *   NO_GONE                who rings does not look whether anybody will answer      (ALONE)
 *   GONE_AFTER_SWEEP       a guest says that it goes after it looked for links      (ALONE)
 *   DIE_BY_OLD_LOOK        a link dies for what it was before its sender gave it to this guest
 * and this to pass, since the bell says the same, only later:
 *   NO_LOOK_AT_DEAD        R1: DEAD is not looked at
 */
#define CELLS 2
#define MESSAGES 4
#define STALE 1 /* sends to the first guest when the second is known */
#define LATE 3 /* looks at `closed` that miss it */
#define ROUNDS 2 /* polls of a guest, at most, unless it is waited for */
#define NOBODY 0

/* The seat. */
byte index = NOBODY;
bool closed;
bool bell;
bool gone; /* in the word of the bells */
byte known = NOBODY; /* the latest guest that the sender has heard of */

/* The link. The lane's cells hold the number of the message. */
bool made;
byte to_index;
byte cells[CELLS];
byte head, tail;
bool resting = true, wanted, dead;
byte number; /* of the link's life, in the rest word */

/* The sender's bell for room. */
bool room_bell;

/* What the assertions know. */
byte target_of[MESSAGES];
bool settled[MESSAGES]; /* run or returned */
byte accepted;
bool has_closed[3];
bool all_sent, guests_gone, ended;

#define EMPTY (head == tail)
#define FULL (tail - head == CELLS)

inline settle(message) {
    assert(!settled[message]);
    settled[message] = true
}

inline die() {
    dead = true; /* R2 */
#ifndef NO_ROOM_BELL_ON_DEATH
    room_bell = true
#endif
}

/* ---- the sender ------------------------------------------------------------------------------- */

inline recover() {
#ifdef RECOVER_WITHOUT_DEAD
    if
    :: dead || (closed && made) ->
#else
    if
    :: dead ->
#endif
       out_dead = true;
       do
       :: EMPTY -> break
       :: else ->
          message = cells[head % CELLS];
          assert(has_closed[target_of[message]]);
          settle(message);
          head++
       od;
       message = 0
    :: else
    fi
}

inline poll_sender() {
    if
    :: room_bell ->
       room_bell = false;
       recover()
    :: else
    fi
}

/* refused: TA_E_CLOSED, or TA_E_FULL. */
inline make_link() {
    if
    :: index != to -> refused = true
    :: else ->
       if
       :: !made ->
          to_index = to;
          made = true /* L1 */
       :: made && (to_index != to || out_dead) ->
#ifndef REVIVE_WITHOUT_RECOVER
          recover();
#else
          out_dead = dead;
#endif
          if
#ifndef REVIVE_ALIVE
          :: !out_dead ->
             /* Whoever sits there now shall see to it. */
#ifndef NO_RING_AT_MISMATCH
             bell = true;
#endif
             refused = true
#endif
          :: out_dead ->
             out_dead = false;
             to_index = to;
             atomic { resting = true; wanted = false; dead = false; number++ } /* R4 */
#ifdef REVIVE_ALIVE
          :: else ->
             to_index = to
#endif
          fi
       :: else
       fi
    fi
}

inline publish() {
    target_of[accepted] = to;
    cells[tail % CELLS] = accepted;
    accepted++;
    tail++; /* D0 */
    atomic { rings = resting; resting = false; dies = dead } /* R1 */
#ifdef NO_LOOK_AT_DEAD
    dies = false;
#endif
    if
    :: rings ->
       bell = true; /* B1 */
       rings = false;
#ifndef NO_GONE
       if
       :: gone -> dead = true; dies = true /* B2 */
       :: else
       fi
#endif
    :: else
    fi;
    if
    :: dies -> recover(); dies = false
    :: else
    fi
}

inline wait_for_room() {
    wanted = true; /* W1 */
    if
    :: !FULL ->
       atomic {
           if
           :: wanted -> wanted = false; room_bell = true
           :: else
           fi
       }
    :: else
    fi;
    room_bell;
    poll_sender()
}

active proctype sender() {
    byte to = 0, message = 0, stale = STALE, late = LATE;
    bool refused = false, out_dead = false, rings = false, dies = false;
    known != NOBODY;
    do
    :: accepted == MESSAGES -> break
    :: else ->
#ifdef ALONE
       to = 1;
#else
       if
       :: accepted < MESSAGES - 1 && (known == 1 || stale > 0) -> to = 1
       :: accepted < MESSAGES - 1 && known == 2 -> to = 2
       :: accepted == MESSAGES - 1 -> known == 2; to = 2
       fi;
       if
       :: known == 2 && to == 1 -> stale--
       :: else
       fi;
#endif
       if
       :: !made || to_index != to || out_dead -> make_link()
       :: else
       fi;
       /* Advice: it may be seen late. */
       if
       :: !refused && closed -> refused = true
       :: !refused && closed && late > 0 -> late--
       :: refused || !closed
       fi;
       if
       :: refused ->
          refused = false;
#ifdef ALONE
          break;
#endif
          poll_sender()
       :: else ->
          if
          :: FULL -> wait_for_room()
          :: else -> publish()
          fi
       fi
    od;
    all_sent = true;
    do
    :: room_bell -> poll_sender()
    :: atomic { guests_gone && !room_bell -> break }
    od;
    /* The end of the mesh: exclusive. */
    assert(EMPTY);
    atomic {
        message = 0;
        do
        :: message == accepted -> break
        :: else -> assert(settled[message]); message++
        od;
        ended = true
    }
}

/* ---- the seat --------------------------------------------------------------------------------- */

/* Not if the sender has done so itself. */
inline die_if() {
    atomic {
        if
#ifdef DIE_BY_OLD_LOOK
        :: true -> dead = true; room_bell = true
#else
        :: !dead && number == seen -> die()
        :: else
#endif
        fi
    }
}

inline tell_room() {
    atomic {
        if
        :: wanted -> wanted = false; room_bell = true
        :: else
        fi
    }
}

inline answer_bell() {
    if
    :: bell ->
       bell = false;
       atomic { found = made && !dead && !watched; seen = number }
       if
       :: found ->
          found = false;
          if
#if defined(NO_INDEX_CHECK)
          :: drained -> die_if()
#elif defined(DRAINED_ACTIVATES)
          :: to_index != me -> die_if()
#else
          :: drained || to_index != me -> die_if()
#endif
          :: else ->
             if
             :: number == seen -> watched = true
             :: else /* there is another bell */
             fi
          fi
       :: else
       fi;
       seen = 0
    :: else
    fi
}

inline rest() {
    if
    :: watched ->
       atomic { found = wanted; resting = true } /* R2, W2 */
       if
       :: found -> tell_room()
       :: else
       fi;
       found = !EMPTY;
       if
       :: found -> atomic { found = resting; resting = false }
       :: else
       fi;
       watched = found;
       found = false
    :: else
    fi
}

/* One message. */
inline visit() {
    if
    :: watched && !EMPTY ->
       message = cells[head % CELLS];
       assert(target_of[message] == me && !drained);
       settle(message);
       head++;
       message = 0
    :: else
    fi
}

inline sweep() {
    if
    :: made && !dead -> die()
    :: else
    fi
}

inline drain() {
    do
    :: answer_bell();
       visit();
#ifndef DIE_AWAKE
       rest();
       if
       :: !watched && !bell -> break
       :: else
       fi
#else
       if
       :: !watched || EMPTY -> break
       :: else
       fi
#endif
    od;
#ifdef DIE_BEFORE_LAST_LOOK
    sweep();
    watched = made;
    visit();
    watched = false;
#elif defined(GONE_AFTER_SWEEP)
    sweep();
    gone = true;
#else
    gone = true; /* G1 */
    sweep();
#endif
    drained = true
}

inline guest(whose) {
    me = whose;
    gone = false;
    closed = false;
    index = me;
    known = me;
    rounds = 0;
    do
    :: rounds < ROUNDS || (me == 2 && !all_sent) ->
       answer_bell();
       visit();
       if
       :: true -> rest(); idle = false
       :: !idle -> idle = true
       fi;
       if
       :: rounds < ROUNDS -> rounds++
       :: else
       fi
    :: me == 1 || all_sent -> break
    od;
    closed = true;
    has_closed[me] = true;
    drain();
    if
    :: true -> answer_bell(); visit()
    :: true
    fi;
    watched = false;
    drained = false;
    idle = false;
    index = NOBODY
}

active proctype seat() {
    byte me = 0, message = 0, rounds = 0, seen = 0;
    bool watched = false, drained = false, found = false, idle = false;
    guest(1);
#ifndef ALONE
    guest(2);
#endif
    guests_gone = true
}

ltl all_end { <> ended }
