/* SPDX-License-Identifier: MIT
 *
 * The receiver's side: answering bells, visiting the lanes that are looked at, and letting those
 * rest that have nothing.
 */
#include "port.h"

#include "figures.h"
#include "inbox.h"
#include "os/event.h"

#include "ta/owned.h"

/* How much of a sender's is run before the next one's turn; and of all senders in one poll, for each
 * of them and for the inbox, so that it ends, however large its budget is and whatever closures send
 * anew. */
#define SHARE 32u
#define SHARES_OF_ALL 8u
/* How many looks in a row find nothing before a lane rests. A look costs about a nanosecond, a bell
 * about as much as some hundred looks. */
#define PATIENCE 512u

static __thread ta_port *running __attribute__((tls_model("initial-exec")));

ta_port *ta_port_running(void) { return running; }

/* ---- running what arrived --------------------------------------------------------------------- */

/* Calls a closure whose result nobody wants. */
static ta_status call_for_nothing(ta_fn_once *closure, const ta_allocator *allocator) {
    union {
        max_align_t alignment;
        char bytes[256];
    } local;
    const ta_type *type = closure->closure.callable->result;
    if (type == NULL) {
        ta_fn_once_call(closure, NULL);
        return TA_OK;
    }
    bool fits = type->size <= sizeof local && type->alignment <= _Alignof(max_align_t);
    void *result = fits ? local.bytes : ta_box_allocate(type, allocator);
    if (result == NULL) return TA_E_NOMEM;
    ta_fn_once_call(closure, result);
    ta_destroy(type, result);
    if (!fits) ta_box_release(type, result);
    return TA_OK;
}

ta_move ta_port_move_from(const ta_port *port, ta_affinity source) {
    ta_move move = ta_move_between(source, port->affinity, port->allocator);
    if (port->is_guest) {
        move.visits = 0;
        move.outcome = (int32_t)TA_OK + 1;
    }
    return move;
}

bool ta_port_run_closure(ta_port *port, uint32_t from, ta_fn_once *closure, const ta_move *move) {
    TA_PROBE3(run, port->seat, from, closure->closure.callable->name);
    ta_status status = ta_fn_once_relocate(closure, move);
    if (__builtin_expect(status == TA_OK, 1)) status = call_for_nothing(closure, port->allocator);
    TA_PROBE3(ran, port->seat, from, status);
    if (__builtin_expect(status == TA_OK, 1)) return true;
    if (port->hooks.failed != NULL)
        port->hooks.failed(port->hooks.context, port, from, status, closure);
    ta_fn_once_destroy(closure);
    return false;
}

/* A closure that captured plain data, or nothing, and returns nothing: it need only be called. */
static inline bool is_plain(const ta_callable *callable, const ta_move *move) {
    return callable->traits == 0 && callable->result == NULL && ta_move_status(move) == TA_OK;
}

static inline bool handle_closure(ta_port *port, ta_link *link, uint32_t from,
                                  ta_arrival *message) {
    ta_fn_once *closure = ta_arrival_closure(message);
    const ta_callable *callable = closure->closure.callable;
    if (__builtin_expect(!is_plain(callable, &link->in.move), 0))
        return ta_port_run_closure(port, from, closure, &link->in.move);
    TA_PROBE3(run, port->seat, from, callable->name);
    ta_closure_run(&closure->closure, NULL);
    TA_PROBE3(ran, port->seat, from, TA_OK);
    return true;
}

/* How many messages that was. */
static inline uint32_t handle(ta_port *port, ta_link *link, ta_arrival *message,
                              const ta_cell *more) {
    const uint32_t from = ta_link_sender(link, &message->cell);
    uint32_t count = 1;
    bool has_run = true;
    switch (message->cell.head & TA_CELL_KINDS) {
    case TA_CELL_CLOSURE:
        has_run = handle_closure(port, link, from, message);
        break;
    case TA_CELL_WORDS:
        count = ta_cell_count(&message->cell);
        has_run = port->hooks.words != NULL;
        if (!has_run) break;
        TA_PROBE3(run, port->seat, from, "words");
        port->hooks.words(port->hooks.context, port, from, message->cell.words, count);
        TA_PROBE3(ran, port->seat, from, TA_OK);
        break;
    case TA_CELL_REPLY:
        /* The continuation may call again, and the reply to that needs this cell's room. */
        ta_lane_release(link->lane);
        ta_call_finish(port, link, &message->cell);
        break;
    default:
        has_run = ta_call_run(port, link, message, more);
        break;
    }
    ta_count(has_run ? &link->in.run : &link->in.failed, count);
    return count;
}

