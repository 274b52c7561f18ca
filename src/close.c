/* SPDX-License-Identifier: MIT
 *
 * The end of ports and meshes.
 */
#include "port.h"

#include "error.h"
#include "inbox.h"

void ta_port_close(ta_port *port) {
    /* Relaxed: advice to senders. */
    if (port == NULL) return;
    TA_PROBE1(close, port->seat);
    ta_store_relaxed_u32(&port->accepts, TA_NO_PORT);
}

/* The last look at this link was in ta_port_rest(), and found nothing. What is put in from here on
 * is the sender's, who is told to look. */
void ta_link_die(ta_link *link) {
    if (link == NULL || ta_rest_is_dead(&link->rest)) return;
    ta_rest_die(&link->rest);
    ta_link_tell_death(link);
}

void ta_link_tell_death(ta_link *link) {
    ta_port_ring(link->from, ta_bell_of_room(link->from->mesh, link->to->seat), NULL);
}

/* Nobody will look at this port's lanes any more: neither at those that are there, nor at one that is
 * made right now (G1). */
static void leave(ta_port *port) {
    ta_bells_leave(&port->bells);
    for (uint32_t from = 0; from < port->mesh->seat_count; from++) {
        ta_link_die(ta_link_between(port->mesh, from, port->seat, false));
        ta_link_die(ta_link_between(port->mesh, from, port->seat, true));
    }
    port->is_drained = true;
}

ta_status ta_port_drain(ta_port *port) {
    if (port == NULL || !ta_port_is_closed(port) || port->is_polling)
        return ta_fail(TA_E_INVALID, "NULL, or a port that is not closed, or is being polled");
    TA_CHECK_OWNER(port);
    if (port->is_drained) return TA_OK;
    ta_calls_hear_of_all(port); /* they are refused by now */
    ta_port_poll(port, UINT32_MAX);
    if (port->under_way != 0 || !ta_port_rest(port)) return TA_E_BUSY;
    leave(port);
    TA_PROBE1(drained, port->seat);
    return TA_OK;
}

/* What came back in the last flush, and fan-outs that have not reached all their targets. */
static void end_chores(ta_port *port) {
    ta_calls_hear_of_all(port);
    while (port->chores != NULL) ta_port_do_chores(port);
}

void ta_port_give_up(ta_port *port) {
    ta_port_look_away(port);
    leave(port);
    end_chores(port);
    for (uint32_t to = 0; to < port->mesh->seat_count; to++) {
        ta_link *link = *ta_link_place(port->mesh, port->seat, to); /* plain: its sender */
        if (link != NULL) ta_calls_abandon(link);
    }
    end_chores(port);
}

/* ---- the end of the mesh ---------------------------------------------------------------------- */

/* Exclusive: nobody else does anything, so this thread has both ends. */
static void destroy_message(ta_link *link, ta_arrival *message, const ta_cell *more) {
    uint64_t count = 1;
    switch (message->cell.head & TA_CELL_KINDS) {
    case TA_CELL_CLOSURE:
        ta_fn_once_destroy(ta_arrival_closure(message));
        break;
    case TA_CELL_WORDS:
        count = ta_cell_count(&message->cell);
        break;
    case TA_CELL_REPLY:
        ta_call_drop_reply(&message->cell);
        break;
    default:
        ta_call_return(link->from, link, message, more);
        break;
    }
    ta_count(&link->in.destroyed, count);
}

static void empty_link(ta_link *link) {
    ta_arrival message;
    ta_cell more;
    if (link == NULL) return;
    ta_link_end_words(link);
    while (ta_link_receive(link, &message, &more)) destroy_message(link, &message, &more);
    empty_link(link->out.urgent);
}

static void empty_inbox(ta_inbox *inbox) {
    ta_fn_once closure;
    while (ta_inbox_receive(inbox, &closure)) {
        ta_fn_once_destroy(&closure);
        ta_count(&inbox->destroyed, 1);
    }
}

static void destroy_links(ta_mesh *mesh, size_t count) {
    for (size_t i = 0; i < count; i++) {
        ta_link *link = mesh->links[i];
        if (link == NULL) continue;
        ta_link_give_back(link);
        if (link->out.urgent != NULL) ta_link_give_back(link->out.urgent);
        ta_calls_destroy(link);
        ta_link_destroy(link->out.urgent);
        ta_link_destroy(link);
    }
}

ta_status ta_mesh_destroy(ta_mesh *mesh, ta_port_figures *report) {
    if (report != NULL) *report = (ta_port_figures){0};
    if (mesh == NULL) return TA_OK;
    for (uint32_t i = 0; i < mesh->seat_count; i++) /* T2: pairs with T1 in ta_port_detach(). */
        if (ta_load_acquire_u32(&mesh->seats[i].state) != TA_PORT_FREE)
            return ta_fail(TA_E_BUSY, "seat %u is still attached", i);
    size_t count = (size_t)mesh->seat_count * mesh->seat_count;
    /* What runs from here on, continuations and destructors, may send and call, and is refused. */
    for (uint32_t i = 0; i < mesh->seat_count; i++) ta_port_close(&mesh->seats[i]);
    for (size_t i = 0; i < count; i++) empty_link(mesh->links[i]);
    for (uint32_t i = 0; i < mesh->seat_count; i++) end_chores(&mesh->seats[i]);
    for (size_t i = 0; i < count; i++)
        if (mesh->links[i] != NULL) ta_calls_abandon(mesh->links[i]);
    for (uint32_t i = 0; i < mesh->seat_count; i++) empty_inbox(mesh->seats[i].inbox);
    ta_mesh_tell_figures(mesh);
    if (report != NULL) ta_mesh_sum_figures(mesh, report);
    destroy_links(mesh, count);
    for (uint32_t i = 0; i < mesh->seat_count; i++) ta_port_take_home(&mesh->seats[i]);
    ta_mesh_release(mesh);
    return TA_OK;
}
