/* SPDX-License-Identifier: MIT
 *
 * Calls to and from a seat whose guests change (src/call.c, src/send.c, src/link.c, src/seat.c),
 * for Spin. reply.pml has the rest of calls, close.pml the rest of guests.
 *
 * A server, which stays, and a seat for guests, where two sit, one after the other. A guest may
 * call the server once; it leaves when it has closed, its call is over, and its links rest. The
 * server makes CALLS calls to guests that it has heard of, also to the one that is gone. Who calls
 * first brings a spare link for the replies. No lane is ever full.
 *
 * Safety: a request is run by the guest that it was sent to, or comes back; a reply is found by the
 * guest that called, wherever it was put first; who is named as a message's sender has sent it, and
 * is nobody only if he has gone; and no end state but the one where all calls are over. Liveness
 * (all_end, under weak fairness): that one is reached.
 *
 * models/run wants each of these to fail:
 *   REPLY_LOST         a reply that comes back from a dead link is dropped
 *   NOT_IN_OLD_LINK    there is no reply while the link is still an earlier guest's
 *   NO_INDEX_CHECK     a guest looks at a link to an earlier one
 *   REUSED_FULL        a link serves the next guest with what was in it
 *   NO_BEGIN           a link that the seat has is not marked for the next guest
 *   NO_SINCE           the mark does not say from which cell on
 *   STALE_SENDER       a spare link keeps the mark of when it was made
 *   NOT_SERVED_AGAIN   a reply is put into the dead link again, which stays dead   (liveness)
 */
#define CALLS 2
#define CELLS 4
#define NOBODY 0

#define REQUEST 0
#define REPLY 1

/* The seat. */
byte index = NOBODY;
byte known = NOBODY; /* the latest guest that the server has heard of */
bool bell;

/* The server's link to it: kind, and whose: of a reply the guest, of a request the call. */
chan back = [CELLS] of {bit, byte};
bool back_made, back_spare, resting = true, dead;
byte to_index;
bool room_bell; /* the server's */

/* The guests' link to the server: the same, and who really sent it. */
chan there = [CELLS] of {bit, byte, byte};
bool there_made, there_spare;
byte sent, mark, since; /* `mark` and `since` are one word */
byte spare_mark;

/* What the assertions know. */
byte target[CALLS];
bool settled[CALLS], guests_gone, ended;

/* ---- the server ------------------------------------------------------------------------------- */

/* ta_link_take_back() */
inline take_back() {
    if
    :: dead ->
       out_dead = true;
       left = len(back);
       do
       :: left > 0 ->
          back?kind, whose;
          left--;
          if
          :: kind == REQUEST -> assert(!settled[whose]); settled[whose] = true
#ifdef REPLY_LOST
          :: else
#else
          :: else -> back!kind, whose; is_dirty = true
#endif
          fi
       :: else -> break
       od;
       kind = 0;
       whose = 0
    :: else
    fi
}

/* revive() */
inline revive() {
#ifdef REUSED_FULL
    out_dead = dead;
#else
    take_back();
#endif
    if
    :: !out_dead ->
       bell = true;
       is_refused = true
    :: else ->
       out_dead = false;
       to_index = to;
       resting = true;
       dead = false
    fi
}

/* ta_link_recover() */
inline recover() {
    take_back();
#ifndef NOT_SERVED_AGAIN
    if
    :: out_dead && len(back) > 0 ->
       to = index;
       assert(to != NOBODY);
       revive();
       is_refused = false;
       to = NOBODY
    :: else
    fi
#endif
}

/* Whether the index is there, is one look; the rest another step. */
inline call() {
    atomic {
        is_refused = index != to;
        if
        :: !is_refused && !has_table ->
           has_table = true;
           there_spare = !there_made;
           spare_mark = index
        :: else
        fi
    }
    atomic {
        if
        :: is_refused
        :: !is_refused && !back_made -> back_made = true; to_index = to
        :: !is_refused && back_made && (to_index != to || out_dead) -> revive()
        :: else
        fi;
        if
        :: is_refused -> settled[calls] = true
        :: else -> back!REQUEST, calls; is_dirty = true
        fi;
        target[calls] = to;
        is_refused = false;
        to = NOBODY;
        calls++
    }
}

/* meet_caller() and send_reply(): to the guest that waits. */
inline serve() {
    if
    :: back_spare ->
       back_spare = false;
       if
       :: !back_made -> back_made = true; to_index = index
       :: else
       fi
    :: else
    fi;
    to = index;
    assert(to == real && back_made);
    if
    :: to_index != to || out_dead -> revive()
    :: else
    fi;
#ifdef NOT_IN_OLD_LINK
    if
    :: is_refused
    :: else -> back!REPLY, real; is_dirty = true
    fi;
#else
    back!REPLY, real;
    is_dirty = true;
#endif
    is_refused = false;
    to = NOBODY
}