/* ---- stalls ----------------------------------------------------------------------------------- */

/* Does the owner want to be told of what runs for long? */
static inline bool is_watched(const ta_port *port) {
    return __builtin_expect(port->hooks.stall_after != 0, 0) && port->hooks.stalled != NULL;
}

/* `name` was taken before: a message that ran is gone. */
static void end_watch(ta_port *port, uint32_t from, const char *name, uint64_t began) {
    const ta_port_hooks *hooks = &port->hooks;
    uint64_t took = ta_os_clock() - began;
    if (took >= hooks->stall_after) hooks->stalled(hooks->context, port, from, name, took);
}

static __attribute__((noinline)) uint32_t handle_watched(ta_port *port, ta_link *link,
                                                         ta_arrival *message, const ta_cell *more) {
    const uint32_t from = ta_link_sender(link, &message->cell);
    bool is_words = (message->cell.head & TA_CELL_KINDS) == TA_CELL_WORDS;
    const char *name = is_words ? "words" : ta_cell_callable(&message->cell)->name;
    uint64_t began = ta_os_clock();
    uint32_t count = handle(port, link, message, more);
    end_watch(port, from, name, began);
    return count;
}

static uint32_t messages_in(const ta_cell *cell) {
    return (cell->head & TA_CELL_KINDS) == TA_CELL_WORDS ? ta_cell_count(cell) : 1;
}

/* About half of what the sender may use is free; or all that was in the lane when it was first seen to
 * wait: a lane with many replies is never half empty, and still there is room for others. Looks at the
 * sender's line. */
static bool has_room(ta_link *link) {
    const ta_lane *lane = link->lane;
    if (ta_lane_pending(lane) <= link->half) return true;
    if (!link->in.is_wanted) {
        link->in.is_wanted = true;
        link->in.wanted_at = lane->receiver.head;
    }
    return lane->receiver.head - link->in.wanted_at > lane->receiver.mask;
}

/* Up to about `share` messages of a link. */
static uint32_t visit(ta_port *port, ta_link *link, uint32_t share) {
    ta_arrival message;
    ta_cell more;
    uint32_t handled = 0;
    const uint32_t head = link->lane->receiver.head;
    while (handled < share && ta_link_receive(link, &message, &more)) {
        if (__builtin_expect(link->stamps != NULL, 0))
            ta_link_note_queueing(link, ta_cells_of(&message.cell), messages_in(&message.cell));
        handled += is_watched(port) ? handle_watched(port, link, &message, &more)
                                    : handle(port, link, &message, &more);
    }
    if (handled == 0) {
        link->in.idle++;
        return 0;
    }
    ta_lane_release(link->lane);
    link->in.idle = 0;
    ta_store_relaxed_u64(&link->in.kept, link->in.moved.kept);
    const uint32_t taken = link->lane->receiver.head - head;
    ta_link_note_depth(link, taken, handled >= share);
    /* Each flush of the sender's writes to the rest word's line, so it is looked at seldom, until the
     * sender is seen to wait. Counted across visits: a look that misses who begins to wait just now, is
     * not the last one in a lane that never rests. */
    link->in.untold += taken;
    if (link->in.untold >= link->half || link->in.is_wanted) {
        link->in.untold = 0;
        if ((link->in.is_wanted || ta_rest_may_be_wanted(&link->rest)) && has_room(link))
            ta_link_tell_room(link);
    }
    return handled;
}

/* ---- resting ---------------------------------------------------------------------------------- */

/* Looks at a link no more, until its bell is rung. False: it has something after all. */
static bool rest(ta_link *link) {
    ta_link_give_back(link);
    if (ta_rest_begin(&link->rest)) ta_link_tell_room(link);
    if (ta_lane_is_empty(link->lane) || !ta_rest_end(&link->rest)) {
        link->in.is_active = false;
        return true;
    }
    link->in.idle = 0;
    return false;
}

