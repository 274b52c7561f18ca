/* SPDX-License-Identifier: MIT
 *
 * The sender's side: closures and words into cells, the flush that tells who does not look, and
 * what comes back from a receiver that closed.
 */
#include "port.h"

#include "inbox.h"
#include "os/event.h"
#include "os/park.h"

#include <string.h>

/* ---- bells ------------------------------------------------------------------------------------ */

bool ta_port_ring(ta_port *to, uint32_t bell, uint64_t *wakes) {
    uint32_t how = ta_bells_ring(&to->bells, bell);
    if (how == 0) return false;
    if ((how & TA_BELLS_ASLEEP) != 0) {
        TA_PROBE1(wake, to->seat);
        if (wakes != NULL) ta_count(wakes, 1);
        if ((how & TA_BELLS_ASLEEP_FUTEX) != 0)
            ta_os_wake_all(&to->bells.state);
        else
            ta_os_event_signal(to->fd);
    }
    return (how & TA_BELLS_GONE) != 0;
}

/* What is published, the receiver shall know of. Returns whether the link is dead. */
static bool announce(ta_link *link) {
    bool is_dead;
    if (ta_rest_published(&link->rest, &is_dead)) {
        TA_PROBE2(bell, link->from->seat, link->out.to_index);
        ta_count(&link->out.bells, 1);
        if (ta_port_ring(link->to, link->bell, &link->out.wakes)) {
            ta_rest_die(&link->rest);
            is_dead = true;
        }
    }
    return is_dead;
}

/* ---- room ------------------------------------------------------------------------------------- */

ta_status ta_link_find_room(ta_link *link, uint32_t cells) {
    if (ta_link_look_for_room(link) >= cells) return TA_OK;
    /* Who tries again and again shall not wait for a receiver that nobody tells. Relaxed: a hint. */
    if (ta_rest_may_rest(&link->rest)) (void)announce(link);
    TA_PROBE2(full, link->from->seat, link->out.to_index);
    ta_count(&link->out.refused, 1);
    return TA_E_FULL;
}

/* ---- publishing ------------------------------------------------------------------------------- */

void ta_link_publish_words(ta_link *link) {
    uint32_t count = link->out.words;
    ta_copy_fresh_words(ta_link_cell(link)->words, link->out.gathered, TA_CELL_WORDS_MAX);
    ta_store_relaxed_u32(&link->out.words, 0);
    ta_link_commit(link, (uint64_t)count << TA_CELL_COUNT_SHIFT | TA_CELL_WORDS);
}

/* There is a cell for it. */
static inline void put_closure(ta_link *link, ta_closure *closure) {
    TA_PROBE4(send, link->from->seat, link->out.to_index, closure->callable->name, link->is_urgent);
    link->out.credit--;
    ta_copy_fresh_words(ta_link_cell(link)->words, closure->storage, TA_CELL_WORDS_MAX);
    ta_link_commit(link, (uint64_t)(uintptr_t)closure->callable | TA_CELL_CLOSURE);
    closure->callable = NULL;
    ta_count(&link->out.sent, 1);
}

/* What is rare, and answers. */
static __attribute__((noinline)) ta_status send_by_detour(ta_port *port, uint32_t to,
                                                          ta_fn_once *closure, bool is_urgent) {
    ta_link *link;
    ta_status status = ta_link_find(port, to, is_urgent, &link);
    if (status == TA_OK) status = ta_link_room(link, 1);
    if (status != TA_OK) return status;
    ta_link_end_words(link);
    put_closure(link, &closure->closure);
    return TA_OK;
}

/* Is a cell free, and no word gathered before it? */
static inline bool has_cell(const ta_link *link) {
    return link->out.credit != 0 && link->out.words == 0 && ta_link_is_accepted(link);
}

static inline ta_status send_closure(ta_port *port, uint32_t to, ta_fn_once *closure,
                                     bool is_urgent) {
    if (__builtin_expect(port == NULL || ta_fn_once_is_empty(closure), 0)) return TA_E_INVALID;
    TA_CHECK_OWNER(port);
    ta_link *link = ta_link_at_hand(port, to, is_urgent);
    if (__builtin_expect(link == NULL || !has_cell(link), 0))
        return send_by_detour(port, to, closure, is_urgent);
    put_closure(link, &closure->closure);
    return TA_OK;
}

