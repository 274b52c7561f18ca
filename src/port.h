/* SPDX-License-Identifier: MIT
 *
 * What is behind meshes and ports. A mesh has seats: those of its ports, then those of its guests. A
 * link is one direction of a pair of seats: a lane, and what its two ends know. It is made by the
 * sender, when it first sends, and stays until the mesh goes.
 *
 * Who may touch what:
 *   ta_link.out   the sender's thread alone
 *   ta_link.in    the receiver's thread alone
 *   ta_port       its thread alone, save `bells` (bell.h), `came_back` (returns.h), `state`, `fd`
 *   figures       written by the one thread as above, by ta_count(); read by any
 * so all that is plain.
 *
 * Labelled edges, besides those of lane.h and bell.h:
 *   L1 a link's address is stored in ta_mesh.links, release -> L2 it is loaded there by another
 *      thread than the sender's, acquire: the link is whole. (The sender's own load is relaxed.)
 *   L3, L4 the same for ta_link.urgent
 *   T1 an owner's end is stored in ta_port.state, release -> T2 the next attaches, acquire
 */
#ifndef TA_SRC_PORT_H
#define TA_SRC_PORT_H

#include "bell.h"
#include "lane.h"
#include "probe.h"
#include "returns.h"

#include "ta/call.h"

#include <assert.h>

/* What the head of a cell says, besides the lane's own lowest bit: a kind, and a pointer to a
 * callable (aligned to 16), or a count. */
enum {
    TA_CELL_CLOSURE = 0,  /* callable: the closure's; then its storage */
    TA_CELL_WORDS = 2,    /* count << 4; then the words */
    TA_CELL_CALL = 4,     /* callable: the request's; then five words of its storage, then token and
                             deadline */
    TA_CELL_BIG_CALL = 6, /* callable: the request's; then its storage. Token and deadline are the
                             first words of the next cell */
    TA_CELL_REPLY = 8,    /* callable: the request's; then token, status and how, and five words of
                             the result, or its box */
    TA_CELL_MORE = 10,    /* the second one of a BIG_CALL */
    TA_CELL_KINDS = 14    /* the bits of all these */
};
#define TA_CELL_COUNT_SHIFT 4
#define TA_CELL_WORDS_MAX 7u

_Static_assert(sizeof(ta_cell) == sizeof(ta_closure), "a closure travels in a cell");
_Static_assert(_Alignof(ta_callable) == 16, "the bits below a callable's address are free");

typedef struct ta_link {
    /* Immutable. */
    ta_port *from, *to;
    ta_lane *lane;
    ta_allocator allocator; /* of this */
    uint64_t *stamps;       /* with timing: when a cell was sent, two for each cell; then figures */
    uint32_t reserve;       /* cells that are kept for replies; 0 in urgent links */
    uint32_t most, half;    /* of the others: all, and half of them */
    uint32_t bell;          /* the receiver's, for this link */
    bool is_urgent;
    /* Not quite: who sends, an index, and in the upper half since which cell. Changes when a guest
     * takes a seat. Relaxed: stored before that guest's first cell is published (lane.h, D0). */
    uint64_t sender;

    _Alignas(TA_CACHE_LINE) struct {
        struct ta_link *urgent; /* the one beside this. L3, L4 */
        uint32_t to_index;      /* for whom: a guest's seat sees several, one after the other */
        uint32_t room_index;    /* the same, for who waits for room */
        uint32_t words;         /* how many are gathered. A figure, so stored relaxed */
        uint32_t credit;        /* cells that are known to be free for others than replies */
        uint32_t counted;       /* of freed cells up to this one `replies` has been told */
        uint32_t replies;       /* replies in the lane, as far as is known */
        uint32_t position;      /* of the next cell, for stamps */
        bool is_dirty, is_dead;
        bool is_returning; /* what is in a dead lane goes back, now */
        bool wants_room;   /* the user does; in the ordinary link for the urgent one, too */
        struct ta_link *next_dirty;
        struct ta_calls *calls; /* those of this direction; NULL before the first */
        uint64_t sent, refused, bells, wakes, returned; /* figures */
        uint64_t gathered[TA_CELL_WORDS_MAX];
    } out;

    /* bell.h */
    _Alignas(TA_CACHE_LINE) uint32_t rest;

    _Alignas(TA_CACHE_LINE) struct {
        struct ta_link *next; /* in the ring of links that are looked at */
        uint32_t idle;        /* looks in a row that found nothing */
        uint32_t untold;      /* cells since it was last asked whether the sender waits for room */
        uint32_t wanted_at;   /* where the lane's head was when it was seen to wait, if it was */
        uint32_t position;
        bool is_active, is_wanted;
        uint64_t sender;        /* the last one a message of whom has come: as above */
        struct ta_calls *calls; /* the sender's out.calls; NULL before its first request */
        ta_move move;           /* from the sender to here */
        ta_move_figures moved;
        ta_return_list returns; /* blocks of the sender's that go back to it */
        uint64_t run, failed, destroyed, kept, high_water; /* figures */
    } in;

    _Alignas(TA_CACHE_LINE) uint64_t is_reply[]; /* the sender's: a bit for each cell. room.c */
} ta_link;

