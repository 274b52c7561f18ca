/* SPDX-License-Identifier: MIT
 *
 * Calls, and the room that is kept for their replies (src/call.c, src/send.c, src/room.c, and the
 * drain in src/close.c), for Spin.
 *
 * Two ports, a lane in each direction. Each port makes EACH calls to the other, and sends closures
 * and words by the same lane, as fast as it can: when it is refused, it polls and tries again, or
 * waits until it is told. Continuations call again. A call may be cancelled, also when it is over,
 * and each port's first one may expire. With CLOSING each port closes when it likes, drains and
 * goes; the other may not see that at once, so that requests slip in.
 *
 * The lanes are lane.pml's; here each is a channel, and a count of cells that were received and not
 * given back. The bells are bell.pml's: who sleeps is woken by a flush, who waits for room is told.
 * Steps are as large as they may be: of what both ports write, each looks at one word alone, or at
 * others of which an older value would do as well.
 *
 * Safety: a reply finds a link and a cell, and is that of the call that has its place; each call is
 * answered once, by the continuation that was given with it, with TA_OK if and only if it ran, with
 * TA_E_CANCELLED if and only if ta_call_cancel() said so; there is no end state but the one where
 * both ports are through. Liveness (all_end, under weak fairness): they come there.
 *
 * models/run wants each of these to fail:
 *   NO_RESERVE           the others may take all cells of a lane
 *   WORDS_NOT_COUNTED    the cell for words that are gathered counts as free
 *   MORE_PLACES          the table has more places than cells are kept (as one more for urgent
 *                        calls would)
 *   GIVEN_BACK_LATE      a reply's cell is given back after the continuation
 *   REPLY_WAITS          a reply takes its cell from the others', and waits for one
 *   REPLY_REFUSED        the same, and it is dropped where there is none
 *   NO_SPARE             the caller brings no link for the replies
 *   SPARE_REPLACES       the receiver takes it, though it has made one by now
 *   NO_FLUSH             replies are not flushed at the end of a poll
 *   NO_COPY              the continuation stays in the place, which is free when it is called
 *   NO_GENERATION        the next call in a place has the same name
 *   CANCEL_IN_TWO        K1 is a load and a store
 *   CLAIM_IN_TWO         K2 is a load and a store
 *   NO_CLAIM             K2 is a load
 *   NOT_TOLD             who waits for a place is not told when a reply has come
 *   DRAIN_EARLY          a port that drains does not wait for its own calls       (with CLOSING)
 *   REQUEST_LOST         a request that comes back is destroyed, and that is all  (with CLOSING)
 *   CANCELLED_IS_CLOSED  the place is not looked at when its request comes back   (with CLOSING)
 *   NO_POLL_AT_FULL      who is refused tries again, and does not poll            (liveness)
 */
#ifndef CALLS
#define CALLS 1 /* options.calls */
#endif
#define OTHERS 1 /* the other cells of a lane */
#define EACH 2
#ifdef CLOSING /* what becomes of others is for close.pml */
#define CLOSURES 0
#define WORDS 0
#endif
#ifndef CLOSURES
#define CLOSURES 1
#endif
#ifndef WORDS
#define WORDS 1
#endif
#ifndef CANCELS
#define CANCELS 1
#endif
#define LATE 1 /* looks at `is_closed` that miss it */
#define CELLS (CALLS + OTHERS)
/* So few are occupied when who waits for room is told: half of the others are free. */
#define ENOUGH (OTHERS == 1 -> 0 : OTHERS - OTHERS / 2)

#ifdef MORE_PLACES
#define PLACES (CALLS + 1)
#else
#define PLACES CALLS
#endif
#ifdef NO_RESERVE
#define RESERVE 0
#else
#define RESERVE CALLS
#endif

/* Kinds of cells; a reply's says what became of the request. */
#define OTHER 0
#define REQUEST 1
#define DONE 2
#define NOT_RUN 3 /* cancelled */
#define EXPIRED 4
#define NOT_TAKEN 5 /* of no cell: TA_E_CLOSED */

/* States of a place. */
#define FREE 0
#define PENDING 1
#define STARTED 2
#define CANCELLED 3

/* The lane of each port to the other: kind, token, and the number of the call. */
chan lane[2] = [CELLS] of {byte, byte, byte};
byte unfreed[2]; /* received, and not given back */
byte replies[2], unfreed_replies[2]; /* of the cells in use; of those received */
bool made[2];    /* the link is; L1 */
bool wanted[2], dead[2];