ta_status ta_port_send(ta_port *port, uint32_t to, ta_fn_once *closure) {
    return send_closure(port, to, closure, false);
}

ta_status ta_port_send_urgent(ta_port *port, uint32_t to, ta_fn_once *closure) {
    return send_closure(port, to, closure, true);
}

ta_status ta_mesh_post(ta_mesh *mesh, uint32_t to, ta_fn_once *closure) {
    if (mesh == NULL || ta_fn_once_is_empty(closure)) return TA_E_INVALID;
    if (TA_SEAT(to) >= mesh->seat_count) return TA_E_RANGE;
    ta_port *port = &mesh->seats[TA_SEAT(to)];
    bool ring;
    /* Relaxed: advice, as in ta_link_room(). */
    if (ta_load_relaxed_u32(&port->accepts) != to)
        return port->is_guest || to == port->seat ? TA_E_CLOSED : TA_E_RANGE;
    TA_PROBE2(post, to, closure->closure.callable->name);
    if (!ta_inbox_post(port->inbox, closure, &ring)) return TA_E_FULL;
    if (ring) ta_port_ring(port, ta_bell_of_inbox(mesh), NULL);
    return TA_OK;
}

/* ---- words ------------------------------------------------------------------------------------ */

/* There is space in the cell that is begun. */
static inline void gather_one(ta_link *link, uint64_t word) {
    uint32_t words = link->out.words;
    ta_store_relaxed_u32(&link->out.words, words + 1);
    link->out.gathered[words] = word;
}

/* Takes what fits into one cell. Words are gathered beside the lane, since a receiver that polls has
 * the line of the next cell. */
static inline size_t gather(ta_link *link, const uint64_t words[], size_t count) {
    if (link->out.words == 0) {
        link->out.credit--;
        ta_link_make_dirty(link);
    }
    uint32_t begun = link->out.words;
    if (count > TA_CELL_WORDS_MAX - begun) count = TA_CELL_WORDS_MAX - begun;
    for (size_t i = 0; i < count; i++) link->out.gathered[begun + i] = words[i];
    ta_store_relaxed_u32(&link->out.words, begun + (uint32_t)count);
    if (link->out.words == TA_CELL_WORDS_MAX) ta_link_publish_words(link);
    ta_count(&link->out.sent, count);
    return count;
}

/* Is there space in a cell, begun or new? */
static inline ta_status word_room(ta_link *link) {
    return __builtin_expect(link->out.words != 0, 1) ? TA_OK : ta_link_room(link, 1);
}

/* The first and the last word of a cell. */
static __attribute__((noinline)) ta_status send_edge_word(ta_link *link, uint64_t word) {
    if (link->out.words == 0) {
        ta_status status = ta_link_room(link, 1);
        if (__builtin_expect(status != TA_OK, 0)) return status;
        link->out.credit--;
        ta_link_make_dirty(link);
    }
    TA_PROBE3(words, link->from->seat, link->out.to_index, 1);
    gather_one(link, word);
    ta_count(&link->out.sent, 1);
    if (link->out.words == TA_CELL_WORDS_MAX) ta_link_publish_words(link);
    return TA_OK;
}

static __attribute__((noinline)) ta_status send_first_word(ta_port *port, uint32_t to,
                                                           uint64_t word) {
    ta_link *link;
    ta_status status = ta_link_make(port, to, false, &link);
    return status == TA_OK ? send_edge_word(link, word) : status;
}

ta_status ta_port_send_word(ta_port *port, uint32_t to, uint64_t word) {
    if (__builtin_expect(port == NULL, 0)) return TA_E_INVALID;
    TA_CHECK_OWNER(port);
    ta_link *link = ta_link_at_hand(port, to, false);
    if (__builtin_expect(link == NULL, 0)) return send_first_word(port, to, word);
    if (link->out.words - 1 >= TA_CELL_WORDS_MAX - 2) return send_edge_word(link, word);
    TA_PROBE3(words, port->seat, to, 1);
    gather_one(link, word);
    ta_count(&link->out.sent, 1);
    return TA_OK;
}

/* As many as a cell holds, with none gathered before them. */
static inline void send_cellful(ta_link *link, const uint64_t words[]) {
    link->out.credit--;
    memcpy(ta_link_cell(link)->words, words, TA_CELL_WORDS_MAX * sizeof *words);
    ta_link_commit(link, (uint64_t)TA_CELL_WORDS_MAX << TA_CELL_COUNT_SHIFT | TA_CELL_WORDS);
    ta_count(&link->out.sent, TA_CELL_WORDS_MAX);
}