/* The index of a port is its seat; that of a guest has a number in the upper bits, so that a later
 * guest on the same seat is another one. */
#define TA_SEAT_BITS 17
#define TA_SEAT(index) ((index) & ((UINT32_C(1) << TA_SEAT_BITS) - 1))
_Static_assert(TA_AFFINITY_MAX + 4096 < 1 << TA_SEAT_BITS, "there are bits for all seats");

/* A ring of links, singly linked; `last` is the one before the next to be looked at. */
typedef struct ta_link_ring {
    ta_link *last; /* NULL: empty */
    uint32_t count;
} ta_link_ring;

/* Something that a port's owner does in its next poll, once. */
typedef struct ta_chore {
    struct ta_chore *next;
    void (*run)(ta_port *port, struct ta_chore *chore);
} ta_chore;

/* States of a seat. */
enum {
    TA_PORT_FREE,     /* nobody's. A guest's: not there */
    TA_PORT_ATTACHED, /* a thread's */
};

struct ta_port {
    /* Immutable, `hooks` while it is attached. */
    ta_mesh *mesh;
    const ta_allocator *allocator;
    ta_allocator returning;
    ta_affinity affinity;
    uint32_t seat;
    bool is_guest;
    ta_port_hooks hooks;

    /* Read by those who send. Relaxed: it is advice; what slips in after it, comes back. */
    _Alignas(TA_CACHE_LINE) uint32_t accepts; /* whose messages: its index; TA_NO_PORT: closed */
    uint32_t index;                           /* the seat, and a guest's number in the upper bits */
    uint32_t state;                           /* T1, T2 */
    const void *owner; /* names the thread that attached it; NULL: nobody's. For the checks alone */
    int fd;            /* set before the first sleep on it, then immutable; -1: there is none yet */

    ta_bells bells;
    ta_returned *came_back; /* V1, V2; beside the bells, which a poll looks at anyway */

    _Alignas(TA_CACHE_LINE) ta_link_ring active, active_urgent;
    ta_link *dirty;
    ta_chore *chores; /* for the next poll */
    struct ta_inbox *inbox;
    bool is_polling, inbox_rests, is_drained;
    bool sleeps_on_fd;
    uint32_t signals_due;                        /* on the descriptor, for sleeps that are over */
    uint32_t guests;                             /* how many have had this seat */
    uint64_t under_way;                          /* calls */
    uint64_t flushes, sleeps, polls, idle_polls; /* figures */
};

struct ta_mesh {
    ta_allocator allocator;
    const ta_allocator *for_values; /* the same, the user's: blocks remember where it stands */
    const ta_registry *registry;
    uint32_t port_count, seat_count; /* seats: ports, then guests */
    uint32_t lane_cells, calls, inbox_cells;
    bool timing;
    bool is_plain; /* ports are those of a machine's processors, in order */
    void (*ended)(void *context, uint32_t from, uint32_t to, const ta_port_figures *figures);
    void *ended_context;
    ta_port *seats;
    ta_link **links; /* [to * seat_count + from]; L1, L2 */
};

/* Bells of a receiver: each sender's link, its urgent link, room at the link to each seat, and the
 * inbox. */
static inline uint32_t ta_bell_of(const ta_mesh *mesh, uint32_t from, bool is_urgent) {
    return from + (is_urgent ? mesh->seat_count : 0);
}
static inline uint32_t ta_bell_of_room(const ta_mesh *mesh, uint32_t to) {
    return 2 * mesh->seat_count + to;
}
static inline uint32_t ta_bell_of_inbox(const ta_mesh *mesh) { return 3 * mesh->seat_count; }

/* Relaxed: as `accepts` says. */
static inline bool ta_port_is_closed(const ta_port *port) {
    return ta_load_relaxed_u32(&port->accepts) == TA_NO_PORT;
}