/* The table of each port's calls. */
byte state[2 * PLACES], generation[2 * PLACES], continuation[2 * PLACES];
bool spare[2];

/* Each port. */
bool asleep[2], room_bell[2], is_closed[2];
bool is_done[2]; /* it has made its calls, and they are over */
byte ended;

/* What the assertions know of each call. */
#define RAN 1
#define SAID 2 /* that it was cancelled */
#define ANSWERED 4
byte fate[2 * EACH];

#define PEER (1 - me)
#define PLACE (me * PLACES + place)
#define OCCUPIED(l) (len(lane[l]) + unfreed[l])
#define IN_USE(l) (OCCUPIED(l) - replies[l]) /* by others than replies */
#define HAS_CELL (len(lane[PEER]) > 0)

/* ---- sending ---------------------------------------------------------------------------------- */

inline put(kind, name, number) {
    assert(OCCUPIED(me) < CELLS); /* ta_link_cell() */
    lane[me]!kind, name, number;
    replies[me] = replies[me] + (kind > REQUEST -> 1 : 0);
    is_dirty = true
}

/* ta_lane_release(), and what the sender's bits tell it of that */
inline give_back() {
    unfreed[PEER] = 0;
    replies[PEER] = replies[PEER] - unfreed_replies[PEER];
    unfreed_replies[PEER] = 0
}

/* ta_link_end_words() */
inline end_words() {
    if
    :: gathered -> gathered = false; put(OTHER, 0, 0)
    :: else
    fi
}

#ifdef WORDS_NOT_COUNTED
#define KEPT RESERVE
#else
#define KEPT (RESERVE + gathered)
#endif

/* ta_link_room(): for one cell, not a reply's. */
inline find_room() {
    if
    :: credit >= 1
    :: else -> credit = (CELLS - IN_USE(me) > KEPT -> CELLS - IN_USE(me) - KEPT : 0)
    fi
}

/* Is the other port closed, as far as this one knows? */
inline look_if_closed() {
    if
    :: out_dead || is_closed[PEER] -> gives_up = true
    :: !out_dead && is_closed[PEER] && late > 0 -> late--
    :: !out_dead && !is_closed[PEER]
    fi
}

inline find_place() {
    place = 0;
    do
    :: place < PLACES && state[PLACE] != FREE -> place++
    :: else -> break
    od
}

inline begin_call() {
    state[PLACE] = PENDING;
    continuation[PLACE] = begun;
    under_way++;
    name = generation[PLACE] * PLACES + place;
    if
    :: cancels > 0 -> id = name + 1; id_of = begun
    :: cancels == 0 || id != 0 /* its id nobody keeps */
    fi;
    end_words();
    credit--;
    put(REQUEST, name, begun);
    begun++;
    left--;
    name = 0
}

/* Is there a link, and a cell for one that is not a reply? */
inline find_way() {
    look_if_closed();
    if
    :: gives_up
    :: else -> made[me] = true; find_room(); has_way = credit > 0
    fi
}

/* ta_port_call() */
inline call() {
    find_way();
    if
    :: gives_up -> left = 0
    :: else ->
#ifndef NO_SPARE
       spare[me] = (has_table -> spare[me] : !made[PEER]);
#endif
       has_table = true;
       find_place();
       if
       :: has_way && place < PLACES -> begin_call()
       :: else -> is_refused = true
       fi;
       place = 0
    fi;
    has_way = false;
    gives_up = false
}

/* ta_port_send(), once */
inline send_closure() {
    closures--;
    find_way();
    if
    :: has_way -> end_words(); credit--; put(OTHER, 0, 0)
    :: else
    fi;
    has_way = false;
    gives_up = false
}

/* ta_port_send_word(), once */
inline send_word() {
    words--;
    find_way();
    if
    :: has_way -> credit--; gathered = true; is_dirty = true
    :: else
    fi;
    has_way = false;
    gives_up = false
}

/* ta_call_cancel() of the last call */
inline look_at_place() {
    place = (id - 1) % PLACES;
    finds = state[PLACE] == PENDING && generation[PLACE] == (id - 1) / PLACES
}

inline cancel_place() {
    if
    :: finds ->
       state[PLACE] = CANCELLED;
       assert(!(fate[me * EACH + id_of] & (RAN | ANSWERED)));
       fate[me * EACH + id_of] = fate[me * EACH + id_of] | SAID
    :: else
    fi;
    finds = false;
    place = 0;
    cancels--;
    id = (cancels > 0 -> id : 0);
    id_of = (cancels > 0 -> id_of : 0)
}