static void activate(ta_port *port, ta_link_ring *ring, ta_link *link) {
    /* A bell from before its death may be left; who revives it, rings. */
    if (link == NULL) return;
    const uint32_t seen = ta_rest_look(&link->rest);
    if ((seen & TA_REST_DEAD) != 0 || link->in.is_active) return;
    /* Made too late for the last look, or for an earlier guest: the sender shall take it back. */
    if (port->is_drained ||
        ta_load_relaxed_u32(&link->out.to_index) != ta_load_relaxed_u32(&port->index)) {
        if (ta_rest_die_if(&link->rest, seen)) ta_link_tell_death(link);
        return;
    }
    /* Given to this one since that look: the bell for what comes then has not been answered here. */
    if (ta_rest_has_changed(ta_rest_look(&link->rest), seen)) return;
    link->in.is_active = true;
    link->in.idle = 0;
    ring->count++;
    if (ring->last == NULL) {
        link->in.next = link;
    } else {
        link->in.next = ring->last->in.next;
        ring->last->in.next = link;
    }
    ring->last = link;
}

/* Takes out the link after the last one. */
static void drop_next(ta_link_ring *ring) {
    ta_link *link = ring->last->in.next;
    ring->last->in.next = link->in.next;
    if (--ring->count == 0) ring->last = NULL;
}

static uint32_t visit_ring(ta_port *port, ta_link_ring *ring, uint32_t budget) {
    const uint32_t most = ring->count * SHARE * SHARES_OF_ALL;
    uint32_t handled = 0;
    bool has_more;
    if (budget > most) budget = most;
    do {
        has_more = false;
        for (uint32_t i = ring->count; i > 0 && ring->last != NULL && handled < budget; i--) {
            ta_link *link = ring->last->in.next;
            uint32_t share = budget - handled < SHARE ? budget - handled : SHARE;
            uint32_t count = visit(port, link, share);
            handled += count;
            if (__builtin_expect(count >= share, 0)) has_more = true;
            if (__builtin_expect(link->in.idle >= PATIENCE, 0) && rest(link))
                drop_next(ring);
            else
                ring->last = link;
        }
    } while (__builtin_expect(has_more, 0) && handled < budget);
    return handled;
}

/* Has all links of a ring rest; false: one has something. */
static bool rest_ring(ta_link_ring *ring) {
    bool all = true;
    for (uint32_t i = ring->count; i > 0 && ring->last != NULL; i--) {
        ta_link *link = ring->last->in.next;
        if (rest(link)) {
            drop_next(ring);
        } else {
            ring->last = link;
            all = false;
        }
    }
    return all;
}

static void look_away(ta_link_ring *ring) {
    while (ring->last != NULL) {
        ta_link *link = ring->last->in.next;
        ta_lane_release(link->lane);
        ta_link_give_back(link);
        link->in.is_active = false;
        drop_next(ring);
    }
}

void ta_port_look_away(ta_port *port) {
    look_away(&port->active_urgent);
    look_away(&port->active);
}

bool ta_port_rest(ta_port *port) {
    ta_port_flush(port);
    bool all = rest_ring(&port->active_urgent);
    all = rest_ring(&port->active) && all;
    if (!port->inbox_rests && !(port->inbox_rests = ta_inbox_rest(port->inbox))) all = false;
    return all && port->chores == NULL && !ta_bells_are_rung(&port->bells);
}

/* ---- chores ----------------------------------------------------------------------------------- */

void ta_port_add_chore(ta_port *port, ta_chore *chore) {
    chore->next = port->chores;
    port->chores = chore;
}

void ta_port_do_chores(ta_port *port) {
    ta_chore *chore = port->chores;
    port->chores = NULL;
    while (chore != NULL) {
        ta_chore *next = chore->next; /* it may be gone afterwards, or a chore again */
        chore->run(port, chore);
        chore = next;
    }
}

/* ---- bells ------------------------------------------------------------------------------------ */

/* The receiver of a link to `seat` has freed cells, or is gone. */
static void hear_of_room(ta_port *port, uint32_t seat) {
    ta_link *link = *ta_link_place(port->mesh, port->seat, seat); /* plain: its sender */
    if (link == NULL) return;
    ta_link_recover(link);
    if (link->out.urgent != NULL) ta_link_recover(link->out.urgent);
    ta_calls_hear_of_room(link);
    ta_link_has_room(port, link); /* a dead one, too: who waits asks again, and is told */
}

