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
    if (ta_calls_are_full(link)) return;
    /* W1: pairs with W2 in ta_link_tell_room(). */
    ta_rest_want(&link->rest);
    /* What was freed before is found by a look of one's own, and told by one's own poll. */
    if ((has_enough(link) || ta_rest_is_dead(&link->rest)) && ta_rest_unwant(&link->rest))
        ta_port_ring(link->from, ta_bell_of_room(link->from->mesh, link->to->seat), NULL);
}

static ta_status want_room(ta_port *port, uint32_t to, bool is_urgent, const char *function) {
    if (port == NULL || port->hooks.room == NULL)
        return ta_fail_(TA_E_INVALID, function, "no port, or no hook to be called");
    TA_CHECK_OWNER(port);
    if (TA_SEAT(to) >= port->mesh->seat_count ||
        (TA_SEAT(to) < port->mesh->port_count && to != TA_SEAT(to)))
        return ta_fail_(TA_E_RANGE, function, "there is no port %u", to);
    ta_link *ordinary = *ta_link_place(port->mesh, port->seat, TA_SEAT(to)); /* plain: its sender */
    ta_link *link = is_urgent && ordinary != NULL ? ordinary->out.urgent : ordinary;
    /* The link may still be that of the guest before (revive() in link.c). */
    if (link == NULL || (link->out.to_index != to && ta_load_relaxed_u32(&link->to->index) != to))
        return ta_fail_(TA_E_INVALID, function, "nothing was ever sent to port %u", to);
    ordinary->out.wants_room = true;
    ordinary->out.room_index = to;
    ta_link_want_room(link);
    return TA_OK;
}

ta_status ta_port_want_room(ta_port *port, uint32_t to) {
    return want_room(port, to, false, __func__);
}

ta_status ta_port_want_room_urgent(ta_port *port, uint32_t to) {
    return want_room(port, to, true, __func__);
}

void ta_link_tell_room(ta_link *link) {
    /* W2: pairs with W1 in ta_link_want_room(). */
    if (ta_rest_unwant(&link->rest))
        ta_port_ring(link->from, ta_bell_of_room(link->from->mesh, link->to->seat), NULL);
}

void ta_link_tell_waiting(ta_port *port, ta_link *link) {
    link->out.wants_room = false;
    if (port->hooks.room != NULL) port->hooks.room(port->hooks.context, port, link->out.room_index);
}