/* A figure: one thread counts, others read. */
static inline void ta_count(uint64_t *figure, uint64_t more) {
    ta_store_relaxed_u64(figure, ta_load_relaxed_u64(figure) + more);
}

static inline ta_link **ta_link_place(const ta_mesh *mesh, uint32_t from, uint32_t to) {
    return &mesh->links[(size_t)to * mesh->seat_count + from];
}

/* ---- seat.c ----------------------------------------------------------------------------------- */

/* In debug builds a port that another thread than its owner uses ends the program, instead of
 * mixing up its lanes. One that nobody has attached is not looked at: when a mesh goes, destructors
 * may use ports, and are refused. */
bool ta_port_is_callers(const ta_port *port);
#define TA_CHECK_OWNER(port) assert(ta_port_is_callers(port) && "the port is another thread's")

/* ---- link.c ----------------------------------------------------------------------------------- */

/* The sender's link to an index, made if need be. TA_E_RANGE, TA_E_CLOSED, TA_E_NOMEM, TA_E_FULL (it
 * is not this guest's yet, and will be): *out is untouched. */
ta_status ta_link_make(ta_port *from, uint32_t to, bool is_urgent, ta_link **out);
/* One that is nobody's yet: any thread. NULL without memory. */
ta_link *ta_link_create(ta_port *from, ta_port *to, bool is_urgent);
/* Exclusive. What is in the lane is gone. */
void ta_link_destroy(ta_link *link);
/* A guest has taken the seat: what it sends is its own from here on. */
void ta_link_begin_sender(ta_link *link);
/* As any thread sees it; NULL: nothing was sent yet. */
ta_link *ta_link_between(const ta_mesh *mesh, uint32_t from, uint32_t to, bool is_urgent);

/* The sender's link to an index, by one load, where it has been used before; else NULL. */
static inline ta_link *ta_link_at_hand(const ta_port *port, uint32_t to, bool is_urgent) {
    const ta_mesh *mesh = port->mesh;
    if (__builtin_expect(TA_SEAT(to) >= mesh->seat_count, 0)) return NULL;
    /* Plain: only this thread stores it. */
    ta_link *link = *ta_link_place(mesh, port->seat, TA_SEAT(to));
    if (link != NULL && is_urgent) link = link->out.urgent;
    if (__builtin_expect(link == NULL || link->out.to_index != to || link->out.is_dead, 0))
        return NULL;
    return link;
}

/* The same, made where it is not at hand: as ta_link_make(). */
static inline ta_status ta_link_find(ta_port *port, uint32_t to, bool is_urgent, ta_link **out) {
    ta_link *made = ta_link_at_hand(port, to, is_urgent);
    if (__builtin_expect(made != NULL, 1)) {
        *out = made;
        return TA_OK;
    }
    ta_status status = ta_link_make(port, to, is_urgent, &made);
    if (status == TA_OK) *out = made;
    return status;
}

/* ---- timing.c --------------------------------------------------------------------------------- */

/* The sender, before it publishes a cell. The receiver's side is in figures.h. */
void ta_link_stamp(ta_link *link);

/* ---- send.c ----------------------------------------------------------------------------------- */

/* More room than is known of. */
ta_status ta_link_find_room(ta_link *link, uint32_t cells);
/* Publishes the words that are gathered. */
void ta_link_publish_words(ta_link *link);
/* Rings a bell of a port, and wakes it if it sleeps, which `wakes` (may be NULL) counts. True: it is
 * GONE. */
bool ta_port_ring(ta_port *to, uint32_t bell, uint64_t *wakes);
/* If the link is dead, the sender takes back what its receiver has not looked at. Replies that come
 * back go again: the first leaves them in the lane, for who is about to have it serve the next
 * guest; the second has it do so where there are any. */
void ta_link_take_back(ta_link *link);
void ta_link_recover(ta_link *link);

/* What came. A cell that holds a closure is one, save for the bits below the callable. */
typedef union ta_arrival {
    ta_cell cell;
    ta_fn_once closure;
} ta_arrival;

/* The parts of a head. */
static inline const ta_callable *ta_cell_callable(const ta_cell *cell) {
    return (const ta_callable *)(uintptr_t)(cell->head & ~(uint64_t)15);
}
static inline uint32_t ta_cell_count(const ta_cell *cell) {
    return (uint32_t)(cell->head >> TA_CELL_COUNT_SHIFT);
}
/* The closure in a cell of that kind, or the request in one of a call: the cell becomes it. */
static inline ta_fn_once *ta_arrival_closure(ta_arrival *message) {
    message->closure.closure.callable = ta_cell_callable(&message->cell);
    return &message->closure;
}