/* ta_link_take_back(): a dead lane is the sender's. */
inline take_back() {
    if
    :: dead[me] ->
       out_dead = true;
       end_words();
       do
       :: len(lane[me]) > 0 ->
          lane[me]?kind, name, number;
          assert(kind <= REQUEST); /* who drains, waits for replies */
#ifndef REQUEST_LOST
          came_back = came_back | (kind == REQUEST -> 1 << (name % PLACES) : 0)
#endif
       :: else -> break
       od;
       kind = 0; name = 0; number = 0
    :: else
    fi
}

inline flush() {
    end_words();
    is_dirty = false;
    asleep[PEER] = false;
    take_back()
}

/* ---- answers ---------------------------------------------------------------------------------- */

/* end_call(), and the continuation, which may call again */
inline end_call(status) {
    assert(state[PLACE] != FREE);
    who = continuation[PLACE];
    continuation[PLACE] = 0;
    state[PLACE] = FREE;
#ifndef NO_GENERATION
    generation[PLACE]++;
#endif
    under_way--;
    was = place;
    place = 0;
    if
    :: left > 0 -> call(); is_refused = false
    :: true
    fi;
#ifdef NO_COPY
    who = continuation[me * PLACES + was];
#endif
    assert(!(fate[me * EACH + who] & ANSWERED));
    assert((status == DONE) == ((fate[me * EACH + who] & RAN) != 0));
    assert((status == NOT_RUN) == ((fate[me * EACH + who] & SAID) != 0));
    fate[me * EACH + who] = fate[me * EACH + who] | ANSWERED;
#ifndef NOT_TOLD
    waits = false;
#endif
    was = 0
}

/* ta_call_finish() */
inline finish() {
    place = name % PLACES;
    assert(state[PLACE] != FREE && generation[PLACE] == name / PLACES);
    ends = kind;
    end_call(ends);
    assert(who == number);
    ends = 0;
    who = 0
}

/* end_without_reply() */
inline end_returned() {
    place = (came_back & 1 -> 0 : 1);
    came_back = came_back & ~(1 << place);
#ifdef CANCELLED_IS_CLOSED
    ends = NOT_TAKEN;
#else
    ends = (state[PLACE] == CANCELLED -> NOT_RUN : NOT_TAKEN);
#endif
    end_call(ends);
    ends = 0;
    who = 0
}

/* ---- receiving -------------------------------------------------------------------------------- */

#define THERE (PEER * PLACES + name % PLACES)

/* meet_caller(), at the first request */
inline meet() {
#ifdef SPARE_REPLACES
    assert(!spare[PEER] || !made[me]); /* what was sent by the other one is lost */
#endif
    made[me] = made[me] || spare[PEER];
    spare[PEER] = false
}

inline reply() {
    assert(made[me]);
#if defined(REPLY_WAITS) || defined(REPLY_REFUSED)
    find_room();
#ifdef REPLY_WAITS
    credit > 0 || IN_USE(me) + KEPT < CELLS;
    find_room();
#endif
    if
    :: credit > 0 -> end_words(); credit--; put(kind, name, number)
    :: else
    fi
#else
    end_words();
    put(kind, name, number)
#endif
}

inline claim() {
    assert(generation[THERE] == name / PLACES);
#ifndef NO_CLAIM
    state[THERE] = (finds -> STARTED : state[THERE])
#endif
}

inline run_request() {
    if
    :: finds ->
       assert(!(fate[PEER * EACH + number] & (RAN | SAID)));
       fate[PEER * EACH + number] = fate[PEER * EACH + number] | RAN;
       kind = DONE
    :: finds && number == 0 -> kind = EXPIRED
    :: else -> kind = NOT_RUN
    fi;
    finds = false
}

/* W2, at the end of a visit or when the lane rests. (The code, which does not count the two kinds
 * here, may be later: when as many cells were given back as the lane has.) */
#define MUST_TELL (wanted[PEER] && IN_USE(PEER) <= ENOUGH)
inline tell_room() {
    wanted[PEER] = false;
    room_bell[PEER] = true;
    asleep[PEER] = false
}

inline receive() {
    lane[PEER]?kind, name, number;
    unfreed[PEER]++;
    unfreed_replies[PEER] = unfreed_replies[PEER] + (kind > REQUEST -> 1 : 0);
    if
    :: kind == REQUEST ->
       meet();
       finds = state[THERE] == PENDING /* K2 */
    :: kind > REQUEST ->
#ifndef GIVEN_BACK_LATE
       give_back();
#endif
       finish();
       kind = OTHER
    :: else
    fi
}

