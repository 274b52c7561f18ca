/* SPDX-License-Identifier: MIT
 *
 * Room in a lane, and waiting for it: W1 and W2 of bell.h.
 *
 * Replies have room of their own, `reserve`, and take none of the others': so the sender counts what
 * it knows to be in the lane by two kinds. A cell that holds a reply has its bit set; the bits of
 * cells that were freed are counted and taken away when the sender looks for room. All of that is
 * its own: the receiver frees cells, of whatever kind.
 */
#include "port.h"

#include "error.h"

/* ---- what is free ----------------------------------------------------------------------------- */

/* Cells that were freed since it was last asked are no replies any more. Where more of them than a
 * lap were freed, all that had been marked are among them: see ta_link_reply_cell(). */
static void count_freed(ta_link *link) {
    const uint32_t cells = link->lane->sender.mask + 1;
    uint32_t number = link->out.counted, freed = link->lane->sender.seen - number;
    link->out.counted += freed;
    if (freed > cells) freed = cells;
    while (freed > 0 && link->out.replies != 0) {
        const uint32_t index = number & (cells - 1), bit = index % 64;
        uint32_t span = cells - index < 64 - bit ? cells - index : 64 - bit;
        if (span > freed) span = freed;
        const uint64_t bits = ~UINT64_C(0) >> (64 - span) << bit;
        uint64_t *word = &link->is_reply[index / 64];
        link->out.replies -= (uint32_t)__builtin_popcountll(*word & bits);
        *word &= ~bits;
        number += span;
        freed -= span;
    }
}

ta_cell *ta_link_reply_cell(ta_link *link) {
    ta_cell *cell = ta_link_cell(link);
    const uint32_t mask = link->lane->sender.mask;
    const uint32_t tail = ta_load_relaxed_u32(&link->lane->sender.tail); /* this thread's own */
    if (tail - link->out.counted > mask)
        count_freed(link); /* the cell's bit may be an older one's */
    link->is_reply[(tail & mask) / 64] |= UINT64_C(1) << (tail & mask) % 64;
    link->out.replies++;
    return cell;
}

uint32_t ta_link_look_for_room(ta_link *link) {
    (void)ta_lane_room(link->lane, UINT32_MAX); /* it looks, whatever it knows of */
    count_freed(link);
    const uint32_t tail = ta_load_relaxed_u32(&link->lane->sender.tail); /* this thread's own */
    uint32_t others = tail - link->lane->sender.seen - link->out.replies;
    if (link->out.words != 0) others++; /* they have a cell, of which the lane does not know yet */
    link->out.credit = link->most - others;
    return link->out.credit;
}

/* ---- waiting for it --------------------------------------------------------------------------- */

void ta_link_want_room(ta_link *link) {
    if (ta_calls_are_full(link)) return;
    /* W1: pairs with W2 in ta_link_tell_room(). */
    ta_rest_want(&link->rest);
    /* What was freed before is found by a look of one's own, and told by one's own poll. */
    if ((ta_link_look_for_room(link) >= link->half || ta_rest_is_dead(&link->rest)) &&
        ta_rest_unwant(&link->rest))
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
    link->in.is_wanted = false;
    /* W2: pairs with W1 in ta_link_want_room(). */
    if (ta_rest_unwant(&link->rest))
        ta_port_ring(link->from, ta_bell_of_room(link->from->mesh, link->to->seat), NULL);
}

void ta_link_tell_waiting(ta_port *port, ta_link *link) {
    link->out.wants_room = false;
    if (port->hooks.room != NULL) port->hooks.room(port->hooks.context, port, link->out.room_index);
}