/* The next cell, and the one behind it, where it is known that there is room. (The lane looks again,
 * and must: replies, which are not counted in the credit, may have used up what it knows of.) */
static inline ta_cell *ta_link_cell(ta_link *link) {
    ta_cell *cell = ta_lane_reserve(link->lane);
    if (cell == NULL) __builtin_trap(); /* credit or reserve were counted wrong */
    return cell;
}
static inline ta_cell *ta_link_second_cell(ta_link *link) {
    ta_cell *cell = ta_lane_reserve_second(link->lane);
    if (cell == NULL) __builtin_trap();
    return cell;
}

static inline uint32_t ta_cells_of(const ta_cell *cell) {
    return (cell->head & TA_CELL_KINDS) == TA_CELL_BIG_CALL ? 2 : 1;
}

/* Copies words that were written just now, each by a store of its own. A load of two of them, which
 * compilers make of memcpy(), finds no single store to take them from, and waits until both are in
 * the cache. Volatile, which has nothing to do with other threads here: no two loads become one. */
static inline void ta_copy_fresh_words(uint64_t to[], const ta_closure_word from[],
                                       unsigned count) {
#pragma GCC unroll 7
    for (unsigned i = 0; i < count; i++) to[i] = *(const volatile ta_closure_word *)&from[i];
}

/* Who owns the receiving end: the next message, and its second cell if it has one. False: none. */
static inline bool ta_link_receive(ta_link *link, ta_arrival *message, ta_cell *more) {
    if (!ta_lane_receive(link->lane, &message->cell)) return false;
    if (__builtin_expect((message->cell.head & TA_CELL_KINDS) == TA_CELL_BIG_CALL, 0))
        (void)ta_lane_receive(link->lane, more); /* visible no later than the first one */
    return true;
}

/* Who sent the message that was received last; TA_NO_PORT: a guest that has gone. */
static inline uint32_t ta_link_sender(ta_link *link, const ta_cell *cell) {
    uint64_t sender = ta_load_relaxed_u64(&link->sender);
    if (__builtin_expect(sender != link->in.sender, 0)) {
        uint32_t since = (uint32_t)(sender >> 32);
        if ((int32_t)(link->lane->receiver.head - ta_cells_of(cell) - since) < 0) return TA_NO_PORT;
        link->in.sender = sender; /* all that follow are its own, and the counter may wrap */
    }
    return (uint32_t)sender;
}

/* Does the receiver take messages, and is it still the one that the link is to? Relaxed: advice.
 * What slips in after it closed, comes back. */
static inline bool ta_link_is_accepted(const ta_link *link) {
    return ta_load_relaxed_u32(&link->to->accepts) == link->out.to_index;
}

/* Room for `cells` cells of the sender's: TA_OK, TA_E_CLOSED or TA_E_FULL, which is counted. */
static inline ta_status ta_link_room(ta_link *link, uint32_t cells) {
    if (__builtin_expect(!ta_link_is_accepted(link), 0)) return TA_E_CLOSED;
    if (__builtin_expect(link->out.credit >= cells, 1)) return TA_OK;
    return ta_link_find_room(link, cells);
}

/* Words that are gathered come before any other cell. */
static inline void ta_link_end_words(ta_link *link) {
    if (__builtin_expect(link->out.words != 0, 0)) ta_link_publish_words(link);
}

/* What was published, is to be flushed. */
static inline void ta_link_make_dirty(ta_link *link) {
    if (link->out.is_dirty) return;
    link->out.is_dirty = true;
    link->out.next_dirty = link->from->dirty;
    link->from->dirty = link;
}

/* The reserved cell has been written: publishes it, and has it flushed. */
static inline void ta_link_commit(ta_link *link, uint64_t head) {
    if (__builtin_expect(link->stamps != NULL, 0)) ta_link_stamp(link);
    ta_lane_commit(link->lane, head);
    ta_link_make_dirty(link);
}

/* The same for a message of two cells. */
static inline void ta_link_commit_two(ta_link *link, uint64_t head, uint64_t second) {
    if (__builtin_expect(link->stamps != NULL, 0)) ta_link_stamp(link);
    link->out.position++; /* the second cell's stamp is nobody's */
    ta_lane_commit_two(link->lane, head, second);
    ta_link_make_dirty(link);
}

