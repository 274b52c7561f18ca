/* SPDX-License-Identifier: MIT
 *
 * Links: made by the sender with the first message, found by the receiver when its bell rings.
 */
#include "port.h"

#include <string.h>

/* Two for each cell: a cell may be freed, and filled again, before its stamp is read. Then a
 * histogram of what they tell. */
static size_t stamps_size(const ta_mesh *mesh) {
    size_t words = 2 * (size_t)mesh->lane_cells + TA_PORT_QUEUEING_BUCKETS;
    return mesh->timing ? words * sizeof(uint64_t) : 0;
}

static size_t link_size(const ta_mesh *mesh) {
    size_t words = (mesh->lane_cells + 63) / 64;
    return sizeof(ta_link) + words * sizeof(uint64_t);
}

/* A link as it is before its first message: at rest, so that its first flush rings. */
ta_link *ta_link_create(ta_port *from, ta_port *to, bool is_urgent) {
    const ta_mesh *mesh = from->mesh;
    const ta_allocator *allocator = to->allocator;
    ta_link *link = ta_allocate_zeroed(allocator, 1, link_size(mesh), _Alignof(ta_link));
    if (link == NULL) return NULL;
    link->from = from;
    link->to = to;
    link->allocator = *allocator;
    link->reserve = is_urgent ? 0 : mesh->calls;
    link->most = mesh->lane_cells - link->reserve;
    link->half = link->most / 2;
    link->bell = ta_bell_of(mesh, from->seat, is_urgent);
    link->is_urgent = is_urgent;
    link->sender = ta_load_relaxed_u32(&from->index);
    link->rest = TA_REST_RESTING;
    link->in.move = ta_port_move_from(to, from->affinity);
    link->in.move.figures = &link->in.moved;
    size_t size = stamps_size(mesh);
    if (size != 0) link->stamps = ta_allocate_zeroed(allocator, 1, size, TA_CACHE_LINE);
    if ((size != 0 && link->stamps == NULL) ||
        ta_lane_create(mesh->lane_cells, allocator, &link->lane) != TA_OK) {
        ta_link_destroy(link);
        return NULL;
    }
    return link;
}

void ta_link_destroy(ta_link *link) {
    if (link == NULL) return;
    ta_allocator allocator = link->allocator;
    ta_lane_destroy(link->lane);
    if (link->stamps != NULL)
        ta_release(&allocator, link->stamps, stamps_size(link->from->mesh), TA_CACHE_LINE);
    ta_release(&allocator, link, link_size(link->from->mesh), _Alignof(ta_link));
}

/* A link whose receiver, a guest, is gone, serves the next guest on that seat. The receiver's part is
 * the sender's since the link is dead (R1, R2 in bell.h), and the next receiver's when it finds the
 * bell. */
static ta_status revive(ta_link *link, uint32_t to) {
    ta_link_take_back(link);
    /* From within hooks.returned: both ends are this sender's until all is back. */
    if (link->out.is_returning) return TA_E_FULL;
    if (!link->out.is_dead) {
        /* It was made when that guest had looked for links for the last time. */
        ta_port_ring(link->to, link->bell, NULL);
        return TA_E_FULL;
    }
    link->out.is_dead = false;
    /* Relaxed: the next receiver looks at the rest word once more (activate() in poll.c). */
    ta_store_relaxed_u32(&link->out.to_index, to);
    link->in.idle = 0;
    /* The lane is empty, but for replies. */
    link->in.position = link->out.position - ta_lane_pending(link->lane);
    ta_rest_revive(&link->rest); /* R4 */
    return TA_OK;
}

void ta_link_begin_sender(ta_link *link) {
    if (link == NULL) return;
    uint64_t since = ta_load_relaxed_u32(&link->lane->sender.tail); /* this thread's own */
    ta_store_relaxed_u64(&link->sender, since << 32 | ta_load_relaxed_u32(&link->from->index));
    link->out.wants_room = false;
    ta_link_begin_sender(link->out.urgent);
}

ta_status ta_link_make(ta_port *from, uint32_t to, bool is_urgent, ta_link **out) {
    ta_mesh *mesh = from->mesh;
    if (TA_SEAT(to) >= mesh->seat_count) return TA_E_RANGE;
    ta_port *port = &mesh->seats[TA_SEAT(to)];
    /* Relaxed: who was told this index has seen it stored. */
    if (ta_load_relaxed_u32(&port->index) != to) return port->is_guest ? TA_E_CLOSED : TA_E_RANGE;

    ta_link **place = ta_link_place(mesh, from->seat, TA_SEAT(to));
    ta_link *link = *place; /* plain: only this thread stores it */
    if (link != NULL && is_urgent) {
        place = &link->out.urgent;
        link = *place;
    } else if (is_urgent) {
        ta_status status = ta_link_make(from, to, false, &link); /* the urgent one hangs there */
        if (status != TA_OK) return status;
        place = &link->out.urgent;
        link = NULL;
    }
    if (link == NULL) {
        if (ta_port_is_closed(port)) return TA_E_CLOSED;
        link = ta_link_create(from, port, is_urgent);
        if (link == NULL) return TA_E_NOMEM;
        link->out.to_index = to;
        /* L1, L3: pairs with L2, L4 in ta_link_between(). */
        TA_STORE_RELEASE_(place, link);
    } else if (link->out.to_index != to || link->out.is_dead) {
        if (!port->is_guest) return TA_E_CLOSED;
        ta_status status = revive(link, to);
        if (status != TA_OK) return status;
    }
    *out = link;
    return TA_OK;
}

ta_link *ta_link_between(const ta_mesh *mesh, uint32_t from, uint32_t to, bool is_urgent) {
    /* L2: pairs with L1 in ta_link_make(). */
    ta_link *link = TA_LOAD_ACQUIRE_(ta_link_place(mesh, from, to));
    /* L4: pairs with L3 there. */
    if (link != NULL && is_urgent) link = TA_LOAD_ACQUIRE_(&link->out.urgent);
    return link;
}