size_t ta_port_send_words(ta_port *port, uint32_t to, const uint64_t words[], size_t count) {
    ta_link *link;
    size_t sent = 0;
    if (port == NULL || words == NULL) return 0;
    TA_CHECK_OWNER(port);
    if (ta_link_find(port, to, false, &link) != TA_OK) return 0;
    while (sent < count && word_room(link) == TA_OK) {
        if (link->out.words == 0 && count - sent >= TA_CELL_WORDS_MAX) {
            send_cellful(link, words + sent);
            sent += TA_CELL_WORDS_MAX;
        } else {
            sent += gather(link, words + sent, count - sent);
        }
    }
    TA_PROBE3(words, port->seat, to, sent);
    return sent;
}

/* ---- flushing --------------------------------------------------------------------------------- */

void ta_port_flush(ta_port *port) {
    if (port == NULL) return;
    TA_CHECK_OWNER(port);
    if (port->dirty == NULL) return;
    TA_PROBE1(flush, port->seat);
    ta_count(&port->flushes, 1);
    while (port->dirty != NULL) {
        ta_link *link = port->dirty;
        port->dirty = link->out.next_dirty;
        ta_link_end_words(link);
        link->out.is_dirty = false;
        if (__builtin_expect(announce(link), 0)) ta_link_recover(link);
    }
}

/* ---- what comes back -------------------------------------------------------------------------- */

/* To a guest's seat a reply goes again; who else has gone is not followed by anybody. */
static void return_reply(ta_link *link, ta_cell *cell) {
    if (link->to->is_guest) {
        ta_call_reply_again(link, cell);
    } else {
        ta_call_drop_reply(cell);
        ta_count(&link->in.destroyed, 1); /* plain: both ends are this thread's */
    }
}

static void return_message(ta_link *link, ta_arrival *message, const ta_cell *more) {
    const ta_cell *cell = &message->cell;
    ta_port *port = link->from;
    ta_fn_once *closure;
    const ta_port_hooks *hooks = &port->hooks;
    /* What an earlier guest on this seat has sent, says nothing to this one. */
    const bool is_own = ta_link_sender(link, cell) == ta_load_relaxed_u32(&port->index);
    uint64_t count = 1;
    switch (cell->head & TA_CELL_KINDS) {
    case TA_CELL_CLOSURE:
        closure = ta_arrival_closure(message);
        if (hooks->returned != NULL && is_own)
            hooks->returned(hooks->context, port, link->out.to_index, closure);
        ta_fn_once_destroy(closure);
        break;
    case TA_CELL_WORDS:
        count = ta_cell_count(cell);
        if (hooks->returned_words != NULL && is_own)
            hooks->returned_words(hooks->context, port, link->out.to_index, cell->words,
                                  (uint32_t)count);
        break;
    case TA_CELL_REPLY:
        return_reply(link, &message->cell);
        return;
    default:
        ta_call_return(port, link, message, more);
        break;
    }
    TA_PROBE3(returned, port->seat, link->out.to_index, count);
    ta_count(&link->out.returned, count);
}

void ta_link_take_back(ta_link *link) {
    ta_arrival message;
    ta_cell more;
    /* From here on both ends of the lane are this thread's. */
    if (link->out.is_returning || !ta_rest_is_dead(&link->rest)) return;
    link->out.is_dead = true;
    link->out.is_returning = true;
    ta_link_end_words(link); /* they were for this receiver, too */
    ta_lane_release(link->lane);
    /* What is put in meanwhile stays. */
    uint32_t left = ta_lane_pending(link->lane);
    while (left > 0 && ta_link_receive(link, &message, &more)) {
        left -= ta_cells_of(&message.cell);
        return_message(link, &message, &more);
    }
    ta_lane_release(link->lane);
    link->out.is_returning = false;
}

void ta_link_recover(ta_link *link) {
    ta_link *again;
    ta_link_take_back(link);
    /* Replies are left, to the guest that has the seat now. */
    if (link->out.is_dead && ta_lane_pending(link->lane) != 0)
        (void)ta_link_make(link->from, ta_load_relaxed_u32(&link->to->index), link->is_urgent,
                           &again);
}