inline receive_there() {
    there?kind, whose, real;
    named = (got < since -> NOBODY : mark); /* ta_link_sender() */
    assert(named == real || (named == NOBODY && index != real));
    named = NOBODY;
    got++;
    if
    :: kind == REQUEST -> serve()
    :: else -> assert(!settled[whose]); settled[whose] = true
    fi;
    kind = 0;
    whose = 0;
    real = NOBODY
}

active proctype server() {
    byte to = NOBODY, calls = 0, whose = 0, real = NOBODY, named = NOBODY;
    byte left = 0, got = 0;
    bit kind = 0;
    bool has_table = false, out_dead = false, is_dirty = false, is_refused = false;
    do
    :: calls < CALLS && known >= 1 -> to = 1; call()
    :: calls < CALLS && known == 2 -> to = 2; call()
    :: atomic { len(there) > 0 -> receive_there() }
    :: atomic { room_bell -> room_bell = false; recover() }
    /* The flush, with R1. */
    :: atomic {
           is_dirty ->
           is_dirty = false;
           if
           :: resting -> resting = false; bell = true
           :: else
           fi;
           if
           :: dead -> recover()
           :: else
           fi
       }
    :: calls == CALLS && guests_gone && len(there) == 0 && !room_bell && !is_dirty -> break
    od;
    /* The end of the mesh, which destroys the requests that are left. */
    atomic {
        do
        :: len(back) > 0 -> back?kind, whose; assert(kind == REQUEST && !settled[whose]);
           settled[whose] = true
        :: else -> break
        od;
        do
        :: calls > 0 -> calls--; assert(settled[calls])
        :: else -> break
        od;
        ended = true
    }
}

/* ---- the seat --------------------------------------------------------------------------------- */

inline put_there(what, of_whom) {
    there!what, of_whom, me;
    sent++
}

inline begin_call() {
    may_call = false;
    under_way = true;
    if
    :: !has_calls -> has_calls = true; back_spare = !back_made
    :: else
    fi;
    if
    :: !there_made -> there_made = true; mark = me; since = sent
    :: else
    fi;
    put_there(REQUEST, me)
}

/* meet_caller(), when the server has called. */
inline meet() {
    if
    :: there_spare ->
       there_spare = false;
       if
       :: !there_made ->
          there_made = true;
#ifdef STALE_SENDER
          mark = spare_mark
#else
          mark = me;
          since = sent
#endif
       :: else
       fi
    :: else
    fi
}

inline visit() {
    back?what, about;
    if
    :: what == REQUEST ->
       assert(target[about] == me && !settled[about]);
       meet();
       put_there(REPLY, about)
    :: else -> assert(about == me && under_way); under_way = false
    fi;
    what = 0;
    about = 0
}

inline die() {
    dead = true; /* R2 */
    room_bell = true
}

/* activate() */
inline answer_bell() {
    bell = false;
    if
    :: back_made && !dead && !is_watched ->
       if
#ifdef NO_INDEX_CHECK
       :: is_drained -> die()
#else
       :: is_drained || to_index != me -> die()
#endif
       :: else -> is_watched = true
       fi
    :: else
    fi
}

inline guest(number) {
    atomic {
        me = number;
        may_call = true;
#ifndef NO_BEGIN
        if
        :: there_made ->
           mark = me;
#ifndef NO_SINCE
           since = sent
#endif
        :: else
        fi;
#endif
        index = me;
        known = me
    }
    do
    :: atomic { may_call && !is_closed -> begin_call() }
    :: atomic { bell -> answer_bell() }
    :: atomic { is_watched && len(back) > 0 -> visit() }
    :: atomic { is_watched && len(back) == 0 -> is_watched = false; resting = true } /* R2 */
    :: !is_closed -> is_closed = true
    :: is_closed && !under_way && !is_watched && !bell -> break
    od;
    atomic {
        if
        :: back_made && !dead -> die()
        :: else
        fi;
        is_drained = true
    }
    do
    :: atomic { bell -> answer_bell() }
    :: true -> break
    od;
    atomic { index = NOBODY; is_drained = false; is_closed = false; may_call = false }
}

active proctype seat() {
    byte me = 0, about = 0;
    bit what = 0;
    bool may_call = false, under_way = false, has_calls = false;
    bool is_watched = false, is_closed = false, is_drained = false;
    guest(1);
    guest(2);
    guests_gone = true
}

ltl all_end { <> ended }