/* ---- room.c ----------------------------------------------------------------------------------- */

/* The sender: has its bell of room rung when about half of the lane is free, or is by now; unless
 * all calls are under way: then a reply will come. */
void ta_link_want_room(ta_link *link);
/* The sender: looks how many cells are free for others than replies, and is to be believed. */
uint32_t ta_link_look_for_room(ta_link *link);
/* The sender: the cell of a reply, for which there is room. */
ta_cell *ta_link_reply_cell(ta_link *link);
/* The sender: there is room by a link, or by the urgent one beside it, or there may be: tells who
 * waits for it. */
void ta_link_tell_waiting(ta_port *port, ta_link *link);
static inline void ta_link_has_room(ta_port *port, ta_link *link) {
    if (__builtin_expect(link->out.wants_room, 0)) ta_link_tell_waiting(port, link);
}
/* The receiver, that has freed cells: tells the sender. */
void ta_link_tell_room(ta_link *link);

/* ---- close.c ---------------------------------------------------------------------------------- */

/* The receiver, that does not look at the link now, never will again; NULL is allowed. The second
 * tells the sender. */
void ta_link_die(ta_link *link);
void ta_link_tell_death(ta_link *link);
/* The owner of a closed port leaves it undrained: what is in its lanes goes back to who sent it, and
 * its own calls end. */
void ta_port_give_up(ta_port *port);

/* ---- poll.c ----------------------------------------------------------------------------------- */

/* Flushes, and has all lanes rest. False: there is something to do. */
bool ta_port_rest(ta_port *port);
/* Looks at no lane any more. */
void ta_port_look_away(ta_port *port);
/* Has something done in the next poll; has what is there done now. */
void ta_port_add_chore(ta_port *port, ta_chore *chore);
void ta_port_do_chores(ta_port *port);
/* Relocates and runs a closure, and gives it to hooks.failed if that fails: false. Takes it. */
bool ta_port_run_closure(ta_port *port, uint32_t from, ta_fn_once *closure, const ta_move *move);
/* What a link's move is made of: nothing is relocated to a guest, who is nowhere. */
ta_move ta_port_move_from(const ta_port *port, ta_affinity source);

/* ---- sleep.c ---------------------------------------------------------------------------------- */

/* Makes the descriptor unreadable; counts signals that were due. */
void ta_port_take_signals(ta_port *port);

/* ---- call.c ----------------------------------------------------------------------------------- */

/* The receiver: runs a request, with its second cell where it has one, and sends the reply. False:
 * it did not run. */
bool ta_call_run(ta_port *port, ta_link *link, ta_arrival *message, const ta_cell *more);
/* The caller: a reply has come by a link to it. Its cell has been given back. */
void ta_call_finish(ta_port *port, ta_link *link, ta_cell *cell);
/* The caller: a request came back from a dead link: destroys it, and has its continuation called in
 * the next poll. Or, exclusive, the mesh goes: ta_calls_abandon() calls it. */
void ta_call_return(ta_port *port, ta_link *link, ta_arrival *message, const ta_cell *more);
/* Puts a reply that came back from a dead link into it once more. */
void ta_call_reply_again(ta_link *link, const ta_cell *cell);
/* Destroys a reply that nobody will read. */
void ta_call_drop_reply(ta_cell *cell);
/* Are all calls of a link, sender's side, under way? */
bool ta_calls_are_full(const ta_link *link);
/* The caller, after TA_E_FULL: as ta_link_want_room(). */
void ta_call_want_room(ta_port *port, uint32_t to, bool is_urgent);
/* The caller: what waits for room by a link, or all that waits, is tried again in the next poll. */
void ta_calls_hear_of_room(ta_link *link);
void ta_calls_hear_of_all(ta_port *port);
/* Exclusive: the continuations of what is still under way are called with TA_E_CLOSED. */
void ta_calls_abandon(ta_link *link);
/* Exclusive: the memory. */
void ta_calls_destroy(ta_link *link);

/* ---- mesh.c, figures.c ------------------------------------------------------------------------ */

/* The memory of seats and mesh. */
void ta_mesh_release(ta_mesh *mesh);
/* The sum of all links and inboxes. */
void ta_mesh_sum_figures(const ta_mesh *mesh, ta_port_figures *out);
/* Tells each pair's to options.ended. */
void ta_mesh_tell_figures(const ta_mesh *mesh);

#endif