/* ta_port_want_room(), and W1 */
inline want_room() {
    waits = true;
    is_refused = false;
    find_place();
    if
    :: place == PLACES /* a reply will come */
    :: place < PLACES && (IN_USE(me) <= ENOUGH || dead[me]) -> room_bell[me] = true
    :: else -> wanted[me] = true
    fi;
    place = 0
}

/* ---- a port ----------------------------------------------------------------------------------- */

#define IS_OVER (left == 0 && under_way == 0)
#ifdef CLOSING
#define MAY_END IS_OVER
#else
#define MAY_END (IS_OVER && (!is_done[me] || is_done[PEER]))
#endif

/* Nothing is to be done in a poll; but for what NO_FLUSH forgets. */
#ifdef NO_FLUSH
#define IS_CLEAN true
#else
#define IS_CLEAN !is_dirty
#endif
#define HAS_POLLED \
    (!HAS_CELL && unfreed[PEER] == 0 && !MUST_TELL && IS_CLEAN && !room_bell[me] && came_back == 0)

active [2] proctype port() {
    byte me = _pid;
    byte left = EACH, begun = 0, under_way = 0, id = 0, id_of = 0;
    byte closures = (me == 0 -> CLOSURES : 0), words = (me == 0 -> WORDS : 0);
    byte cancels = (me == 1 -> CANCELS : 0), late = LATE;
    byte credit = 0, place = 0, was = 0, who = 0, came_back = 0;
    byte kind = 0, name = 0, number = 0, ends = 0;
    bool gathered = false, has_table = false, is_dirty = false, out_dead = false;
    bool gives_up = false, has_way = false, is_refused = false, waits = false, finds = false;
    do
    /* Sends. */
    :: atomic { left > 0 && !is_refused && !waits -> call() }
    :: atomic { closures > 0 && !is_closed[me] -> send_closure() }
    :: atomic { words > 0 && !gathered && !is_closed[me] -> send_word() }
#ifdef CANCEL_IN_TWO
    :: cancels > 0 && id != 0 -> atomic { look_at_place() }; atomic { cancel_place() }
#else
    :: atomic { cancels > 0 && id != 0 -> look_at_place(); cancel_place() /* K1 */ }
#endif
    /* Polls. */
#ifdef NO_POLL_AT_FULL
    :: atomic { HAS_CELL && left == 0 ->
#else
    :: atomic { HAS_CELL ->
#endif
       receive();
#ifdef CLAIM_IN_TWO
       }; atomic {
#endif
       if
       :: kind == REQUEST -> claim(); run_request(); give_back(); reply()
       :: else
       fi;
       kind = 0; name = 0; number = 0 }
    :: atomic { unfreed[PEER] > 0 -> give_back() }
    :: atomic { MUST_TELL -> tell_room() }
    :: atomic { room_bell[me] -> room_bell[me] = false; take_back(); waits = false }
    :: atomic { came_back != 0 -> end_returned() }
    :: atomic { is_dirty -> flush() }
    /* Is refused: tries again after a poll, or waits. */
#ifdef NO_POLL_AT_FULL
    :: atomic { is_refused -> is_refused = false }
#else
    :: atomic { is_refused && HAS_POLLED -> is_refused = false }
    :: atomic { is_refused && !is_dirty -> want_room() }
#endif
    :: atomic { (left == 0 || waits) && HAS_POLLED && !MAY_END -> asleep[me] = true };
       atomic { !asleep[me] || MAY_END -> asleep[me] = false }
    /* Ends. */
#ifdef CLOSING
    :: atomic { !is_closed[me] -> is_closed[me] = true; left = 0; is_refused = false }
#ifdef DRAIN_EARLY
    :: is_closed[me] && HAS_POLLED -> break
#else
    :: is_closed[me] && HAS_POLLED && under_way == 0 -> break
#endif
#else
    :: atomic { IS_OVER && !is_done[me] -> is_done[me] = true }
    :: is_done[me] && is_done[PEER] -> break
#endif
    od;
    atomic {
#ifdef CLOSING
        /* ta_link_die(); cells may have been put in since the last look. */
        dead[PEER] = true;
        room_bell[PEER] = true;
        asleep[PEER] = false;
#endif
        do
        :: begun > 0 -> begun--; assert(fate[me * EACH + begun] & ANSWERED)
        :: else -> break
        od;
        ended++
    }
}

ltl all_end { <> (ended == 2) }
