/* SPDX-License-Identifier: MIT
 *
 * Waiting for room in a full lane: W1 and W2 of bell.h.
 */
#include "port.h"

#include "error.h"

/* Half of what a sender may use. */
static bool has_enough(ta_link *link) {
    uint32_t enough = link->half + link->reserve;
    return ta_lane_room(link->lane, enough) >= enough;
}

void ta_link_want_room(ta_link *link) {
    /* W1: pairs with W2 in ta_link_tell_room(). */
    ta_rest_want(&link->rest);
    /* What was freed before is found by a look of one's own, and told by one's own poll. */
    if ((has_enough(link) || ta_rest_is_dead(&link->rest)) && ta_rest_unwant(&link->rest))
        ta_port_ring(link->from, ta_bell_of_room(link->from->mesh, link->to->seat), NULL);
}

ta_status ta_port_want_room(ta_port *port, uint32_t to) {
    if (port == NULL || port->hooks.room == NULL)
        return ta_fail(TA_E_INVALID, "no port, or no hook to be called");
    if (TA_SEAT(to) >= port->mesh->seat_count ||
        (TA_SEAT(to) < port->mesh->port_count && to != TA_SEAT(to)))
        return ta_fail(TA_E_RANGE, "there is no port %u", to);
    ta_link *link = *ta_link_place(port->mesh, port->seat, TA_SEAT(to)); /* plain: its sender */
    /* The link may still be that of the guest before (revive() in link.c). */
    if (link == NULL || (link->out.to_index != to && ta_load_relaxed_u32(&link->to->index) != to))
        return ta_fail(TA_E_INVALID, "nothing was ever sent to port %u", to);
    link->out.wants_room = true;
    link->out.room_index = to;
    ta_link_want_room(link);
    return TA_OK;
}

void ta_link_tell_room(ta_link *link) {
    /* W2: pairs with W1 in ta_link_want_room(). */
    if (ta_rest_unwant(&link->rest))
        ta_port_ring(link->from, ta_bell_of_room(link->from->mesh, link->to->seat), NULL);
}

void ta_link_has_room(ta_port *port, ta_link *link) {
    if (!link->out.wants_room) return;
    link->out.wants_room = false;
    if (port->hooks.room != NULL) port->hooks.room(port->hooks.context, port, link->out.room_index);
}