static void answer_bell(ta_port *port, uint32_t bell) {
    const ta_mesh *mesh = port->mesh;
    const uint32_t seats = mesh->seat_count;
    if (bell < seats)
        activate(port, &port->active, ta_link_between(mesh, bell, port->seat, false));
    else if (bell < 2 * seats)
        activate(port, &port->active_urgent, ta_link_between(mesh, bell - seats, port->seat, true));
    else if (bell < 3 * seats)
        hear_of_room(port, bell - 2 * seats);
    else
        port->inbox_rests = false;
}

static void answer_bells(ta_port *port) {
    /* Bells that are answered here end a sleep, since nobody else will hear of them. */
    if (__builtin_expect(port->sleeps_on_fd, 0)) ta_port_finish_sleep(port);
    ta_bells_answer(&port->bells);
    for (uint32_t word = 0; word < port->bells.words; word++)
        for (uint64_t bits = ta_bells_take(&port->bells, word); bits != 0; bits &= bits - 1)
            answer_bell(port, word * 64 + (uint32_t)__builtin_ctzll(bits));
}

/* ---- polling ---------------------------------------------------------------------------------- */

static uint32_t poll_inbox(ta_port *port, uint32_t budget) {
    if (port->inbox_rests) return 0;
    if (budget > SHARE * SHARES_OF_ALL) budget = SHARE * SHARES_OF_ALL;
    uint32_t handled = 0;
    ta_fn_once closure;
    ta_move_figures moved = {0};
    ta_move move = ta_port_move_from(port, TA_AFFINITY_UNKNOWN);
    move.figures = &moved;
    while (handled < budget && ta_inbox_receive(port->inbox, &closure)) {
        if (__builtin_expect(port->inbox->queueing != NULL, 0)) ta_inbox_note_queueing(port->inbox);
        const char *name = closure.closure.callable->name;
        uint64_t began = is_watched(port) ? ta_os_clock() : 0;
        bool has_run = ta_port_run_closure(port, TA_NO_PORT, &closure, &move);
        if (is_watched(port)) end_watch(port, TA_NO_PORT, name, began);
        ta_count(has_run ? &port->inbox->run : &port->inbox->failed, 1);
        handled++;
    }
    ta_count(&port->inbox->kept, moved.kept);
    if (handled == 0) port->inbox_rests = ta_inbox_rest(port->inbox);
    return handled;
}

/* Urgent links first, the inbox last. Of the budget a quarter each is kept for the others, and for the
 * inbox, so that a flood of the ones does not starve the others. */
static uint32_t visit_all(ta_port *port, uint32_t budget) {
    uint32_t handled = 0;
    uint32_t for_inbox = port->inbox_rests ? 0 : budget / 4;
    uint32_t for_others = port->active.count == 0 ? 0 : budget / 4;
    if (port->active_urgent.count != 0)
        handled = visit_ring(port, &port->active_urgent, budget - for_others - for_inbox);
    if (port->active.count != 0 && handled + for_inbox < budget)
        handled += visit_ring(port, &port->active, budget - for_inbox - handled);
    if (!port->inbox_rests && handled < budget) handled += poll_inbox(port, budget - handled);
    return handled;
}

uint32_t ta_port_poll(ta_port *port, uint32_t budget) {
    if (port == NULL) return 0;
    TA_CHECK_OWNER(port);
    if (port->is_polling) return 0;
    ta_port *outer = running;
    port->is_polling = true;
    running = port;

    if (__builtin_expect(ta_bells_are_rung(&port->bells), 0)) answer_bells(port);
    /* Relaxed: a hint. */
    if (__builtin_expect(TA_LOAD_RELAXED_(&port->came_back) != NULL, 0)) ta_port_take_home(port);
    if (__builtin_expect(port->signals_due != 0, 0)) ta_port_take_signals(port);
    uint32_t handled = visit_all(port, budget);
    if (__builtin_expect(port->chores != NULL, 0)) ta_port_do_chores(port);
    if (port->dirty != NULL) ta_port_flush(port);

    ta_count(&port->polls, 1);
    if (handled == 0) ta_count(&port->idle_polls, 1);
    running = outer;
    port->is_polling = false;
    return handled;
}
